"""What stands in the groups of blocks: a choice between lists of steps, the values of a loop, a join, the end of a block."""

from __future__ import annotations

from typing import Any

from airflow.providers.standard.operators.branch import BaseBranchOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import BaseOperator, TriggerRule
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from flowrt.control.each import loop_values
from flowrt.engine.blockcontext import context_of
from flowrt.targets.airflow.places import main_list
from flowrt.targets.airflow.runs import StepRun
from flowrt.targets.airflow.steps import failed, states_of


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
        step = StepRun(self, context)
        conductor = step.open()
        with step.resolving() as run:
            block: Any = run.task
            run.outputs = block.created(context_of(conductor, run)) or {}
        conductor.execution.tree.stale()
        found = self._chosen(run.outputs)
        if found is None:
            step.fail(run, "WARN", f"No case of '{run.task.id}' fits")
        step.leave()
        return found

    def _chosen(self, outputs: dict[str, Any]) -> list[str] | None:
        if "evaluationResult" in outputs:
            return self.cases[bool(outputs["evaluationResult"])]
        return self.cases.get(outputs["value"], self.cases.get(None))


class Values(BaseOperator):
    """Finds the values of the loop around it; its XCom are the items that a mapped operator is expanded over."""

    ui_color = "#fff4ce"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.retries = 0

    def execute(self, context: Any) -> list[dict[str, Any]]:
        """The values with their numbers, after the record of the loop is left. A limit that is an expression goes with them."""
        step = StepRun(self, context)
        conductor = step.open()
        more = {}
        with step.resolving() as run:
            values = values_of(run)
            limit = getattr(run.task, "concurrent", 0)
            if not isinstance(limit, int):
                more["limit"] = context_of(conductor, run).integer(limit)
        step.leave()
        return [{"value": value, "number": number, **more} for number, value in enumerate(values)]


def values_of(run: Any) -> list[str]:
    """The values of a loop as they are now."""
    loop = run.task
    return loop_values(run.frame, loop.values if hasattr(loop, "values") else loop.value)()


class Join(EmptyOperator):
    """Where the lists of a block come together, whichever was chosen. The scheduler settles it without a process."""

    def __init__(self, **options: Any) -> None:
        super().__init__(trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS, **options)


class End(BaseOperator):
    """Where a block with handlers ends: as its main list did, whatever has become of the handlers."""

    ui_color = "#fff4ce"
    role = "end"

    def __init__(self, **options: Any) -> None:
        options.setdefault("trigger_rule", TriggerRule.ALL_DONE)
        super().__init__(**options)
        self.retries = 0

    def execute(self, context: Any) -> None:
        """Fail when the block has failed, and be skipped when it was never reached."""
        tasks = main_list(self.task_group)
        if lost := failed(context, tasks):
            raise AirflowFailException(f"failed: {', '.join(lost)}")
        if "success" not in states_of(context, tasks).values():
            raise AirflowSkipException("the block was never reached")
