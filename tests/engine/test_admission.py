"""Who may start: places that executions of a flow hold, and what triggers give to an execution."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from running import analysed, executed, ran

from flowrt import Flow
from flowrt.engine.concurrency import Slots
from flowrt.engine.execution import Execution
from flowrt.engine.firing import fire
from flowrt.inputs.errors import InputError
from flowrt.java.errors import ExpressionError
from flowrt.model.flow import Concurrency
from flowrt.model.triggers import Trigger

CORE = "io.kestra.plugin.core."


def executor(id: str, flow: str = "f", namespace: str = "a", limit: int | None = 2) -> Any:
    concurrency = None if limit is None else Concurrency(limit)
    return SimpleNamespace(
        flow=Flow(flow, namespace, concurrency=concurrency), execution=SimpleNamespace(id=id)
    )


def test_a_flow_has_as_many_places_as_its_limit() -> None:
    slots = Slots()
    assert [slots.take(executor(id)) for id in "abc"] == [True, True, False]
    assert slots.take(executor("a"))  # it holds its place already
    assert slots.take(executor("c", flow="g"))
    assert slots.take(executor("c", namespace="b"))
    assert slots.take(executor("c", limit=3))
    slots.free(executor("a"))
    assert not slots.take(executor("d"))
    slots.free(executor("b"))
    assert slots.take(executor("d"))


def test_a_flow_without_a_limit_has_places_for_all() -> None:
    slots = Slots()
    assert all(slots.take(executor(str(number), limit=None)) for number in range(5))
    slots.free(executor("x", flow="nobody"))


LIMITED = "Execution is FAILED due to concurrency limit exceeded"


@pytest.mark.parametrize(
    ("behavior", "states", "took", "errors"),
    [
        ("QUEUE", ["SUCCESS", "SUCCESS", "SUCCESS"], 20, 0),
        ("CANCEL", ["CANCELLED", "SUCCESS", "SUCCESS"], 10, 0),
        ("FAIL", ["FAILED", "SUCCESS", "SUCCESS"], 10, 1),
    ],
)
def test_what_becomes_of_those_that_find_no_place(
    behavior: str, states: list[str], took: int, errors: int
) -> None:
    child = {
        "id": "child",
        "namespace": "a.b",
        "concurrency": {"limit": 2, "behavior": behavior},
        "tasks": [{"id": "sleep", "type": f"{CORE}flow.Sleep", "duration": "PT10S"}],
    }
    start = "{{id: s{n}, type: flow.Subflow, namespace: a.b, flowId: child, transmitFailed: false}}"
    starts = "".join(f"      - {start.format(n=n)}\n" for n in range(3))
    document = ran(f"  - id: p\n    type: flow.Parallel\n    tasks:\n{starts}", "", child)
    assert sorted(each["state"]["current"] for each in document["children"]) == states
    assert [entry["message"] for each in document["children"] for entry in each["logs"]].count(
        LIMITED
    ) == errors
    assert took <= document["state"]["duration"] < took + 1


def starting(id: str, *started: str, limit: int | None = None, deepest: int = 2) -> dict[str, Any]:
    """A flow that starts others at once, one level deeper, as long as it is not too deep, and waits for them."""
    subflow = {
        "type": f"{CORE}flow.Subflow",
        "namespace": "a.b",
        "runIf": f"{{{{ inputs.deep < {deepest} }}}}",
    }
    starts = [
        {
            "id": f"{other}{n}",
            "flowId": other,
            "inputs": {"deep": "{{ inputs.deep + 1 }}"},
            **subflow,
        }
        for n, other in enumerate(started)
    ]
    flow = {
        "id": id,
        "namespace": "a.b",
        "inputs": [{"id": "deep", "type": "INT", "defaults": 0}],
        "tasks": [{"id": "all", "type": f"{CORE}flow.Parallel", "tasks": starts}],
    }
    return flow if limit is None else {**flow, "concurrency": {"limit": limit}}


def family(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [document, *(one for each in document.get("children", []) for one in family(each))]


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize(
    ("flows", "failing"),
    [
        ([starting("f", "g", limit=1), starting("g", "f")], ["f"]),
        # with the first of them fails who has the place, and the other one has it
        ([starting("f", "g", "g", limit=1), starting("g", "f")], ["f"]),
        ([starting("f", "g", limit=2, deepest=4), starting("g", "f", deepest=4)], ["f"]),
        # each has the place that the other one's child waits for: one gives way, and the other one's runs
        ([starting("m", "f", "g"), *(starting(*"fg", limit=1), starting(*"gf", limit=1))], ["f"]),
    ],
)
def test_who_would_wait_for_itself_fails_and_lets_the_others_go_on(
    tmp_path: Path, flows: list[dict[str, Any]], failing: list[str], stored: bool
) -> None:
    document = executed(analysed(*flows), tmp_path if stored else None)
    told = [
        (each["flowId"], entry["message"])
        for each in family(document)
        for entry in each["logs"]
        if entry["message"].startswith("FR10")
    ]
    assert [flow for flow, _ in told] == failing
    for flow, text in told:
        limit = next(each for each in flows if each["id"] == flow)["concurrency"]["limit"]
        assert text.startswith("FR103: the execution would wait for ever: ")
        assert f"the flow a.b.{flow} has a concurrency limit of {limit}," in text
    ended = {each["state"]["current"] for each in family(document)}
    assert ended <= {"SUCCESS", "FAILED"}


class Of:
    """An expression: the value of that name, of the trigger that fired."""

    def __init__(self, root: str, name: str) -> None:
        self._root = root
        self._name = name

    def text(self, context: dict[str, Any]) -> str:
        found: str = context[self._root][self._name]
        return found


def fired(trigger: dict[str, Any], labels: dict[str, str] | None = None) -> tuple[Any, Any]:
    """The inputs and labels that come of a trigger."""
    known = Trigger(
        "nightly",
        "Schedule",
        inputs={
            "day": Of("trigger", "date"),
            "same": Of("schedule", "date"),
            "count": 3,
            "none": None,
            "list": ["a", 1],
        },
        labels={"by": "night", "team": "x"},
    )
    flow = Flow("f", "a.b", triggers=[known], labels={"own": "flow"})
    execution = Execution(flow, labels=labels, trigger=trigger)
    given = fire(execution, trigger, labels or {}, lambda more: more)  # type: ignore[arg-type]
    return given, execution.labels


def test_a_trigger_of_the_flow_gives_inputs_as_texts_and_labels() -> None:
    trigger = {"id": "nightly", "type": "Schedule", "variables": {"date": "monday"}}
    given, labels = fired(trigger, {"team": "given"})
    assert given == {
        "day": "monday",
        "same": "monday",
        "count": "3",
        "none": None,
        "list": '["a",1]',
    }
    assert {key: labels[key] for key in ("by", "team", "own", "system.from")} == {
        "by": "night",
        "team": "given",
        "own": "flow",
        "system.from": "trigger",
    }


@pytest.mark.parametrize(
    "trigger",
    [{"id": "daily", "type": "Schedule"}, {"id": "nightly", "type": "Flow"}, {"id": "nightly"}],
)
def test_a_trigger_of_something_else_gives_nothing(trigger: dict[str, Any]) -> None:
    given, labels = fired(trigger)
    assert given == {}
    assert "by" not in labels


def test_a_trigger_that_cannot_be_rendered_starts_nothing() -> None:
    trigger = {"id": "t", "type": "Schedule"}

    def refuse(more: dict[str, Any]) -> Any:
        raise ExpressionError("no such thing")

    def start(value: Any) -> dict[str, Any]:
        flow = Flow("f", "a.b", triggers=[Trigger("t", "Schedule", inputs={"a": value})])
        return fire(Execution(flow, trigger=trigger), trigger, {}, refuse)

    assert start("plain") == {"a": "plain"}
    with pytest.raises(InputError, match="The trigger `t` gives no inputs: no such thing"):
        start(Of("trigger", "date"))
