"""Leaf tasks on the workers of a task runner (Dask, Ray): a parcel goes over, its answer comes back with what was said.

A parcel holds names, variables and settings (`flowrt.worker.parcel`). The worker finds the task by loading the module of the
flow, so the file has to be where the flow run has it.
"""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefect import get_run_logger
from prefect.context import FlowRunContext
from prefect.states import Failed as FailedState
from prefect.task_runners import ThreadPoolTaskRunner

from flowrt.engine.assignments import AttemptAssignment
from flowrt.engine.variables import View
from flowrt.model.states import SUBMITTED
from flowrt.targets.prefect.logs import LEVELS
from flowrt.worker.parcel import Parcel, do, finder

if TYPE_CHECKING:
    from flowrt.conduct.conductor import Conductor
    from flowrt.engine.execution import TaskRun

_LOADED: dict[str, Any] = {}


def file_of(conductor: Conductor, run: TaskRun) -> str | None:
    """The module that a worker has to load for a task; None when the flow run does its tasks itself."""
    context = FlowRunContext.get()
    function = getattr(conductor.flow, "function", None)
    if context is None or function is None or run.task.here:
        return None
    if type(context.task_runner) is ThreadPoolTaskRunner:
        return None
    return str(Path(function.fn.__code__.co_filename).absolute())


def work(parcel: Parcel, file: str) -> Any:
    """Do a parcel, on a worker: its answer, and what was said meanwhile. The log is told at once, too."""
    logger = get_run_logger()
    said: list[tuple[Any, ...]] = []

    def say(name: str, *words: Any) -> None:
        said.append((name, *words))
        if name == "log":
            logger.log(LEVELS[words[0]], "%s", words[1])
        elif name == "failed":
            logger.error("%s", words[0])

    answer = do(parcel, finder(_definition(file)), say)
    found = {"answer": answer, "said": said}
    if answer.failure is not None:
        return FailedState(message=answer.failure, data=found)
    return found


def _definition(file: str) -> Any:
    """The flow of a module, loaded once."""
    if file not in _LOADED:
        path = Path(file)
        if str(path.parent) not in sys.path:
            sys.path.append(str(path.parent))
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        _LOADED[file] = module.definition
    return _LOADED[file]


async def attempt(conductor: Conductor, run: TaskRun, task: Any, file: str) -> None:
    """One attempt of a leaf task, as a task run on a worker."""
    view = View(run, run.attempt_count, conductor.clock.now())
    assignment = AttemptAssignment(conductor, run, view)
    conductor.move(run, SUBMITTED)
    conductor.host.assigned.add(assignment)
    if not assignment.begin():
        return
    future = task.submit(Parcel(assignment.work), file)
    await asyncio.to_thread(future.wait)
    found = await future.state.aresult(raise_on_failure=False)
    if isinstance(found, BaseException):
        raise found
    sink, conductor.host.sink = conductor.host.sink, None  # the worker has told the log
    try:
        for name, *words in found["said"]:
            if name == "log":
                assignment.log(*words)
            elif name == "failed":
                assignment.log_failure(*words)
            elif name == "mask":
                conductor.host.services.masks.add(words[0])
    finally:
        conductor.host.sink = sink
    assignment.report(found["answer"].report())
