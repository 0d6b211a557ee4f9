"""Operators that run tasks of a flow."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, TriggerRule
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

from flowrt.engine.execution import AFTER, ERRORS, FINALLY, MAIN
from flowrt.model.blocks import Block
from flowrt.model.states import FAILED, KILLED
from flowrt.model.task import Constant
from flowrt.targets.airflow.definition import definition_of
from flowrt.targets.airflow.runs import Answered, StepRun, TriedByAirflow

if TYPE_CHECKING:
    from flowrt.model.task import Task

GRACE = timedelta(seconds=15)
"""How long a task has to end when its time is over, before Airflow ends it."""
ROLES = {"main": MAIN, "errors": ERRORS, "finally": FINALLY, "after": AFTER}
"""The lists of a flow by name."""


def around(operator: Any) -> list[Task]:
    """The blocks around an operator, outermost first: its task groups."""
    found: list[Task] = []
    group = operator.task_group
    while group is not None:
        task = getattr(group, "flowrt_task", None)
        if task is not None:
            found.insert(0, task)
        group = group.parent_group
    return found


class Step(BaseOperator):
    """Runs one task of the flow, or one of its blocks as a whole.

    All that Airflow knows of operators may be said: `retries`, `retry_delay`, `execution_timeout`, `pool`, `queue`. The
    outputs are the XCom of the step, as plain JSON.
    """

    ui_color = "#e8f0fe"

    def __init__(
        self,
        *,
        task: Task | Block | None = None,
        role: str = "main",
        answer: str | None = None,
        item: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        """Without a `task` it is the declared one of this id.

        `answer` is the task that asks a person, for a Pause that goes on with what was answered. `item` is the value of a
        round with its number, for a step that is expanded over the values of a loop.
        """
        if task is not None:
            options.setdefault("task_id", task.id)
        super().__init__(**options)
        self.role = role
        self.answer = answer
        self.item = item
        found = definition_of(self.dag)
        self.flowrt_task = found.declared[self.task_id] if task is None else found.declare(task)
        # only tries that the flow asks for: those of a default would hide what Kestra would show
        self.retries = options.get("retries", 0)
        self._follow(options)

    def _follow(self, options: dict[str, Any]) -> None:
        """Let the engine of the flow know what Airflow does with the runs of the task."""
        task: Any = self.flowrt_task
        if self.retries:
            task.retry = Constant(interval="PT0S", max_attempts=self.retries + 1)
        limit = options.get("execution_timeout")
        if limit is not None:
            # the task ends itself, so that its record says how; Airflow ends what does not
            task.timeout = f"PT{limit.total_seconds()}S"
            self.execution_timeout = limit + GRACE

    def execute(self, context: Any) -> Any:
        """Run it, leave its record, and end as it did."""
        step = StepRun(definition_of(self.dag), context, self.before())
        groups = around(self)
        if self.item is not None and failed(context, [self.task_id]):
            raise AirflowSkipException("an earlier round has failed")
        step.open(self.log, groups)
        if self.answer is not None:
            found = context["ti"].xcom_pull(task_ids=self.answer) or {}
            step.conductor.host.hands = Answered(dict(found.get("params_input") or {}))
        if self.retries:
            step.conductor.host.hands = TriedByAirflow()
        tries = context["ti"].try_number - 1 if self.retries else 0
        run = step.run(self.flowrt_task, groups, ROLES[self.role], tries=tries, item=self.item)
        step.leave()
        if run is not None and run.state in (FAILED, KILLED):
            message = f"{run.task.id} {run.state}"
            if step.conductor.retries.due_by_own_policy(run):
                raise AirflowException(message)
            raise AirflowFailException(message)
        return _plain(run.outputs) if run is not None else None

    def before(self) -> set[str]:
        """The steps whose records this one sees."""
        return set(self.get_flat_relative_ids(upstream=True))


class Handler(Step):
    """The first task that runs when the flow has failed: `scope` are the steps that it watches.

    The rule ONE_FAILED fires for steps as well that never began because of others, so the states are looked at.
    """

    def __init__(self, *, task: Task | Block, scope: list[str], **options: Any) -> None:
        options.setdefault("trigger_rule", TriggerRule.ONE_FAILED)
        super().__init__(task=task, role="errors", **options)
        self.scope = scope

    def execute(self, context: Any) -> Any:
        if not failed(context, self.scope):
            raise AirflowSkipException("nothing has failed")
        return super().execute(context)


def failed(context: Any, task_ids: list[str]) -> list[str]:
    """Those of some steps of this run that have failed themselves."""
    run = context["dag_run"]
    states = context["ti"].get_task_states(
        dag_id=run.dag_id, run_ids=[run.run_id], task_ids=task_ids
    )
    # of a step that is mapped there is a state for each of its runs, whose name begins with its own
    return sorted(name for name, state in states.get(run.run_id, {}).items() if state == "failed")


def _plain(outputs: Any) -> Any:
    from flowrt.engine.document import jsonable

    return jsonable(outputs)
