"""Log records: which are kept, which a task's level drops, what is hidden in them."""

from __future__ import annotations

from typing import Any

import pytest
from running import ran

from flowrt import Flow
from flowrt.engine import host as hosts
from flowrt.engine import past
from flowrt.engine.execution import Execution, LogRecord
from flowrt.engine.host import Host
from flowrt.engine.services import Services


def recorded(levels: str, **more: Any) -> tuple[list[str], list[str]]:
    """The messages that are kept, and those that are shown, of records with these levels."""
    shown: list[str] = []
    services = Services()
    services.masks.add("hush-hush")
    host = Host(services, sink=lambda record: shown.append(record.message), **more)
    execution = Execution(Flow("f", "a.b"))
    for number, level in enumerate(levels.split()):
        host.record(LogRecord(execution, None, level, f"{number} hush-hush", 0))
    return [record.message for record in execution.logs], shown


@pytest.mark.parametrize(
    ("keep", "kept"),
    [
        (True, ["0", "1", "2", "3", "4"]),
        (False, ["1", "3"]),
    ],
)
def test_what_is_kept(monkeypatch: pytest.MonkeyPatch, keep: bool, kept: list[str]) -> None:
    monkeypatch.setattr(hosts, "MOST_ERRORS", 2)
    found, shown = recorded("INFO ERROR WARN ERROR ERROR", keep_logs=keep)
    assert [message[0] for message in found] == kept
    assert [message[0] for message in shown] == ["0", "1", "2", "3", "4"]
    assert not any("hush" in message for message in found + shown)


LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR"]


@pytest.mark.parametrize("least", LEVELS)
def test_the_level_of_a_task_drops_what_is_below(least: str) -> None:
    tasks = "".join(
        f"  - {{id: t{level}, type: log.Log, message: {level}, level: {level}, logLevel: {least}}}\n"
        for level in LEVELS
    )
    document = ran(tasks, wants_trace=True)
    assert [each["message"] for each in document["logs"]] == LEVELS[LEVELS.index(least) :]


def test_a_run_stands_for_its_records() -> None:
    document = ran("""\
  - id: each
    type: flow.ForEach
    values: [a, b]
    tasks: [{id: t, type: log.Log, message: "{{ taskrun.value }}"}]
""")
    runs = {run["id"]: run.get("value") for run in document["taskRunList"]}
    assert [(each["message"], runs[each["taskRunId"]]) for each in document["logs"]] == [
        ("a", "a"),
        ("b", "b"),
    ]


@pytest.mark.parametrize("most", [0, 3, 1000])
def test_records_that_leave_memory_stand_where_they_were(
    monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(past, "MOST_LOGS", most)
    document = ran("""\
  - id: each
    type: flow.ForEach
    values: [1, 2, 3, 4, 5]
    concurrencyLimit: 0
    tasks: [{id: t, type: log.Log, message: ["{{ taskrun.value }}", "again"]}]
""")
    said = [each["message"] for each in document["logs"]]
    assert said == [text for value in "12345" for text in (value, "again")]
