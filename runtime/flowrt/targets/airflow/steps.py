"""Operators that run tasks of a flow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.sdk import BaseOperator, TriggerRule
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

from flowrt.engine.conditions import listens
from flowrt.engine.execution import AFTER, ERRORS, FINALLY, LISTENER, MAIN
from flowrt.model.blocks import Block
from flowrt.model.states import FAILED, KILLED
from flowrt.model.task import Constant
from flowrt.targets.airflow.definition import definition_of
from flowrt.targets.airflow.places import main_list
from flowrt.targets.airflow.runs import Answered, StepRun, TriedByAirflow
from flowrt.targets.airflow.tries import Tries
from flowrt.targets.portable import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowrt.conduct.conductor import Conductor
    from flowrt.model.task import Task

GRACE = timedelta(seconds=15)
"""How long a task has to end when its time is over, before Airflow ends it."""
LOOK = timedelta(seconds=10)
"""How long a round waits until it looks again whether it is its turn."""
OVER = frozenset({"success", "failed", "skipped", "upstream_failed"})
"""The states of steps that have ended."""
NAMED_BY_VALUE = "{{ task.item['value'] }}"
"""What the UI calls the runs of a mapped operator: by the value of the round."""
ROLES = {
    "main": MAIN,
    "errors": ERRORS,
    "finally": FINALLY,
    "listener": LISTENER,
    "after": AFTER,
}
"""The lists of a flow by name."""


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
        if item is not None:
            self.map_index_template = NAMED_BY_VALUE
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
        return self._in_turn(context)

    def go_on(self, context: Any, event: Any = None) -> Any:
        """Look again whether it is the turn of this round."""
        return self._in_turn(context)

    def wanted(self, conductor: Conductor) -> bool:
        """Whether the task runs in the execution as it is."""
        return True

    def _in_turn(self, context: Any) -> Any:
        if self.item is not None:
            states = states_of(context, [self.task_id]).values()
            if "failed" in states:
                raise AirflowSkipException("an earlier round has failed")
            limit = self.item.get("limit")
            if limit and self.item["number"] >= limit + sum(state in OVER for state in states):
                moment = datetime.now(UTC) + LOOK
                self.defer(trigger=DateTimeTrigger(moment=moment), method_name="go_on")
        return self._work(context)

    def _work(self, context: Any) -> Any:
        tries = Tries(context) if self.retries else None
        before = tries.records if tries else []
        step = StepRun(self, context, item=self.item, more=before)
        if not self.wanted(step.open()):
            step.leave()
            raise AirflowSkipException("its conditions do not hold")
        if self.answer is not None:
            found = context["ti"].xcom_pull(task_ids=self.answer) or {}
            step.conductor.host.hands = Answered(dict(found.get("params_input") or {}))
        role = ROLES[self.role]
        if tries is None:
            run = step.run(self.flowrt_task, role)
        else:
            step.conductor.host.hands = TriedByAirflow()
            tries.begin()
            run = step.run(self.flowrt_task, role, tried=tries.run, lost=tries.lost)
        record = step.leave(*before)
        failure = f"{run.task.id} {run.state}" if run and run.state in (FAILED, KILLED) else ""
        if tries is not None:
            if run and failure and step.conductor.retries.due_by_own_policy(run):
                tries.failed(run, record)
                raise AirflowException(failure)
            tries.end()
        if failure:
            raise AirflowFailException(failure)
        return plain(run.outputs) if run is not None else None


class Handler(Step):
    """A task that runs when the main list of the block around it has failed, or that of the flow.

    The rule ONE_FAILED fires for steps as well that never began because of others, so the states are looked at.
    """

    def __init__(self, *, task: Task | Block, **options: Any) -> None:
        options.setdefault("trigger_rule", TriggerRule.ONE_FAILED)
        super().__init__(task=task, role="errors", **options)

    def execute(self, context: Any) -> Any:
        if not failed(context, main_list(self.task_group)):
            raise AirflowSkipException("nothing has failed")
        return super().execute(context)


class Last(Step):
    """A task that comes last in the block around it, failed or not."""

    def __init__(self, *, task: Task | Block, **options: Any) -> None:
        options.setdefault("trigger_rule", TriggerRule.ALL_DONE)
        super().__init__(task=task, role="finally", **options)

    def execute(self, context: Any) -> Any:
        if not {"success", "failed"} & set(states_of(context, main_list(self.task_group)).values()):
            raise AirflowSkipException("the block was never reached")
        return super().execute(context)


class Listener(Step):
    """A task that runs when the execution has its final state, if conditions hold."""

    def __init__(
        self, *, task: Task | Block, conditions: Iterable[Any] = (), **options: Any
    ) -> None:
        options.setdefault("trigger_rule", TriggerRule.ALL_DONE)
        super().__init__(task=task, role="listener", **options)
        self.conditions = list(conditions)

    def wanted(self, conductor: Conductor) -> bool:
        """Whether the conditions hold for the execution that has ended."""
        return listens(self.conditions, conductor)


def states_of(context: Any, task_ids: list[str]) -> dict[str, str]:
    """The states of some steps of this run. A step that is mapped has one for each of its runs, whose name begins with its own."""
    run = context["dag_run"]
    found = context["ti"].get_task_states(
        dag_id=run.dag_id, run_ids=[run.run_id], task_ids=task_ids
    )
    states: dict[str, str] = found.get(run.run_id, {})
    return states


def failed(context: Any, task_ids: list[str]) -> list[str]:
    """Those of some steps of this run that have failed themselves."""
    return sorted(name for name, state in states_of(context, task_ids).items() if state == "failed")
