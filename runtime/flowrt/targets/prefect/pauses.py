"""Pause: the flow run waits for a person, or is suspended where a worker can take it up again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from prefect import get_client
from prefect.context import FlowRunContext
from prefect.flow_runs import pause_flow_run, suspend_flow_run
from prefect.input import RunInput
from prefect.states import Running
from pydantic import Field, create_model

from flowrt.conduct.faces import Stopped
from flowrt.control.pause import end_pause
from flowrt.inputs.errors import InputError
from flowrt.model.states import PAUSED, RUNNING
from flowrt.targets.given import texts_of
from flowrt.targets.prefect.places import address
from flowrt.verbs.paused import resume_inputs

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from flowrt.conduct.conductor import Conductor
    from flowrt.engine.execution import TaskRun
    from flowrt.inputs.declaration import Input

    _Wait = Callable[[type[RunInput] | None, str], Awaitable[Any]]

FOR_EVER = 365 * 24 * 3600
"""Seconds that a flow run waits for somebody: Prefect wants a number."""

_TYPES: dict[str, Any] = {
    "INT": int,
    "FLOAT": float,
    "BOOLEAN": bool,
    "BOOL": bool,
    "ARRAY": list[Any],
    "MULTISELECT": list[Any],
    "JSON": Any,
    "YAML": Any,
}


async def ask(conductor: Conductor, run: TaskRun) -> None:
    """Wait until the flow run is resumed. A pause with a duration is shown as well, and ends without being waited for.

    A flow run has one pause at a time: what else is paused in it waits for its turn.
    """
    assert run.frame is not None
    if run.frame.data is not None:
        conductor.host.spawn(_in_time(conductor, run))
        return
    async with conductor.asking:
        if conductor.abandoned:
            raise Stopped
        await _answered(conductor, run, lambda *asked: _for_people(conductor, *asked))


async def _answered(conductor: Conductor, run: TaskRun, wait: _Wait) -> None:
    """Wait until somebody resumes the flow run; values that the task refuses are asked for again."""
    task: Any = run.task
    model = form(task.on_resume) if task.on_resume else None
    place = address(run)
    for number in range(100):
        found = await wait(model, f"{place}#{number}" if number else place)
        given = {} if found is None else answers(found, task.on_resume)
        try:
            inputs = resume_inputs(conductor.host, conductor.execution, run, given)
        except InputError as error:
            conductor.log(run, "WARN", f"The values were refused: {error}")
            continue
        end_pause(conductor, run, RUNNING, inputs)
        return


async def _for_people(conductor: Conductor, model: type[RunInput] | None, key: str) -> Any:
    """Wait as long as it takes: where a worker can take the flow run up again, it is suspended."""
    context = FlowRunContext.get()
    deployed = (
        context is not None and context.flow_run is not None and context.flow_run.deployment_id
    )
    try:
        if deployed:
            return await suspend_flow_run(wait_for_input=model, key=key, timeout=FOR_EVER)
        return await _pause(model, key)
    except BaseException as signal:
        # the flow run ends here for now: nothing more of it begins, not even what comes last
        conductor.abandoned, conductor.signal = True, signal
        raise


async def _pause(model: type[RunInput] | None, key: str) -> Any:
    return await pause_flow_run(wait_for_input=model, key=key, timeout=FOR_EVER, poll_interval=1)


async def _in_time(conductor: Conductor, run: TaskRun) -> None:
    """Show a pause in this process until somebody resumes the flow run or the pause ends, which the conductor sees to.

    Each pause has another key: a flow run that is tried again waits again.
    """

    def is_over() -> bool:
        return run.state != PAUSED or conductor.execution.terminal

    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        return  # behind the end of the flow run nothing pauses it
    async with conductor.asking:
        if is_over():
            return
        asking = asyncio.create_task(
            _answered(conductor, run, lambda model, key: _pause(model, f"{key}@{uuid4()}"))
        )
        await conductor.until(lambda: is_over() or asking.done())
        if asking.done():
            asking.result()
            return
        asking.cancel()
        await asyncio.wait({asking})
        if not conductor.execution.terminal:
            async with get_client() as client:
                await client.set_flow_run_state(context.flow_run.id, Running())


def form(asked: Sequence[Input]) -> type[RunInput]:
    """What somebody is asked for, as Prefect shows it and checks the answer.

    Its fields are known by their places and shown by the ids of the inputs, which may be any: names of pydantic, too.
    """
    fields: dict[str, Any] = {}
    for number, each in enumerate(asked):
        kind = _TYPES.get(each.type, str)
        plain = isinstance(each.defaults, str | int | float | bool)
        shown: dict[str, Any] = {"alias": each.id, "title": each.id}
        if not each.required or each.defaults is not None:
            kind, shown["default"] = kind | None, each.defaults if plain else None
        fields[f"field_{number}"] = (kind, Field(**shown))
    made: type[RunInput] = create_model("Resume", __base__=RunInput, **fields)
    return made


def answers(given: RunInput, asked: Sequence[Input]) -> dict[str, Any]:
    """What somebody has filled in, by the ids of the inputs."""
    return texts_of(given.model_dump(by_alias=True), asked)
