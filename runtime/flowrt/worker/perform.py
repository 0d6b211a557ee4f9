"""Doing work: the task cache, the timeout, the task itself, in whatever thread or process.

Whoever has it done closes the context when it has reported, so that nobody waits for folders that go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.engine.work import Report
from flowrt.model.failures import Outcome, TaskFailure
from flowrt.worker.outputs import carried

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from flowrt.worker.context import WorkContext


def perform(context: WorkContext) -> Report | Awaitable[Any]:
    """Do the work; what a task answers that waits for something is to be given to `attend`."""
    task = context.work.task
    try:
        if task.task_cache is not None and task.task_cache.enabled:
            from flowrt.worker.cache import CachedOutputs

            context.cache = cache = CachedOutputs(context, task.task_cache)
            known = cache.found()
            if known is not None:
                return Report(known)
        if task.timeout is not None:
            context.limit(task.timeout)
        result: Any = task.run(context)  # type: ignore[attr-defined]
    except BaseException as error:
        return failed(context, error)
    if hasattr(type(result), "__await__"):
        return result  # type: ignore[no-any-return]
    return succeeded(context, result)


async def attend(context: WorkContext, work: Awaitable[Any]) -> Report:
    """Wait for the rest of the work."""
    try:
        result = await work
    except BaseException as error:
        context.stop()
        return failed(context, error)
    return succeeded(context, result)


def succeeded(context: WorkContext, result: Any) -> Report:
    """The report of work that answered; its outputs are kept for the cache."""
    try:
        if result is not None and not isinstance(result, (dict, Outcome)):
            raise TaskFailure(f"The outputs of a task are a dict, not a {type(result).__name__}")
        result = carried(result)
        if context.cache is not None:
            context.cache.keep(result.outputs if isinstance(result, Outcome) else result)
        return Report(result)
    except BaseException as error:
        return failed(context, error)


def failed(context: WorkContext, error: BaseException) -> Report:
    """The report of work that raised, which the log tells at once. What ends with a warning is kept for the cache."""
    context.fail(error)
    kept = context.kept
    if isinstance(error, TaskFailure) and error.outputs:
        try:
            kept = error.outputs = carried(error.outputs)
        except TaskFailure as other:  # the first failure is the one to tell; these outputs are none
            context.log("WARN", str(other))
            error.outputs = None
    if (
        context.cache is not None
        and isinstance(error, Exception)
        and context.work.task.allow_failure
        and not context.tried_again()
    ):
        context.cache.keep(kept)
    return Report(error=error, kept=context.kept)
