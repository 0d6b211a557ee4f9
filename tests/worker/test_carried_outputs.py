"""Outputs are data: what tasks make of Python's kinds reaches expressions, store and document in the forms of JSON."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import UUID

import pytest
from running import analysed, executed

import flowrt.catalog
from flowrt.model.declare import task_type
from flowrt.model.failures import Outcome, TaskFailure
from flowrt.model.task import Task
from flowrt.worker.outputs import carried


class Colour(Enum):
    RED = "red"


CASES: list[tuple[Any, Any]] = [
    (datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC), "2024-01-02T03:04:05Z"),
    (datetime(2024, 1, 2, 3, 4, 5, 250_000, tzinfo=UTC), "2024-01-02T03:04:05.250Z"),
    (datetime(2024, 1, 2, 3, 4, 5, 250, tzinfo=UTC), "2024-01-02T03:04:05.000250Z"),
    (datetime(2024, 1, 2, tzinfo=timezone(timedelta(hours=2))), "2024-01-02T00:00:00+02:00"),
    (datetime(2024, 1, 2), "2024-01-02T00:00:00"),
    (date(2024, 1, 2), "2024-01-02"),
    (time(3, 4, 5), "03:04:05"),
    (timedelta(days=1, milliseconds=5), "PT24H0.005S"),
    (PurePosixPath("a/b"), "a/b"),
    (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    (Colour.RED, "red"),
    ((1, (2, 3)), [1, [2, 3]]),
    ({"a": [date(2024, 1, 2)]}, {"a": ["2024-01-02"]}),
    ({date(2024, 1, 2): 1}, {"2024-01-02": 1}),
    (Decimal("1.50"), Decimal("1.50")),
    ({"a": None, 1: [True, 1.5, "x"]}, {"a": None, 1: [True, 1.5, "x"]}),
]


@pytest.mark.parametrize(("value", "told"), CASES)
def test_forms(value: Any, told: Any) -> None:
    assert carried({"x": value}) == {"x": told}
    outcome = carried(Outcome({"x": [value]}, "WARNING"))
    assert (outcome.outputs, outcome.state) == ({"x": [told]}, "WARNING")


def test_what_is_data_already_is_not_copied() -> None:
    outputs = {"rows": [{"a": 1}, {"b": [1.5, None, "x"]}]}
    assert carried(outputs) is outputs


def test_what_is_no_data_is_named() -> None:
    with pytest.raises(TaskFailure, match="The output `file` is no data: it holds a object"):
        carried({"file": [object()]})


@task_type("test.Answers")
class Answers(Task):
    """Answers what a test says."""

    answer: Any = None

    def run(self, run: Any) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def lent(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    own = flowrt.catalog.Own(f"{__name__}:Answers")
    monkeypatch.setitem(flowrt.catalog._lent, "test.Answers", own)
    yield


FLOW = """
id: f
namespace: a.b
tasks:
  - {id: t, type: test.Answers}
  - {id: seen, type: io.kestra.plugin.core.debug.Return, format: "{{ outputs.t.at }} {{ outputs.t.at | date('yyyy') }}"}
"""


def test_expressions_store_and_document_agree(
    tmp_path: Path, lent: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Answers, "answer", {"at": datetime(2024, 1, 2, tzinfo=UTC)})
    document = executed(analysed(FLOW), tmp_path)
    first, second = document["taskRunList"]
    assert first["outputs"] == {"at": "2024-01-02T00:00:00Z"}
    assert second["outputs"] == {"value": "2024-01-02T00:00:00Z 2024"}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"at": object()}, "The output `at` is no data: it holds a object"),
        ([1], "The outputs of a task are a dict, not a list"),
        (TaskFailure("it broke", {"at": object()}), "it broke"),
    ],
)
def test_no_data_fails_the_task(
    tmp_path: Path, lent: None, monkeypatch: pytest.MonkeyPatch, answer: Any, said: str
) -> None:
    monkeypatch.setattr(Answers, "answer", answer)
    document = executed(analysed(FLOW), tmp_path)
    assert document["state"]["current"] == "FAILED"
    assert not document["taskRunList"][0].get("outputs")
    assert said in [entry["message"] for entry in document["logs"]]
