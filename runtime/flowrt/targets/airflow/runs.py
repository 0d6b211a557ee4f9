"""One step of a DAG run: the execution as the steps before it have left it, what the step does, the record that it leaves."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowFailException

from flowrt.conduct.faces import Failed, Run, Stopped
from flowrt.conduct.frames import AwaitedFrame
from flowrt.conduct.hands import LocalHands
from flowrt.conduct.opening import open_loop_host
from flowrt.control.pause import end_pause
from flowrt.engine.blockcontext import context_of
from flowrt.engine.creation import create_execution
from flowrt.engine.execution import AFTER, MAIN, Attempt, Execution
from flowrt.engine.results import Result
from flowrt.inputs.errors import InputError
from flowrt.model.blocks import Block
from flowrt.model.states import CREATED, FAILED, RUNNING, TERMINAL
from flowrt.targets.ids import FirstId, derived_id, derived_number
from flowrt.targets.records import Before, document_of, opened, record_of, restore
from flowrt.verbs.options import RunOptions
from flowrt.verbs.resume import resume_inputs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowrt.conduct.conductor import Conductor
    from flowrt.engine.execution import TaskRun
    from flowrt.model.task import Task
    from flowrt.targets.airflow.definition import Definition

RECORD = "record"
"""The key of the XCom that holds the record of a step."""
STORE = "FLOWRT_STORE"
"""The variable that names the folder of files, entries and states, which all workers must see."""

options_of: Any = None
"""Replaced by tests: makes the options of a run."""


class TriedByAirflow(LocalHands):
    """Leaves it to Airflow to try again."""

    def tries_again(self, run: TaskRun) -> bool:
        return False


class Answered(LocalHands):
    """Resumes a Pause with what somebody has answered. Raises AirflowFailException for values that the task refuses."""

    def __init__(self, given: dict[str, Any]) -> None:
        self._given = _texts(given)

    async def resume(self, conductor: Conductor, run: TaskRun) -> None:
        try:
            inputs = resume_inputs(conductor.host, conductor.execution, run, self._given)
        except InputError as error:
            raise AirflowFailException(f"the answer is refused: {error}") from None
        end_pause(conductor, run, RUNNING, inputs)


class StepRun:
    """The execution of a DAG run while one of its steps runs."""

    def __init__(self, definition: Definition, context: Any, before: Iterable[str]) -> None:
        self.definition = definition
        self._context = context
        self._before = list(before)
        self.conductor: Any = None
        self._was: Any = None
        self.records: list[Any] = []

    # ---- before the step ------------------------------------------------------------------------------------------

    def open(self, logger: Any, groups: Iterable[Task] = ()) -> Conductor:
        """Lay the records of the steps before together; `groups` are the blocks around the step, which go on.

        Raises AirflowFailException for inputs that are refused.
        """
        definition = self.definition
        options = (options_of or _options)()
        options.sink = lambda record: logger.log(_LEVELS[record.level], "%s", record.message)
        host = open_loop_host(definition, options, LocalHands())
        records = self.records = self._records()
        execution = self._execution(host, records, options)
        conductor = self.conductor = host.conductor(execution)
        restore(execution, records, conductor.root)
        if execution.state == "CREATED":
            execution.enter("RUNNING")
        self._was = Before(execution)
        self._settle({task.id for task in groups})
        return conductor

    def _settle(self, around: set[str]) -> None:
        """Fold the states of blocks whose steps have all ended, the inner ones first."""
        conductor = self.conductor
        execution = conductor.execution
        for run in reversed(execution.runs):
            if run.state in TERMINAL or run.task.id in around:
                continue
            frame = AwaitedFrame(
                conductor, getattr(run.task, "block", None) or Block(run.task, None), run
            )
            for child in execution.runs:
                if child.parent is run:
                    child.owner = frame
                    frame.added(child)
            run.frame = frame
            state = frame.fold()
            outputs = {**(run.outputs or {}), **(run.task.ended(context_of(conductor, run)) or {})}
            run.end_attempt(state)
            conductor.apply(Result(run, state, outputs, run.attempts))
            execution.tree.stale()

    def _execution(self, host: Any, records: list[Any], options: RunOptions) -> Execution:
        """The execution; the first step resolves the inputs, later ones find them in the records."""
        flow, run = self.definition, self._context["dag_run"]
        id = derived_id(run.dag_id, run.run_id)
        if records:
            found = Execution(flow, id=id, labels=options.labels, clock=host.clock)
            found.history[1] = min(each["execution"]["started"] for each in records)
            return found
        host.ids = FirstId(derived_number(run.dag_id, run.run_id))
        given = {**_texts(self._context["params"]), **options.inputs}
        try:
            made = create_execution(host, flow, given, labels=options.labels)
        except InputError as error:
            raise AirflowFailException(str(error)) from None
        return made

    def _records(self) -> list[Any]:
        instance = self._context["ti"]
        found = [
            instance.xcom_pull(task_ids=task_id, key=RECORD) for task_id in sorted(self._before)
        ]
        # of a step that is mapped there is a record for each of its runs
        listed = [each if isinstance(each, list) else [each] for each in found if each]
        return [record for records in listed for record in records if record]

    def around(self, groups: Iterable[Task]) -> AwaitedFrame:
        """The frame of the blocks around a step, outermost first; those that have no run yet begin."""
        conductor = self.conductor
        frame: AwaitedFrame = conductor.root
        parent: TaskRun | None = None
        path: list[str] = []
        for task in groups:
            path.append(task.id)
            run = self._run_of(task, parent, path)
            if run.frame is None:
                block = getattr(task, "block", None) or Block(task, None)  # type: ignore[arg-type]
                run.frame = AwaitedFrame(conductor, block, run)
            frame, parent = run.frame, run
        return frame

    def _run_of(self, task: Task, parent: TaskRun | None, path: list[str]) -> TaskRun:
        execution = self.conductor.execution
        id = derived_id(execution.id, *path)
        for run in execution.runs:
            if run.id == id:
                return run  # type: ignore[no-any-return]
        run = opened(execution, task, parent, MAIN, id)
        run.owner = self.conductor.root if parent is None else parent.frame
        execution.append(run)
        run.owner.added(run)
        execution.tree.add(run)
        return run

    # ---- the step -------------------------------------------------------------------------------------------------

    def run(
        self,
        target: Any,
        groups: Iterable[Task],
        role: int = MAIN,
        *,
        tries: int = 0,
        item: dict[str, Any] | None = None,
    ) -> TaskRun | None:
        """Run a task, or a whole block, below the blocks around it; answers its task run.

        `tries` were made by earlier processes, and have failed; `item` is the value of a round, with its number.
        """
        conductor = self.conductor
        frame = self.around(groups)
        known = len(conductor.execution.runs)
        conductor.following = role == AFTER

        now = conductor.clock.now()
        conductor.tried = [Attempt([CREATED, now, RUNNING, now, FAILED, now]) for _ in range(tries)]

        place = Run(conductor, frame, role)
        if item is not None:
            place = Run(conductor, frame, role, item["value"], item["number"], is_round=True)

        async def once() -> None:
            conductor.host.enter()
            try:
                await conductor.child(place, target)
            except (Failed, Stopped):
                pass
            await conductor.host.settled()

        asyncio.run(once())
        made = conductor.execution.runs[known:]
        return made[0] if made else None

    # ---- behind it ------------------------------------------------------------------------------------------------

    def document(self) -> Any:
        """The execution document so far."""
        return json.loads(json.dumps(document_of(self.conductor.execution, self.records)))

    def leave(self) -> None:
        """Leave the record of what the step has made."""
        record = record_of(self.conductor.execution, self._was)
        self._context["ti"].xcom_push(key=RECORD, value=json.loads(json.dumps(record)))
        self.conductor.host.services.close()


_LEVELS = {"TRACE": 5, "DEBUG": 10, "INFO": 20, "WARN": 30, "ERROR": 40}


def _options() -> RunOptions:
    home = os.environ.get("AIRFLOW_HOME") or str(Path.home() / "airflow")
    return RunOptions(store=os.environ.get(STORE) or str(Path(home) / "flowrt"))


def _texts(params: Any) -> dict[str, Any]:
    """The parameters of a DAG run as the inputs of a flow take them: texts, all else as JSON; null is not given."""
    given = params.dump() if hasattr(params, "dump") else dict(params)
    return {
        key: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for key, value in given.items()
        if value is not None
    }
