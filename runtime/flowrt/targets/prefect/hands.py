"""Prefect does what the conductor decides: leaf tasks are its task runs, flows its flow runs, pauses its pauses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prefect import task
from prefect.states import Completed

from flowrt.conduct.hands import LocalHands
from flowrt.engine.document import jsonable
from flowrt.engine.results import Result
from flowrt.model.states import (
    CREATED,
    FAILED,
    RETRYING,
    RUNNING,
    SUCCESS,
    TERMINAL,
    WARNING,
)
from flowrt.targets.prefect import remote, settings
from flowrt.targets.prefect.pauses import ask
from flowrt.targets.prefect.places import address, label

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.conduct.conductor import Conductor
    from flowrt.engine.execution import TaskRun

GRACE = 10.0
"""Seconds that a task has to end when its time is over, before Prefect ends it."""


class TaskFailed(Exception):
    """An attempt of a leaf task has failed; the text is what its log says last."""


class PrefectHands(LocalHands):
    """Has Prefect run what the conductor decides."""

    async def leaf(self, conductor: Conductor, run: TaskRun, attempt: Callable[[], Any]) -> None:
        """A leaf task as a task run of Prefect, which tries again and keeps the result."""
        file = remote.file_of(conductor, run)
        if file is not None:
            await self._submitted(conductor, run, file)
            return
        options = dict(getattr(conductor.flow, "options", {}).get(run.task.id, {}))
        limit = options.pop("timeout_seconds", None)
        if limit is not None:
            options["timeout_seconds"] = limit + GRACE
        key = f"{conductor.execution.id}/{address(run)}"

        async def work() -> Any:
            if run.state == RETRYING:
                conductor.move(run, CREATED)
                conductor.move_execution(RUNNING)
            await attempt()
            if run.state == FAILED:
                if conductor.due(run) is not None and options.get("retries"):
                    conductor.await_try(run)
                raise TaskFailed(_last_error(conductor, run))
            record = {"state": run.state, "outputs": jsonable(run.outputs)}
            return Completed(name="Warning", data=record) if run.state == WARNING else record

        leaf = task(
            work,
            name=run.task.id,
            task_run_name=label(run),
            cache_key_fn=lambda *_: key,
            persist_result=True,
            result_serializer="json",
            **options,
        )
        try:
            record = await leaf()
        except TaskFailed:
            return
        if run.state not in TERMINAL:
            # done by an earlier try of the flow run
            now = conductor.clock.now()
            run.only_attempt(CREATED, now, RUNNING, now, record["state"], now)
            conductor.apply(Result(run, record["state"], record["outputs"], run.attempts))

    async def _submitted(self, conductor: Conductor, run: TaskRun, file: str) -> None:
        """A leaf task on a worker of the task runner. The conductor tries again, with a task run for each try."""
        key = f"{conductor.execution.id}/{address(run)}/{run.attempt_count}"
        leaf = task(
            remote.work,
            name=run.task.id,
            task_run_name=label(run),
            cache_key_fn=lambda *_: key,
            persist_result=True,
        )
        await remote.attempt(conductor, run, leaf, file)

    async def flow(self, conductor: Conductor) -> None:
        """Another flow as a subflow run."""
        call = getattr(conductor.flow, "call", None)
        if call is None:
            await super().flow(conductor)
            return
        settings.prepared.set(conductor)
        state = await call(conductor.execution.inputs)
        if not conductor.execution.runs and not conductor.execution.terminal:
            # an earlier try of the flow run has called it, and Prefect knows how that has ended
            found = WARNING if state.name == "Warning" else SUCCESS
            conductor.execution.outputs = await state.aresult(raise_on_failure=False)
            conductor.move_execution(found if state.is_completed() else FAILED)
            conductor.check_over()

    async def resume(self, conductor: Conductor, run: TaskRun) -> None:
        """Pause the flow run until somebody resumes it with what the task asks for, or its duration is over."""
        await ask(conductor, run)


def _last_error(conductor: Conductor, run: TaskRun) -> str:
    for entry in reversed(conductor.execution.logs):
        if entry.run is run and entry.level == "ERROR":
            return entry.message
    return f"{run.task.id} failed"
