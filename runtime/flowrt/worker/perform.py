"""Doing work: the task cache, the timeout, the task itself, in whatever thread or process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.engine.work import Report
from flowrt.model.failures import Outcome

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from flowrt.worker.context import WorkContext


def perform(context: WorkContext) -> Report | Awaitable[Any]:
    """Do the work; what a task answers that waits for something is to be given to `attend`."""
    task = context.work.task
    try:
        if task.task_cache is not None:
            from flowrt.worker.cache import restore

            known = restore(context, task.task_cache)
            if known is not None:
                return Report(known)
        if task.timeout is not None:
            context.limit(task.timeout)
        result: Any = task.run(context)  # type: ignore[attr-defined]
    except BaseException as error:
        return failed(context, error)
    if result is None or isinstance(result, (dict, Outcome)):
        return succeeded(context, result)
    return result  # type: ignore[no-any-return]


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
    cache = context.work.task.task_cache
    try:
        if cache is not None:
            from flowrt.worker.cache import save

            outputs = result.outputs if isinstance(result, Outcome) else result
            save(context, cache, {k: v for k, v in (outputs or {}).items() if v is not None})
        return Report(result)
    except BaseException as error:
        return failed(context, error)
    finally:
        context.close()


def failed(context: WorkContext, error: BaseException) -> Report:
    """The report of work that raised, which the log tells at once."""
    context.close()
    context.fail(error)
    return Report(error=error, kept=context.kept)
