"""Promises that are broken again and again."""

from __future__ import annotations

from typing import Any

import pytest
from running import analysed, executed

CORE = "io.kestra.plugin.core."


def flow(behavior: str, retry: dict[str, Any] | None, own: dict[str, Any] | None) -> dict[str, Any]:
    fail: dict[str, Any] = {"id": "b", "type": f"{CORE}execution.Fail"}
    if own is not None:
        fail["retry"] = own
    made: dict[str, Any] = {
        "id": "f",
        "namespace": "a.b",
        "sla": [
            {
                "id": "s",
                "type": "EXECUTION_ASSERTION",
                "assert": "{{ (outputs | length) < 2 }}",
                "behavior": behavior,
            }
        ],
        "tasks": [{"id": "a", "type": f"{CORE}debug.Return", "format": "1"}, fail],
        "afterExecution": [{"id": "z", "type": f"{CORE}log.Log", "message": "over"}],
    }
    if retry is not None:
        made["retry"] = retry
    return made


CONSTANT = {"type": "constant", "interval": "PT0.1S", "maxAttempts": 3}
AGAIN = {**CONSTANT, "behavior": "RETRY_FAILED_TASK"}
NEW = {**CONSTANT, "behavior": "CREATE_NEW_EXECUTION"}


@pytest.mark.parametrize("behavior", ["FAIL", "CANCEL"])
@pytest.mark.parametrize(("retry", "own"), [(AGAIN, None), (None, CONSTANT), (AGAIN, CONSTANT)])
def test_what_a_promise_ends_is_not_tried_again_for_ever(
    behavior: str, retry: dict[str, Any] | None, own: dict[str, Any] | None
) -> None:
    """The retry sets the execution going once more, where the promise is broken still."""
    document = executed(analysed(flow(behavior, retry, own)))
    states = [each["state"] for each in document["state"]["histories"]]
    ended = "FAILED" if behavior == "FAIL" else "CANCELLED"
    assert states == ["CREATED", "RUNNING", ended, "RETRYING", ended]


def test_a_new_execution_is_what_it_was_before() -> None:
    document = executed(analysed(flow("FAIL", NEW, None)))
    states = [each["state"] for each in document["state"]["histories"]]
    assert states == ["CREATED", "RUNNING", "FAILED", "RETRIED"]
