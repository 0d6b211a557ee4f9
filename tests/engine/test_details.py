"""Details of the engine's rules that no other test looks at: changes of them went unnoticed (`make mutants`)."""

from __future__ import annotations

from typing import Any

import pytest

from flowrt import Flow, Run
from flowrt.engine.document import execution_document
from flowrt.expressions import ref
from flowrt.model.context import RunContext
from flowrt.model.declare import ANY, prop
from flowrt.model.states import RETRYING
from flowrt.model.task import Constant, Task
from flowrt.tasks import Dag, Fail, ForEach, Log, Return, Subflow
from flowrt.verbs.options import RunOptions
from flowrt.verbs.start import execute

LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR"]


class Calls(Task):
    """Calls what the test gives it."""

    what: Any = prop(ANY, static=True)

    def run(self, run: RunContext) -> Any:
        return self.what(run)


def document(flow: Flow) -> dict[str, Any]:
    return execution_document(execute(flow, RunOptions(keep_logs=True)))


def flow_of(block: Any) -> Flow:
    flow = Flow("f", "a.b")

    @flow.tasks
    async def body(run: Run) -> None:
        await run(block)

    flow.declared[block.id] = getattr(block, "task", block)
    return flow


@pytest.mark.parametrize("least", LEVELS)
def test_the_level_of_a_task_drops_what_is_below(least: str) -> None:
    def what(run: RunContext) -> None:
        for level in LEVELS:
            run.log(level, level)

    found = document(flow_of(Calls("t", what=what, log_level=least)))
    assert [entry["level"] for entry in found["logs"]] == LEVELS[LEVELS.index(least) :]


def test_a_subflow_is_told_the_round_that_started_it() -> None:
    other = Flow("other", "a.b")
    told = other.task(Return("told", format=ref("trigger", "taskRunIteration")))
    value = other.task(Return("value", format=ref("trigger", "taskRunValue")))

    @other.tasks
    async def others(run: Run) -> None:
        await run(told)
        await run(value)

    flow = Flow("f", "a.b")
    flow.knows(other)
    call = flow.task(Subflow("call", namespace="a.b", flow_id="other"))

    @flow.block(ForEach("each", values=["x", "y"]))
    async def each(run: Run, value: str) -> None:
        await run(call)

    @flow.tasks
    async def tasks(run: Run) -> None:
        await run(each)

    found = document(flow)
    outputs = [
        [run["outputs"]["value"] for run in child["taskRunList"]] for child in found["children"]
    ]
    assert outputs == [["0", "x"], ["1", "y"]]


def test_a_subflow_outside_of_loops_is_told_no_round() -> None:
    other = Flow("other", "a.b")
    note = other.task(Log("note", message="m"))

    @other.tasks
    async def others(run: Run) -> None:
        await run(note)

    flow = flow_of(Subflow("call", namespace="a.b", flow_id="other"))
    flow.knows(other)
    (child,) = document(flow)["children"]
    assert "taskRunIteration" not in child["trigger"]["variables"]
    assert "taskRunValue" not in child["trigger"]["variables"]


@pytest.mark.parametrize("limit", [0, 1, 2])
def test_a_dag_starts_what_is_free_and_no_more_than_it_may(limit: int) -> None:
    flow = Flow("f", "a.b")
    tasks = [flow.task(Log(f"t{n}", message="m")) for n in range(5)]

    @flow.block(Dag("graph", concurrent=limit))
    async def graph(run: Run) -> None:
        from flowrt.model.blocks import after

        await run.all(
            after(tasks[0], tasks[3]), tasks[1], after(tasks[2], tasks[0]), tasks[3], tasks[4]
        )

    @flow.tasks
    async def body(run: Run) -> None:
        await run(graph)

    found = document(flow)
    assert found["state"]["current"] == "SUCCESS"
    names = [run["taskId"] for run in found["taskRunList"]][1:]
    assert sorted(names) == ["t0", "t1", "t2", "t3", "t4"]
    assert names.index("t3") < names.index("t0") < names.index("t2")
    if limit != 1:
        assert names[:2] == ["t1", "t3"]


@pytest.mark.parametrize(("most", "attempts"), [(1, 1), (2, 2), (4, 4)])
def test_a_task_is_tried_as_often_as_its_policy_says(most: int, attempts: int) -> None:
    retry = Constant(interval="PT0.001S", max_attempts=most)
    found = document(flow_of(Fail("fails", retry=retry)))
    (run,) = found["taskRunList"]
    assert len(run["attempts"]) == attempts
    history = [each["state"] for each in run["state"]["histories"]]
    assert history.count(RETRYING) == attempts - 1
    assert history[-1] == found["state"]["current"] == "FAILED"
