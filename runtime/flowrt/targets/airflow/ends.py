"""How a DAG run ends: with the state and the outputs that the flow has in Kestra."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseOperator, TriggerRule
from airflow.sdk.exceptions import AirflowFailException

from flowrt.model.states import CANCELLED, FAILED, KILLED
from flowrt.targets.airflow.runs import StepRun
from flowrt.targets.airflow.steps import Step, failed
from flowrt.targets.portable import plain

FAILURES = frozenset({FAILED, KILLED, CANCELLED})
"""The states of executions and task runs for which a DAG run fails."""
EXECUTION = "execution"
"""The key of the XCom that holds the execution document."""


class Finish(BaseOperator):
    """Finds the final state and renders the outputs of the flow, which are its XCom. `verdict`: fails when the flow has."""

    ui_color = "#e6f4ea"
    role = "end"

    def __init__(self, *, verdict: bool = True, **options: Any) -> None:
        options.setdefault("task_id", "finish")
        options.setdefault("trigger_rule", TriggerRule.ALL_DONE)
        super().__init__(**options)
        self.verdict = verdict
        self.retries = 0

    def execute(self, context: Any) -> Any:
        step = StepRun(self, context)
        conductor = step.open()
        execution = conductor.execution
        lost = failed(context, sorted(self.get_flat_relative_ids(upstream=True)))
        explained = execution.terminal or any(run.state in FAILURES for run in execution.runs)
        if lost and not explained:
            # no task of the flow has failed, but the step around one: its process died, or nobody answered
            conductor.log(None, "ERROR", f"failed in Airflow: {', '.join(lost)}")
            conductor.move_execution(FAILED)
        conductor.end()
        context["ti"].xcom_push(key=EXECUTION, value=step.document())
        step.leave()
        if self.verdict:
            judge(execution.state)
        return plain(execution.outputs)


class Verdict(Step):
    """The last of a DAG whose flow has tasks behind its end: fails when the flow has failed."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("trigger_rule", TriggerRule.ALL_DONE)
        options.setdefault("task_id", "verdict")
        BaseOperator.__init__(self, **options)
        self.role = "end"
        self.retries = 0

    def execute(self, context: Any) -> Any:
        step = StepRun(self, context)
        conductor = step.open()
        context["ti"].xcom_push(key=EXECUTION, value=step.document())
        step.leave()
        judge(conductor.execution.state)


def judge(state: str) -> None:
    """End the DAG run as the execution has ended; a warning is a success here."""
    if state in FAILURES:
        raise AirflowFailException(f"the execution ended {state}")


__all__ = ["EXECUTION", "Finish", "Verdict", "judge"]
