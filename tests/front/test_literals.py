"""Literals of triggers and conditions: what Kestra's parser takes, and the value that the program gets. Asked of Kestra 1.3.34."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from flowc.diag.model import Sink
from flowc.front import load
from flowc.front.literals import default_misfit
from flowc.front.nodes import plain

LISTENER = "io.kestra.plugin.core.trigger.Flow"
CONDITION = "io.kestra.plugin.core.condition."


def read(trigger: dict[str, Any]) -> dict[str, Any] | list[str]:
    """The properties of a trigger as they were read, or the codes of what is wrong with it."""
    flow = {
        "id": "f",
        "namespace": "a.b",
        "tasks": [{"id": "t", "type": "io.kestra.plugin.core.log.Log", "message": "x"}],
        "triggers": [{"id": "t", "type": LISTENER, **trigger}],
    }
    sink = Sink()
    found = load(json.dumps(flow), "flow.yaml", sink)
    if found is None or sink.has_errors:
        return [each.code for each in sink.sorted()]
    return {key: plain(value) for key, value in found.triggers[0].properties.items()}


FLAGS: list[tuple[Any, bool | str | None]] = [
    (True, True),
    (False, False),
    ("true", True),
    ("True", True),
    ("TRUE", True),
    ("false", False),
    ("False", False),
    ("FALSE", False),
    (" false ", False),
    (1, True),
    (0, False),
    (2, True),
    ("", None),
    ("  ", None),
    ("null", None),
    ("fALSE", "FC203"),
    ("yes", "FC203"),
    ("on", "FC203"),
    ("1", "FC203"),
    ("0", "FC203"),
    ("t", "FC203"),
    ("x", "FC203"),
    (1.0, "FC203"),
    ([], "FC203"),
    ("{{ true }}", "FC203"),
]


@pytest.mark.parametrize(("given", "expected"), FLAGS)
def test_flags(given: Any, expected: bool | str | None) -> None:
    filter = {"type": f"{CONDITION}FlowNamespaceCondition", "namespace": "a", "prefix": given}
    several = {"type": f"{CONDITION}Or", "conditions": [filter]}
    preconditions = {"id": "p", "resetOnSuccess": given, "flows": [{"namespace": "a"}]}
    for trigger, path in (
        ({"disabled": given}, ("disabled",)),
        ({"preconditions": preconditions}, ("preconditions", "resetOnSuccess")),
        ({"conditions": [filter]}, ("conditions", 0, "prefix")),
        ({"conditions": [several]}, ("conditions", 0, "conditions", 0, "prefix")),
    ):
        found: Any = read(trigger)
        if isinstance(expected, str):
            assert found == [expected], path
            continue
        for step in path:
            found = found[step]
        assert found is expected, path


@pytest.mark.parametrize(("given", "expected"), FLAGS)
def test_a_condition_of_several_needs_its_flag(given: Any, expected: bool | str | None) -> None:
    several = {
        "type": f"{CONDITION}MultipleCondition",
        "id": "m",
        "resetOnSuccess": given,
        "conditions": {"a": {"type": f"{CONDITION}ExecutionFlow", "namespace": "a", "flowId": "b"}},
    }
    found: Any = read({"conditions": [several]})
    if isinstance(expected, bool):
        assert found["conditions"][0]["resetOnSuccess"] is expected
    else:
        assert found == [expected or "FC202"]


def test_a_number_where_a_text_is_meant_is_its_digits() -> None:
    found: Any = read({"preconditions": {"id": 7, "flows": [{"namespace": "a", "flowId": 2024}]}})
    assert found["preconditions"] == {"id": "7", "flows": [{"namespace": "a", "flowId": "2024"}]}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("09:00", "09:00"),
        ("09:00:00", "09:00"),
        (" 09:00:01 ", "09:00:01"),
        ("23:59:59.5", "23:59:59.500"),
        ("2024-01-01T09:00:00", "09:00"),
        ([9, 0], "09:00"),
        ([9, 5, 7, 8], "09:05:07.000000008"),
    ],
)
def test_times_of_the_day(given: Any, expected: str) -> None:
    for window in (
        {"type": "DAILY_TIME_DEADLINE", "deadline": given},
        {"type": "DAILY_TIME_WINDOW", "startTime": given, "endTime": "23:00"},
    ):
        found: Any = read({"preconditions": {"id": "p", "timeWindow": window}})
        name = "deadline" if "deadline" in window else "startTime"
        assert found["preconditions"]["timeWindow"][name] == expected


@pytest.mark.parametrize(
    ("given", "code"),
    [
        *(
            (text, "FC203")
            for text in ("9:00", "abc", "{{ x }}", "25:99", "24:00", "09:00:60", "09")
        ),
        *((text, "FC203") for text in ("09:00:00Z", "09:00+01:00", "T09:00:00")),
        *(
            (other, "FC203")
            for other in (36_000, 1.5, True, {"a": 1}, [9], [9, "0"], [1, 2, 3, 4, 5])
        ),
        ("", "FC210"),
        ("  ", "FC210"),
    ],
)
def test_what_is_no_time_of_the_day(given: Any, code: str) -> None:
    window = {"type": "DAILY_TIME_DEADLINE", "deadline": given}
    several = {
        "type": f"{CONDITION}MultipleCondition",
        "id": "m",
        "timeWindow": window,
        "conditions": {"a": {"type": f"{CONDITION}ExecutionFlow", "namespace": "a", "flowId": "b"}},
    }
    assert read({"preconditions": {"id": "p", "timeWindow": window}}) == [code]
    assert read({"conditions": [several]}) == [code]


def test_conditions_of_preconditions_are_left_out() -> None:
    found: Any = read({"preconditions": {"id": "p", "flows": [{"flowId": "a"}], "conditions": {}}})
    assert found == {"preconditions": {"id": "p", "flows": [{"flowId": "a"}]}}


DEEP = 900 if sys.version_info < (3, 12) else 1000
"""More levels than Python calls may go; what reads JSON in C has a limit of its own since 3.12."""


@pytest.mark.parametrize("type", ["ARRAY", "MULTISELECT"])
def test_a_default_that_the_engine_takes_but_nobody_here(type: str) -> None:
    rules = {"itemType": "STRING"} if type == "ARRAY" else {}
    found = default_misfit(type, "[" * DEEP + "]" * DEEP, rules)
    assert found == ("it is nested too deeply", "")
