"""Pause: the flow run waits for a person, or is suspended where a worker can take it up again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prefect.context import FlowRunContext
from prefect.flow_runs import pause_flow_run, suspend_flow_run
from prefect.input import RunInput
from pydantic import create_model

from flowrt.control.pause import end_pause
from flowrt.inputs.errors import InputError
from flowrt.model.states import RUNNING
from flowrt.targets.prefect.places import address
from flowrt.verbs.resume import resume_inputs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowrt.conduct.conductor import Conductor
    from flowrt.engine.execution import TaskRun
    from flowrt.inputs.declaration import Input

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
    """Wait until the flow run is resumed; values that the task refuses are asked for again."""
    task: Any = run.task
    model = form(task.on_resume) if task.on_resume else None
    place = address(run)
    for number in range(100):
        given = await _wait(conductor, model, f"{place}#{number}" if number else place)
        try:
            inputs = resume_inputs(conductor.host, conductor.execution, run, given)
        except InputError as error:
            conductor.log(run, "WARN", f"The values were refused: {error}")
            continue
        end_pause(conductor, run, RUNNING, inputs)
        return


async def _wait(conductor: Conductor, model: type[RunInput] | None, key: str) -> dict[str, Any]:
    context = FlowRunContext.get()
    deployed = (
        context is not None and context.flow_run is not None and context.flow_run.deployment_id
    )
    try:
        if deployed:
            found = await suspend_flow_run(wait_for_input=model, key=key, timeout=FOR_EVER)
        else:
            found = await pause_flow_run(
                wait_for_input=model, key=key, timeout=FOR_EVER, poll_interval=1
            )
    except BaseException as signal:
        # the flow run ends here for now: nothing more of it begins, not even what comes last
        conductor.abandoned, conductor.signal = True, signal
        raise
    if found is None:
        return {}
    return {
        field: as_text(value)
        for field, value in zip(_ids(model), found.model_dump().values(), strict=False)
        if value is not None
    }


def form(asked: Sequence[Input]) -> type[RunInput]:
    """What somebody is asked for, as Prefect shows it and checks the answer."""
    fields: dict[str, Any] = {}
    for each in asked:
        kind = _TYPES.get(each.type, str)
        plain = isinstance(each.defaults, str | int | float | bool)
        if each.required and each.defaults is None:
            fields[each.id] = (kind, ...)
        else:
            fields[each.id] = (kind | None, each.defaults if plain else None)
    made: type[RunInput] = create_model("Resume", __base__=RunInput, **fields)
    return made


def _ids(model: Any) -> list[str]:
    return list(model.model_fields) if model is not None else []


def as_text(value: Any) -> Any:
    """A value as the inputs of a flow take it: a text as it is, all else as JSON."""
    import json

    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
