"""Blocks that a DAG can say itself: groups of steps, a choice between them and the place where they join."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.branch import BaseBranchOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import BaseOperator, TaskGroup, TriggerRule
from airflow.sdk.exceptions import AirflowFailException

from flowrt.control.each import loop_values
from flowrt.engine.blockcontext import context_of
from flowrt.targets.airflow.definition import definition_of
from flowrt.targets.airflow.runs import StepRun
from flowrt.targets.airflow.steps import around

if TYPE_CHECKING:
    from flowrt.model.task import Task


class Group(TaskGroup):
    """A block of the flow as a task group; its steps keep their own ids."""

    def __init__(self, task: Task, **options: Any) -> None:
        super().__init__(task.id, prefix_group_id=False, **options)
        self.flowrt_task = task
        definition_of(self.dag).declare(task)


class Choice(BaseBranchOperator):
    """Chooses between the lists of the block around it: `cases` names the first steps of each, by what chooses it.

    For an If the keys are True and False, for a Switch the texts of its cases, None for all others.
    """

    ui_color = "#fff4ce"

    def __init__(self, *, cases: dict[Any, list[str]], **options: Any) -> None:
        super().__init__(**options)
        self.cases = cases
        self.retries = 0

    def choose_branch(self, context: Any) -> list[str]:
        """The steps to go on with, after the record of the block is left."""
        step = StepRun(definition_of(self.dag), context, self.get_flat_relative_ids(upstream=True))
        groups = around(self)
        conductor = step.open(self.log, groups)
        frame = step.around(groups)
        block: Any = groups[-1]
        run = frame.run
        assert run is not None
        try:
            run.outputs = block.created(context_of(conductor, run)) or {}
        except Exception as error:
            conductor.log(
                run,
                "ERROR",
                f"Unable to resolve state from the Flowable task: {error}",
                error=error,
            )
            conductor.move(run, "FAILED")
            run.end_attempt("FAILED")
            step.leave()
            raise AirflowFailException(str(error)) from error
        conductor.execution.tree.stale()
        found = self._chosen(run.outputs)
        if found is None:
            conductor.log(run, "WARN", f"No case of '{block.id}' fits")
            conductor.move(run, "FAILED")
            run.end_attempt("FAILED")
        step.leave()
        if found is None:
            raise AirflowFailException(f"no case of {block.id} fits")
        return found

    def _chosen(self, outputs: dict[str, Any]) -> list[str] | None:
        if "evaluationResult" in outputs:
            return self.cases[bool(outputs["evaluationResult"])]
        return self.cases.get(outputs["value"], self.cases.get(None))


class Values(BaseOperator):
    """Finds the values of the loop around it; its XCom are the items that a mapped step is expanded over."""

    ui_color = "#fff4ce"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.retries = 0

    def execute(self, context: Any) -> list[dict[str, Any]]:
        """The values with their numbers, after the record of the loop is left."""
        step = StepRun(definition_of(self.dag), context, self.get_flat_relative_ids(upstream=True))
        groups = around(self)
        conductor = step.open(self.log, groups)
        frame = step.around(groups)
        loop: Any = groups[-1]
        run = frame.run
        assert run is not None
        try:
            values = loop_values(frame, loop.values if hasattr(loop, "values") else loop.value)()
        except Exception as error:
            text = f"Unable to resolve state from the Flowable task: {error}"
            conductor.log(run, "ERROR", text, error=error)
            conductor.move(run, "FAILED")
            run.end_attempt("FAILED")
            step.leave()
            raise AirflowFailException(str(error)) from error
        step.leave()
        return [{"value": value, "number": number} for number, value in enumerate(values)]


class Join(EmptyOperator):
    """Where the lists of a block come together, whichever was chosen. The scheduler settles it without a process."""

    def __init__(self, **options: Any) -> None:
        super().__init__(trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS, **options)
