"""What tasks of the core make of their properties: each against 24 values, as Kestra 1.3.34 executed them.

Of the flows in `recorded/saving.jsonl.xz` that are saved, those of tasks without children and without a network were run, twenty
tasks a flow. A line of the recording is a flow: what it is, the id of its execution, and a list of the task, its final state, its first error
and its outputs.
"""

from __future__ import annotations

import json
import lzma
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from running import analysed, executed

RECORDED = Path(__file__).resolve().parents[1] / "recorded" / "task-properties.jsonl.xz"
PARTS = 10
_MADE_UP = re.compile(
    r"\b(?:[0-9A-Za-z]{22}|[0-9]{10,20}|[0-9A-Za-z]{20,21}(?=/))\b|at index [0-9]+"
)
"""Ids and names of files, and places behind them."""


def why(task: dict[str, Any]) -> str | None:
    """Why a task does something else than the engine; None when there is no reason for that."""
    kind = task["type"].removeprefix("io.kestra.plugin.core.")
    if kind.startswith("kv.") and task.get("namespace") in ("", "{{ inputs.x }}"):
        return "no namespace is empty"
    if kind == "log.Fetch":
        return "how many records there are depends on the tasks before, and on traces of Java"
    if kind.startswith("namespace.") and isinstance(task.get("files"), int | float):
        return "a number is the name of a file too"
    if kind == "execution.Count" and task.get("namespaces") == [None]:
        return "the engine says nothing of what is wrong"
    return None


def _plain(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return _MADE_UP.sub("#", text)


def _first(message: Any) -> str | None:
    return None if message is None else _plain(str(message).partition("\n")[0])


@cache
def flows() -> list[dict[str, Any]]:
    with lzma.open(RECORDED, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


@pytest.mark.parametrize("part", range(PARTS))
def test_tasks_end_and_say_what_those_of_the_engine_do(part: int, tmp_path: Path) -> None:
    wrong = []
    for number, recorded in enumerate(flows()[part::PARTS]):
        flow = {**recorded["flow"], "tasks": [task for task, *_ in recorded["tasks"]]}
        document = executed(analysed(flow), tmp_path / str(number))
        runs = {run["taskId"]: run for run in document["taskRunList"]}
        said: dict[str, str] = {}
        for entry in document["logs"]:
            if entry["level"] == "ERROR" and "taskId" in entry:
                said.setdefault(entry["taskId"], entry["message"])
        for task, state, message, outputs in recorded["tasks"]:
            run = runs[task["id"]]
            wanted = (state, _first(message), _plain(outputs))
            found = (
                run["state"]["current"],
                _first(said.get(task["id"])),
                _plain(run.get("outputs") or {}),
            )
            if found != wanted and why(task) is None:
                wrong.append((task, wanted, found))
    assert not wrong, "\n".join(map(str, wrong))


def test_most_of_what_is_recorded_has_no_excuse() -> None:
    tasks = [task for recorded in flows() for task, *_ in recorded["tasks"]]
    assert len(tasks) > 2_000 and len([task for task in tasks if why(task)]) < 160
