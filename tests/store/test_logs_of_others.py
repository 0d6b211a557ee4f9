"""A flow that reads the log of another execution, as those do that tell of failures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from running import analysed, loaded, options

from flowrt.engine.document import execution_document
from flowrt.verbs.start import execute

CORE = "io.kestra.plugin.core."
FAILING = {
    "id": "work",
    "namespace": "a.b",
    "tasks": [
        {"id": "say", "type": f"{CORE}log.Log", "message": "before"},
        {"id": "fail", "type": f"{CORE}execution.Fail", "errorMessage": "no luck"},
    ],
}


def reader(**named: str) -> dict[str, Any]:
    """A flow that says the messages of the log of an execution."""
    return {
        "id": "alert",
        "namespace": "a.b",
        "inputs": [{"id": "which", "type": "STRING", "required": False}],
        "tasks": [
            {
                "id": "fetch",
                "type": f"{CORE}log.Fetch",
                "executionId": "{{ trigger.executionId ?? inputs.which }}",
                **named,
            },
            {
                "id": "say",
                "type": f"{CORE}debug.Return",
                "format": "{{ fromIon(read(outputs.fetch.uri), allRows=true) | jq('.[] | [.taskId, .level, .message]') }}",
            },
        ],
        "triggers": [
            {
                "id": "failed",
                "type": f"{CORE}trigger.Flow",
                "states": ["FAILED"],
                "preconditions": {"id": "p", "flows": [{"namespace": "a.b", "flowId": "work"}]},
            }
        ],
    }


SAID = '[["say","INFO","before"],["fail","ERROR","no luck"]]'


def said(document: Any) -> str:
    *_, last = document["taskRunList"]
    return str(last["outputs"]["value"])


@pytest.fixture(params=["none", "sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str | None:
    if request.param == "none":
        return None
    if request.param == "sqlite":
        return str(tmp_path / "store")
    new_database: Callable[[], str] = request.getfixturevalue("new_database")
    return new_database()


def test_a_flow_that_hears_of_a_failure_reads_its_log(store: str | None) -> None:
    given = options()
    given.store = store
    flow = loaded(analysed(FAILING, reader(), flow_triggers=True))
    (alert,) = execution_document(execute(flow, given))["children"]
    assert said(alert) == SAID


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ({}, SAID),
        ({"namespace": "a.b", "flowId": "work"}, SAID),
        ({"namespace": "a.b", "flowId": "other"}, "[]"),
        ({"namespace": "a", "flowId": "work"}, "[]"),
    ],
)
def test_the_log_of_an_execution_of_another_program(
    tmp_path: Path, named: dict[str, str], found: str
) -> None:
    given = options()
    given.store = str(tmp_path / "store")
    failed = execute(loaded(analysed(FAILING)), given)
    later = options(None, given)
    later.store = given.store
    later.inputs = {"which": failed.id}
    assert said(execution_document(execute(loaded(analysed(reader(**named))), later))) == found


def test_of_an_execution_that_nobody_knows_there_is_no_log(store: str | None) -> None:
    given = options()
    given.store = store
    given.inputs = {"which": "nobody"}
    assert said(execution_document(execute(loaded(analysed(reader())), given))) == "[]"
