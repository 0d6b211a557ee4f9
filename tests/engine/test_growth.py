"""What a task costs does not depend on how many there are: counted in calls of functions, which no machine changes."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from flowrt.engine.changing import Changing
from flowrt.engine.execution import Execution
from flowrt.model.flow import Flow
from flowrt.services.merge import changes

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
import growth

SMALL, LARGE = 40, 320


def calls(flow: Flow) -> int:
    """How many functions of Python a run of the flow and its document call."""
    count = 0

    def profile(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    threading.setprofile(profile)
    sys.setprofile(profile)
    try:
        growth.took(flow)
    finally:
        sys.setprofile(before)
        threading.setprofile(None)
    return count


@pytest.mark.parametrize("name", growth.FLOWS)
def test_a_task_costs_the_same_among_many(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWRT_MAX_DEPTH", str(2 * LARGE))
    build = growth.FLOWS[name][1]
    calls(build(2))  # imports
    start = calls(build(2))
    small, large = ((calls(build(size)) - start) / size for size in (SMALL, LARGE))
    assert large < 1.2 * small


def test_whoever_began_earlier_sees_a_map_as_it_was() -> None:
    changing = Changing({"a": 1}, 16)
    seen = [dict(changing.now)]
    for change in ({"b": 2}, {"a": 3, "c": {}}, {}, {"b": None}):
        changing.change(change.items(), change)
        seen.append({**seen[-1], **change})
    versions = [0, 1, 3, 3, 4]
    assert [dict(changing.at(version)) for version in versions] == seen


def test_a_map_that_is_merged_into_is_the_merge_of_all() -> None:
    execution = Execution(Flow("f", "a.b"))
    first = {"a": {"x": 1, "y": [1]}, "b": 2}
    execution.variables = first
    execution.merge_variables({"a": {"y": [1, 2], "z": None}, "c": {"d": 1}}, changes)
    execution.merge_variables({"c": {"e": 2}, "b": None}, changes)
    assert execution.variables == {
        "a": {"x": 1, "y": [1, 2], "z": None},
        "b": 2,
        "c": {"d": 1, "e": 2},
    }
    assert first == {"a": {"x": 1, "y": [1]}, "b": 2}
