"""Operators that start a run of the DAG of a loop's body for each round or pass.

Modules import them from here, not from the package: what starts runs loads much of Airflow, and most DAGs have no loop.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from flowrt.conduct.shapes import after_pass
from flowrt.control.loop_until import next_pass
from flowrt.engine.blockcontext import context_of
from flowrt.engine.dispatch import begin
from flowrt.engine.execution import MAIN
from flowrt.model.states import FAILED, KILLED, PAUSED
from flowrt.targets.airflow.blocks import values_of
from flowrt.targets.airflow.places import Round, configuration, rounds_of, run_of, started_by
from flowrt.targets.airflow.runs import StepRun, records_of
from flowrt.targets.airflow.steps import NAMED_BY_VALUE, failed

if TYPE_CHECKING:
    from flowrt.targets.records import Record


LOOK = 10
"""Seconds between two looks at a run of a body. What comes back before the scheduler has seen that its worker has let it go,
Airflow takes for a failure; a busy scheduler may take seconds for that."""
SHORT = 10
"""Seconds between two passes for which a worker waits, for the same reason."""


class _Starter(TriggerDagRunOperator):
    """Starts runs of the body of the loop around it; no worker waits for them."""

    ui_color = "#fff4ce"

    def __init__(self, **options: Any) -> None:
        options.setdefault("poke_interval", LOOK)
        super().__init__(
            logical_date=None,
            reset_dag_run=True,
            wait_for_completion=True,
            deferrable=True,
            allowed_states=["success", "failed"],
            failed_states=[],
            **options,
        )
        self.retries = 0

    def start(self, context: Any, round: Round) -> None:
        """Have Airflow start the run of a round; `execute_complete` goes on when it is over."""
        group: Any = self.task_group
        self.trigger_run_id = run_of(group.group_id, round)
        self.conf = configuration([*rounds_of(context["dag_run"]), round])
        super().execute(context)

    def left_by(self, event: Any, context: Any) -> tuple[list[Record], bool]:
        """The records of the run that is over, and whether Airflow says that it has failed."""
        _, told = event
        (run_id,) = told["run_ids"]
        body = self._body()
        found = records_of(context["ti"], body.task_ids, dag_id=body.dag_id, run_id=run_id)
        return found, told[run_id] == "failed"

    def _body(self) -> Any:
        group: Any = self.task_group
        return group.body


class Rounds(_Starter):
    """A round of a loop: a run of its body. After one that has failed no further one begins."""

    def __init__(self, *, item: dict[str, Any] | None = None, **options: Any) -> None:
        """`item` is the value of the round with its number."""
        super().__init__(**options)
        self.item = item or {}
        self.map_index_template = NAMED_BY_VALUE

    def execute(self, context: Any) -> None:
        """Start the round."""
        if failed(context, [self.task_id]):
            raise AirflowSkipException("an earlier round has failed")
        self.start(context, started_by(context["dag_run"], **self.item))

    def execute_complete(self, context: Any, event: Any) -> None:
        """Leave the records of the round, and end as it did."""
        left, lost = self.left_by(event, context)
        step = StepRun(self, context, more=left)
        conductor = step.open(begins=False)
        loop = step.frame().run
        step.leave(*left)
        for run in conductor.execution.runs:
            if run.parent is loop and run.iteration == self.item["number"]:
                lost = lost or run.state in (FAILED, KILLED)
        if lost:
            raise AirflowFailException(f"the round of {self.item['value']} has failed")


class Turns(_Starter):
    """The rounds of a loop whose tasks change its values: one after the other, each of the values as they are then."""

    def execute(self, context: Any) -> None:
        """Start the first round."""
        step = StepRun(self, context)
        step.open()
        with step.resolving() as run:
            values = values_of(run)
        step.leave()
        self._begin(context, values, 0)

    def execute_complete(self, context: Any, event: Any) -> None:
        """A round is over: start the next one, if there is a value for it."""
        left, lost = self.left_by(event, context)
        known = records_of(context["ti"], [self.task_id])
        step = StepRun(self, context, more=[*known, *left])
        conductor = step.open(begins=False)
        frame = step.frame()
        number = max(run.iteration or 0 for run in frame.runs[MAIN])
        if lost or any(frame.tally.get(state) for state in (FAILED, KILLED)):
            step.leave(*known, *left)
            raise AirflowFailException(f"round {number} has failed")
        values = []
        if not conductor.execution.terminal:
            with step.resolving() as run:
                values = values_of(run)
        step.leave(*known, *left)
        self._begin(context, values, number + 1)

    def _begin(self, context: Any, values: list[str], number: int) -> None:
        if number < len(values):
            self.start(context, started_by(context["dag_run"], number, values[number]))


class Passes(_Starter):
    """The passes of a LoopUntil: a run of its body, again and again, until the condition holds."""

    def execute(self, context: Any) -> None:
        """Start the first pass."""
        step = StepRun(self, context)
        conductor = step.open()
        with step.resolving() as run:
            block: Any = run.task
            run.outputs = None  # it looks whether there are any
            conductor.execution.tree.stale()
            run.outputs = block.created(context_of(conductor, run))
        conductor.execution.tree.stale()
        step.leave()
        self.start(context, started_by(context["dag_run"], run.iteration or 0))

    def execute_complete(self, context: Any, event: Any) -> None:
        """A pass is over: end, or wait for the next one."""
        left, lost = self.left_by(event, context)
        known = records_of(context["ti"], [self.task_id])
        step = StepRun(self, context, more=[*known, *left])
        conductor = step.open(begins=False)
        frame = step.frame()
        run: Any = frame.run
        if lost and not frame.tally.get(FAILED):
            raise AirflowFailException(f"pass {run.iteration or 0} has failed in Airflow")
        options = frame.block.options
        options["declared"] = options["declared"] or len(self._body().task_group.children)
        result = None if conductor.execution.terminal else after_pass(conductor, frame)
        if run.state == PAUSED:
            (date,) = conductor.host.due()
            step.leave(*known, *left)
            seconds = (date - time.time_ns()) / 1e9
            if seconds < SHORT:
                time.sleep(max(0.0, seconds))
                return self.go_on(context)
            moment = datetime.fromtimestamp(date / 1e9, UTC)
            self.defer(trigger=DateTimeTrigger(moment=moment), method_name="go_on")
        if result is not None:
            conductor.apply(result)
        step.leave(*known, *left)
        if run.state in (FAILED, KILLED):
            raise AirflowFailException(f"{run.task.id} {run.state}")

    def go_on(self, context: Any, event: Any = None) -> None:
        """The interval is over: start the next pass."""
        known = records_of(context["ti"], [self.task_id])
        step = StepRun(self, context, more=known)
        conductor = step.open()
        frame = step.frame()
        run: Any = frame.run
        step.frame_below(run)
        next_pass(conductor, frame)
        begin(conductor, run)
        # what a pass has logged and changed stays; its task runs make room for those of the next one
        step.leave(*known)
        self.start(context, started_by(context["dag_run"], run.iteration))
