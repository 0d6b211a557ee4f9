"""One step of a DAG run: the execution as the steps before it have left it, what the step does, the record that it leaves."""

from __future__ import annotations

import asyncio
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from flowrt.conduct.faces import Failed, Run, Stopped
from flowrt.conduct.frames import AwaitedFrame
from flowrt.conduct.hands import LocalHands
from flowrt.conduct.opening import begin, open_loop_host
from flowrt.conduct.shapes import has_last
from flowrt.control.pause import end_pause
from flowrt.engine.blockcontext import context_of
from flowrt.engine.execution import AFTER, FINALLY, LISTENER, MAIN, Execution
from flowrt.engine.results import Result
from flowrt.inputs.checks import CheckError
from flowrt.inputs.errors import InputError
from flowrt.model.blocks import Block
from flowrt.model.states import CREATED, FAILED, RUNNING, TERMINAL
from flowrt.targets.airflow.definition import definition_of
from flowrt.targets.airflow.places import (
    BRANCHES,
    Around,
    Body,
    Round,
    around,
    beside,
    main_list,
    rounds_of,
    started_by,
)
from flowrt.targets.fired import fired_at
from flowrt.targets.given import texts_of
from flowrt.targets.ids import FirstId, derived_id, derived_number
from flowrt.targets.portable import plain
from flowrt.targets.records import Before, document_of, opened, record_of, restore, without_gone
from flowrt.verbs.options import RunOptions
from flowrt.verbs.paused import resume_inputs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flowrt.conduct.conductor import Conductor
    from flowrt.engine.execution import TaskRun
    from flowrt.model.task import Task
    from flowrt.targets.records import Record

RECORD = "record"
"""The key of the XCom that holds the record of a step."""
STORE = "FLOWRT_STORE"
"""The variable that names the folder of files, entries and states, which all workers must see."""
GOING_ON = frozenset({"queued", "running"})
"""The states of a DAG run that is not over."""
AT_ONCE = 50
"""How many runs a question names at once: they stand in the address of a request."""

SCHEDULED = ("scheduled", "backfill")
"""The types of DAG runs that are made for a date."""

options_of: Any = None
"""Replaced by tests: makes the options of a run."""


class TriedByAirflow(LocalHands):
    """Leaves it to Airflow to try again."""

    def tries_again(self, run: TaskRun) -> bool:
        return False


class Answered(LocalHands):
    """Resumes a Pause with what somebody has answered. Raises AirflowFailException for values that the task refuses."""

    def __init__(self, given: dict[str, Any]) -> None:
        self._given = given

    async def resume(self, conductor: Conductor, run: TaskRun) -> None:
        if run.frame is not None and run.frame.data is not None:
            return  # a duration ends it
        try:
            task: Any = run.task
            given = texts_of(self._given, task.on_resume or [])
            inputs = resume_inputs(conductor.host, conductor.execution, run, given)
        except InputError as error:
            raise AirflowFailException(f"the answer is refused: {error}") from None
        end_pause(conductor, run, RUNNING, inputs)


class StepRun:
    """The execution of a flow while one of its steps runs."""

    def __init__(
        self,
        operator: Any,
        context: Any,
        *,
        item: dict[str, Any] | None = None,
        more: Iterable[Record] = (),
    ) -> None:
        """`item` is the value of the round that a mapped step is, with its number; `more` are records of what it waited for."""
        self._operator = operator
        self._context = context
        self._more = list(more)
        self._mapped = item is not None
        self.rounds = rounds_of(context["dag_run"])
        self._around = around(operator, self.rounds)
        if item is not None:
            own = started_by(context["dag_run"], item["number"], item["value"])
            self._around[-1] = Around(self._around[-1].task, own)
        self.definition = definition_of(operator.dag)
        self.conductor: Any = None
        self._was: Any = None
        self.records: list[Record] = []

    # ---- before the step ------------------------------------------------------------------------------------------

    def open(self, *, begins: bool = True) -> Conductor:
        """Lay the records of the steps before together. The blocks around the step begin, if they have not.

        `begins`: it is not only that something is over which it has waited for. Raises AirflowFailException for inputs that
        are refused, where a check blocks the start, or when the run that this one belongs to is over, and
        AirflowSkipException for what would begin in a round after another round has failed, or in a branch after another
        branch has.
        """
        instance = self._context["ti"]
        for each in self.rounds:
            if instance.get_dagrun_state(dag_id=each.dag_id, run_id=each.run_id) not in GOING_ON:
                raise AirflowFailException(f"{each.run_id} of {each.dag_id} is over")
        options = (options_of or _options)()
        log = self._operator.log
        options.sink = lambda record: log.log(_LEVELS[record.level], "%s", record.message)
        host = open_loop_host(self.definition, options, LocalHands())
        self.records = self._records()
        conductor = self.conductor = self._conductor(host, options)
        self._was = Before(conductor.execution)
        self._settle()
        if self._begins() and self._others_failed():
            host.services.close()
            raise AirflowSkipException("another round has failed")
        if begins:
            self._heed_branches()
        return conductor

    def _ids(self) -> list[str]:
        """The ids of the runs of the blocks around the step."""
        found: list[str] = []
        path: list[str] = []
        for task, round in self._around:
            path.append(task.id)
            found.append(derived_id(self.conductor.execution.id, *path))
            if round is not None:
                path.append(str(round.number))
        return found

    def _settle(self) -> None:
        """Fold the states of blocks whose steps have all ended, the inner ones first."""
        conductor = self.conductor
        execution = conductor.execution
        around = self._ids()
        at_work = around[-1:] if self._handles_branches() else []
        for run in reversed(execution.runs):
            if run.state in TERMINAL or run.id in around:
                continue
            if any(each in at_work for each in _ancestors(run)):
                continue
            state = self._framed(run).fold()
            outputs = {**(run.outputs or {}), **(run.task.ended(context_of(conductor, run)) or {})}
            run.end_attempt(state)
            conductor.apply(Result(run, state, outputs, run.attempts))
            execution.tree.stale()

    def _handles_branches(self) -> bool:
        """Whether the step begins when a branch has failed: others may be at work then."""
        handles = getattr(self._operator, "role", "main") == "errors"
        return handles and bool(self._around) and self._around[-1].task.shape in BRANCHES

    def _framed(self, run: TaskRun) -> AwaitedFrame:
        """The frame of a block, with the runs below it that are known."""
        task: Any = run.task
        frame = AwaitedFrame(self.conductor, getattr(task, "block", None) or Block(task, None), run)
        for child in self.conductor.execution.runs:
            if child.parent is run:
                child.owner = frame
                frame.added(child)
        run.frame = frame
        return frame

    def frame_below(self, run: TaskRun) -> None:
        """All blocks below a run have their frames, so that what takes away what is in them finds it."""
        parents = {each.parent for each in self.conductor.execution.runs if each.parent is not None}
        for each in parents:
            if run.id in _ancestors(each):
                self._framed(each)

    def _conductor(self, host: Any, options: RunOptions) -> Conductor:
        """The conductor of the execution; the first step resolves the inputs, later ones find them in the records."""
        flow, run = self.definition, self._context["dag_run"]
        dag_id, run_id = self.rounds[0][:2] if self.rounds else (run.dag_id, run.run_id)
        if self.records:
            id = derived_id(dag_id, run_id)
            found: Conductor = host.conductor(
                Execution(flow, id=id, labels=options.labels, clock=host.clock)
            )
            restore(found.execution, self.records, found.root)
            return found
        if isinstance(self._operator.dag, Body):
            raise AirflowFailException(f"only {self._operator.dag.loop.group_id} starts this DAG")
        host.ids = FirstId(derived_number(dag_id, run_id))
        options.trigger = self._fired()
        # by a schedule nobody gives anything but with a backfill
        params = self._context["params"] if options.trigger is None else run.conf or {}
        values = params.dump() if hasattr(params, "dump") else params
        given = {**texts_of(values, flow.inputs), **options.inputs}
        try:
            made = begin(host, flow, given, options)
        except (InputError, CheckError) as error:
            raise AirflowFailException(str(error)) from None
        for note in options.notes:
            self._operator.log.warning("%s", note)
        if made.execution.state == CREATED:
            made.execution.enter(RUNNING)
        return made

    def _fired(self) -> dict[str, Any] | None:
        """The schedule that has started the run, if one has."""
        run = self._context["dag_run"]
        if run.run_type not in SCHEDULED or run.logical_date is None:
            return None
        return fired_at(self.definition, run.logical_date)

    def _records(self) -> list[Record]:
        """The records of the steps before: in this DAG run, and in those that have started it."""
        instance, operator = self._context["ti"], self._operator
        before = set(operator.get_flat_relative_ids(upstream=True))
        if self._mapped and _sees_others(self._around[-1].task):
            before.add(operator.task_id)
        found = [*records_of(instance, before), *self._more]
        dag = operator.dag
        for round in reversed(self.rounds):
            starter = dag.starter()
            before = set(starter.get_flat_relative_ids(upstream=True))
            if _sees_others(dag.loop.flowrt_task):
                before.add(starter.task_id)
            found += records_of(instance, before, dag_id=round.dag_id, run_id=round.run_id)
            dag = dag.loop.dag
        return found

    def frame(self) -> AwaitedFrame:
        """The frame of the blocks around the step, outermost first; those that have no run yet begin."""
        frame: AwaitedFrame = self.conductor.root
        parent: TaskRun | None = None
        place: Round | None = None
        for (task, round), id in zip(self._around, self._ids(), strict=True):
            run = self._run(id) or self._opened(task, parent, place, id)
            frame, parent, place = run.frame or self._framed(run), run, round
        return frame

    def _run(self, id: str) -> TaskRun | None:
        runs: list[TaskRun] = self.conductor.execution.runs
        return next((run for run in runs if run.id == id), None)

    def _opened(self, task: Task, parent: TaskRun | None, place: Round | None, id: str) -> TaskRun:
        """The run of a block begins; in a round of a loop it bears the value of that."""
        execution = self.conductor.execution
        value, number = (None, None) if place is None else (place.value, place.number)
        run = opened(execution, task, parent, id, value, number)
        run.owner = self.conductor.root if parent is None else parent.frame
        execution.append(run)
        run.owner.added(run)
        execution.tree.add(run)
        return run

    @contextmanager
    def resolving(self) -> Iterator[TaskRun]:
        """A block finds out how it goes on: the run of the one around the step. An error ends it.

        Raises AirflowSkipException when the execution is over, so that it does not begin.
        """
        if self.conductor.execution.terminal:
            self.conductor.host.services.close()
            raise AirflowSkipException("the execution is over")
        run = self.frame().run
        assert run is not None
        try:
            yield run
        except Exception as error:
            text = f"Unable to resolve state from the Flowable task: {error}"
            self.fail(run, "ERROR", text, error)

    def fail(self, run: TaskRun, level: str, text: str, error: Exception | None = None) -> NoReturn:
        """A block fails that cannot tell how it goes on. Raises AirflowFailException."""
        conductor = self.conductor
        conductor.log(run, level, text, error=error)
        conductor.move(run, FAILED)
        run.end_attempt(FAILED)
        self.leave(*self._more)
        raise AirflowFailException(text) from error

    # ---- other rounds ---------------------------------------------------------------------------------------------

    def _begins(self) -> bool:
        """Whether the step begins a task of a round of which others may run at the same time."""
        places = [at for at, each in enumerate(self._around) if each.round is not None]
        if self._mapped or not places or limit_of(self._around[places[-1]].task) == 1:
            return False
        inner = self._ids()[places[-1] + 1 :]
        return not inner or self._run(inner[0]) is None

    def _others_failed(self) -> bool:
        """Whether a task has failed in another round: then nothing more begins in this one."""
        from airflow.providers.standard.operators.trigger_dagrun import XCOM_RUN_ID

        instance, dag, own = self._context["ti"], self._operator.dag, self.rounds[-1]
        starter, place = dag.starter().task_id, {"dag_id": own.dag_id, "run_id": own.run_id}
        if _failed(instance, own.dag_id, [own.run_id], [starter]):
            return True
        begun = instance.xcom_pull(task_ids=starter, key=XCOM_RUN_ID, **place) or []
        ids = begun if isinstance(begun, list) else [begun]
        tasks = main_list(dag.task_group)
        return any(
            _failed(instance, dag.dag_id, ids[at : at + AT_ONCE], tasks)
            for at in range(0, len(ids), AT_ONCE)
        )

    def _heed_branches(self) -> None:
        """After a branch has failed nothing more begins in the others, and the blocks in these have failed with it."""
        instance, run = self._context["ti"], self._context["dag_run"]
        mapped = self._around[-1].round if self._mapped else None
        for each in beside(self._operator, run, self.rounds, mapped):
            if not _failed(instance, each.dag_id, [each.run_id], each.steps):
                continue
            tasks = [block.task for block in self._around]
            for id in self._ids()[tasks.index(each.block) + 1 :]:
                below = self._run(id)
                if below is not None and below.parent and below.state not in TERMINAL:
                    self._framed(below.parent)
                    self.conductor.force(below, FAILED)
            self.leave(*self._more)
            raise AirflowSkipException("another branch has failed")

    # ---- the step -------------------------------------------------------------------------------------------------

    def run(
        self, target: Any, role: int = MAIN, *, tried: str | None = None, lost: int = 0
    ) -> TaskRun | None:
        """Run a task, or a whole block, below the blocks around it; answers its task run.

        `tried` is the id of that run where earlier processes have tried it; of `lost` tries no more is known than that they
        have failed.
        """
        conductor = self.conductor
        frame = self.frame()
        if role == FINALLY and not has_last(frame):
            return None
        if RUNNING not in conductor.execution.history:
            return None  # a check has ended it before it ran, so nothing follows its end
        known = len(conductor.execution.runs)
        conductor.following = role in (LISTENER, AFTER)
        again = conductor.tried = None if tried is None else self._run(tried)
        conductor.lost = lost

        round = self._around[-1].round if self._around else None
        place = Run(conductor, frame, role)
        if round is not None:
            is_round = round.value is not None
            place = Run(conductor, frame, role, round.value, round.number, is_round=is_round)

        async def once() -> None:
            conductor.host.enter()
            try:
                await conductor.child(place, target)
            except (Failed, Stopped):
                pass
            await conductor.host.settled()

        asyncio.run(once())
        made: list[TaskRun] = conductor.execution.runs[known:]
        return again or (made[0] if made else None)

    # ---- behind it ------------------------------------------------------------------------------------------------

    def document(self) -> Any:
        """The execution document so far."""
        return plain(document_of(self.conductor.execution, self.records))

    def leave(self, *others: Record) -> Record:
        """Leave the record of what the step has made, which it answers, and those of `others` that it waited for."""
        record = record_of(self.conductor.execution, self._was)
        self._context["ti"].xcom_push(key=RECORD, value=without_gone([*others, record]))
        self.conductor.host.services.close()
        return record


def _ancestors(run: TaskRun) -> Iterator[str]:
    """The ids of the runs around a run."""
    at = run.parent
    while at is not None:
        yield at.id
        at = at.parent


def records_of(instance: Any, task_ids: Iterable[str], **run: str) -> list[Record]:
    """The records that some steps have left, in the DAG run of a task instance or in another one."""
    found = []
    for task_id in sorted(task_ids):
        left = instance.xcom_pull(task_ids=task_id, key=RECORD, **run) or []
        # of a step that is mapped there are those of each of its runs
        for each in left:
            found += each if isinstance(each, list) else [each]
    return found


def _failed(instance: Any, dag_id: str, run_ids: list[str], task_ids: list[str]) -> bool:
    """Whether one of some tasks has failed in one of some runs."""
    if not task_ids:
        return False
    found = instance.get_task_states(dag_id=dag_id, run_ids=run_ids, task_ids=task_ids)
    return any("failed" in states.values() for states in found.values())


def limit_of(loop: Any) -> int | None:
    """How many rounds of a loop may run at once; 0 for all, None where that is an expression."""
    limit = getattr(loop, "concurrency_limit", getattr(loop, "concurrent", 1))
    return limit if isinstance(limit, int) else None


def _sees_others(loop: Any) -> bool:
    """Whether a round looks at the rounds that have ended before it: where all begin at once, none has."""
    return limit_of(loop) != 0


_LEVELS = {"TRACE": 5, "DEBUG": 10, "INFO": 20, "WARN": 30, "ERROR": 40}


def _options() -> RunOptions:
    home = os.environ.get("AIRFLOW_HOME") or str(Path.home() / "airflow")
    return RunOptions(store=os.environ.get(STORE) or str(Path(home) / "flowrt"))
