"""What a log says of errors that Python raises: words about what happened, none about Python."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from running import ran

from flowrt.engine.results import message
from flowrt.model.failures import TaskFailure, reason

NOTHING: Any = None
NUMBER: Any = 7


@pytest.mark.parametrize(
    ("does", "said"),
    [
        (lambda: {}["ticket"], "`ticket` is missing"),
        (lambda: [][0], "there are fewer entries than needed"),
        (lambda: NOTHING["a"], "a value is of another kind than needed"),
        (lambda: NOTHING.get("a"), "a value is of another kind than needed"),
        (lambda: "a" in NUMBER, "a value is of another kind than needed"),
        (lambda: 10.0**400, "a number is too large"),
        (lambda: 1 // 0, "a number is divided by zero"),
        (lambda: b"a\xff".decode(), "byte 1 is not part of a text in utf-8"),
        (lambda: "aé".encode("ascii"), "'é' cannot be written in ascii"),
        (lambda: os.stat("/nowhere/at/all"), "No such file or directory: /nowhere/at/all"),
    ],
)
def test_reasons(does: Callable[[], Any], said: str) -> None:
    with pytest.raises(Exception) as caught:
        does()
    assert reason(caught.value) == said
    assert said in message(caught.value)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (TaskFailure("it is not there"), "it is not there"),
        (TaskFailure(""), ""),
        (ValueError("of an own task"), "of an own task"),
        (ConnectionRefusedError(111, "Connection refused"), "Connection refused"),
        (TimeoutError("Read timed out"), "Read timed out"),
        (TimeoutError(), "it took too long"),
    ],
)
def test_words_stay(error: Exception, said: str) -> None:
    assert message(error) == said


def test_what_nobody_foresaw_has_its_place() -> None:
    with pytest.raises(KeyError) as caught:
        {}["ticket"]
    said = message(caught.value)
    assert said.startswith("Something is not as this task expects it: `ticket` is missing (")
    assert "engine/test_reasons.py:" in said


def test_a_function_that_is_the_whole_condition_says_where_it_may_stand() -> None:
    document = ran("""
  - id: t
    type: flow.If
    condition: "{{ errorLogs() }}"
    then: [{id: l, type: log.Log, message: x}]
""")
    said = [entry["message"] for entry in document["logs"]]
    assert any("can only be used in the Worker" in each for each in said)
    assert not any("attribute" in each for each in said)


@pytest.mark.parametrize("more", ["", ", timeout: PT1H"])
@pytest.mark.parametrize(
    ("task", "known"),
    [
        ("{id: a, type: debug.Return, format: '{{ [1, 2] | chunk(0) }}'", []),
        ("{id: a, type: log.Log, message: '{{ [1, 2] | chunk(0) }}'", []),
        ("{id: a, type: execution.Fail, errorMessage: 'null'", ["null"]),
        (
            "{id: a, type: log.Log, message: x, runIf: '{{ [1, 2] | chunk(0) }}'",
            ["Failed to evaluate the runIf condition for task a. Cause: null"],
        ),
    ],
)
def test_a_failure_without_a_message_leaves_no_entry(
    task: str, known: list[str], more: str
) -> None:
    flow = (
        "errors:\n  - {id: e, type: io.kestra.plugin.core.debug.Return,"
        " format: \"{{ errorLogs() | jq('.[].message') }}\"}\n"
    )
    document = ran(f"  - {task}{more}}}\n", flow)
    assert document["state"]["current"] == "FAILED"
    [handled] = [each for each in document["taskRunList"] if each["taskId"] == "e"]
    first, *_ = [*known, None]
    found = handled["outputs"]["value"]
    assert (first is None and found == "[]") or (first is not None and first in found)
