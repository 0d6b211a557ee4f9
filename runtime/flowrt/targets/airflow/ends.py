"""How a DAG run ends: with the state and the outputs that the flow has in Kestra."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, TriggerRule
from airflow.sdk.exceptions import AirflowFailException

from flowrt.conduct.frames import AwaitedFrame
from flowrt.engine.document import execution_document, jsonable
from flowrt.engine.execution import MAIN
from flowrt.engine.results import Result
from flowrt.model.blocks import Block
from flowrt.model.states import FAILED, KILLED, TERMINAL, WARNING
from flowrt.targets.airflow.definition import definition_of
from flowrt.targets.airflow.runs import StepRun
from flowrt.targets.airflow.steps import Step

if TYPE_CHECKING:
    from flowrt.conduct.conductor import Conductor

EXECUTION = "execution"
"""The key of the XCom that holds the execution document."""


class Finish(BaseOperator):
    """Finds the final state and renders the outputs of the flow, which are its XCom. `verdict`: fails when the flow has."""

    ui_color = "#e6f4ea"

    def __init__(self, *, verdict: bool = True, **options: Any) -> None:
        options.setdefault("task_id", "finish")
        options.setdefault("trigger_rule", TriggerRule.ALL_DONE)
        super().__init__(**options)
        self.verdict = verdict
        self.retries = 0

    def execute(self, context: Any) -> Any:
        step = StepRun(definition_of(self.dag), context, self.get_flat_relative_ids(upstream=True))
        conductor = step.open(self.log)
        asyncio.run(_end(conductor))
        execution = conductor.execution
        context["ti"].xcom_push(key=EXECUTION, value=execution_document(execution))
        step.leave()
        if self.verdict:
            judge(execution.state)
        return jsonable(execution.outputs)


class Verdict(Step):
    """The last of a DAG whose flow has tasks behind its end: fails when the flow has failed."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("trigger_rule", TriggerRule.ALL_DONE)
        BaseOperator.__init__(self, task_id="verdict", **options)
        self.retries = 0

    def execute(self, context: Any) -> Any:
        step = StepRun(definition_of(self.dag), context, self.before())
        conductor = step.open(self.log)
        context["ti"].xcom_push(key=EXECUTION, value=execution_document(conductor.execution))
        step.leave()
        judge(conductor.execution.state)


def judge(state: str) -> None:
    """End the DAG run as the execution has ended; a warning is a success here."""
    if state in (FAILED, KILLED, "CANCELLED"):
        raise AirflowFailException(f"the execution ended {state}")


async def _end(conductor: Conductor) -> None:
    """Fold the states of blocks whose steps have ended, then that of the flow."""
    execution = conductor.execution
    for run in reversed(execution.runs):
        if run.state in TERMINAL:
            continue
        frame = AwaitedFrame(conductor, Block(run.task, None), run)  # type: ignore[arg-type]
        for child in execution.runs:
            if child.parent is run:
                child.owner = frame
                frame.added(child)
        state = frame.fold()
        run.end_attempt(state)
        conductor.apply(Result(run, state, run.outputs, run.attempts))
    conductor.end()


__all__ = ["EXECUTION", "MAIN", "WARNING", "Finish", "Verdict", "judge"]
