"""How blocks are conducted: by their shape, which coroutines of theirs are awaited, and with what."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from flowrt.conduct.faces import Failed, Run, rounds
from flowrt.control.context import context_of
from flowrt.control.each import loop_values
from flowrt.engine.execution import ERRORS, FINALLY, MAIN
from flowrt.engine.flowable import flowable, result_of
from flowrt.engine.lines import body_line
from flowrt.model.blocks import NoCase
from flowrt.model.states import ACTIVE, CREATED, FAILED, PAUSED, SUCCESS, TERMINAL

if TYPE_CHECKING:
    from flowrt.conduct.frames import AwaitedFrame
    from flowrt.conduct.ports import Conducts
    from flowrt.engine.frames import Frame
    from flowrt.engine.results import Result
    from flowrt.model.blocks import BlockBody


async def conduct(conductor: Conducts, frame: Frame) -> Result | None:
    """Run the lists of a block, and answer what became of it; None when it begins anew, or somebody has ended it."""
    task: Any = frame.block.task
    if task.shape == "folder":
        await _folder(conductor, frame)
    elif task.shape == "wait":
        found = await _wait(conductor, frame)  # type: ignore[arg-type]
        if found is not None:
            return found
    elif task.shape == "until":
        return await _pass(conductor, frame)  # type: ignore[arg-type]
    else:
        await lists(conductor, frame)  # type: ignore[arg-type]
    return _result(conductor, frame)


def _result(conductor: Conducts, frame: Frame) -> Result | None:
    assert frame.run is not None
    return None if frame.run.state in TERMINAL else result_of(conductor, frame)


async def lists(conductor: Conducts, frame: AwaitedFrame, target: str = SUCCESS) -> None:
    """The main list, the handlers of errors after a failure, and what comes last."""
    handled = True
    if target != FAILED:
        try:
            await _main(conductor, frame)
        except Failed:
            pass
        except NoCase:
            frame.no_case = True
            return
        except Exception as error:
            frame.error = error
            return
        handled = has_last(frame)
    if target == FAILED or frame.tally.get(FAILED):
        await _handlers(conductor, frame, ERRORS, frame.block.errors_body)
    if handled:
        await _handlers(conductor, frame, FINALLY, frame.block.finally_body)


async def _pass(conductor: Conducts, frame: AwaitedFrame) -> Result | None:
    """One pass of a block that is repeated. Whether there is another one is known before what comes last begins."""
    try:
        await _main(conductor, frame)
    except Failed:
        await _handlers(conductor, frame, ERRORS, frame.block.errors_body)
        await _handlers(conductor, frame, FINALLY, frame.block.finally_body)
        return _result(conductor, frame)
    except Exception as error:
        frame.error = error
    run: Any = frame.run
    told = run.outputs
    result = after_pass(conductor, frame)
    if result is None or frame.block.finally_body is None:
        return result
    if result.broken:
        first = body_line(frame.block.finally_body).peek()
        if first is not None:
            # the first task of those that come last is there already, and ends with the block
            made = frame.make(first, FINALLY)
            made.iteration = _number(frame)
            conductor.take([made])
    elif result.state == FAILED:  # there were too many passes
        await _handlers(conductor, frame, FINALLY, frame.block.finally_body)
    else:
        if run.outputs is told:
            flowable(run.task).after_state(frame, False)
        await _last_of_pass(conductor, frame)
        result = _result(conductor, frame)
    return result


async def _last_of_pass(conductor: Conducts, frame: AwaitedFrame) -> None:
    """What comes last. Kestra looks at the block again when that begins, and counts it as a pass."""
    task: Any = frame.block.task
    last = frame.runs[FINALLY]

    async def look_again() -> None:
        await conductor.until(lambda: bool(last) and last[0].state != CREATED)
        task.count(frame)

    looking = conductor.host.spawn(look_again())
    await _handlers(conductor, frame, FINALLY, frame.block.finally_body)
    looking.cancel()


def after_pass(conductor: Conducts, frame: AwaitedFrame) -> Result | None:
    """What a block that is repeated has become after a pass; None when there is another one, for which it waits."""
    result = _result(conductor, frame)
    if result is None:
        run = frame.run
        assert run is not None
        if run.state in ACTIVE:
            flowable(frame.block.task).after_state(frame, False)
        if run.state in ACTIVE:
            result = _result(conductor, frame)
    return result


def has_last(frame: AwaitedFrame) -> bool:
    """Whether what comes last in a block runs at its end: in an If without a branch it does not."""
    task: Any = frame.block.task
    return (
        bool(frame.runs[MAIN])
        or shape_of(frame) != "branch"
        or task.chosen(frame)
        or bool(task.block.options.get("empty_else"))
    )


async def _handlers(
    conductor: Conducts, frame: AwaitedFrame, role: int, body: BlockBody | None
) -> None:
    if body is None:
        return
    try:
        await body(Run(conductor, frame, role, number=_number(frame)))
    except Failed:
        pass
    await conductor.ended_all(frame, role)


def shape_of(frame: Frame) -> str:
    """The shape of a block; the flow itself is a group."""
    task = frame.block.task
    return "group" if task is None else task.shape


def _number(frame: Frame) -> int | None:
    """The number of the pass, for a block that is repeated."""
    if shape_of(frame) != "until":
        return None
    assert frame.run is not None
    return frame.run.iteration or 0


async def _main(conductor: Conducts, frame: AwaitedFrame) -> None:
    task: Any = frame.block.task
    body = frame.block.main_body
    shape = shape_of(frame)
    if shape == "batch":
        run = Run(conductor, frame)
        for step in task.inner():
            await run(step)
        return
    if body is None:
        return
    match shape:
        case "branch":
            await body(Run(conductor, frame, value=task.chosen(frame)))
        case "switch":
            task.choose(frame)
            await body(Run(conductor, frame, value=frame.data.value))
        case "loop":
            given = task.values if hasattr(task, "values") else task.value
            limit = getattr(task, "concurrency_limit", 1)
            await _rounds(conductor, frame, given, limit)
        case "spread":
            await _spread(conductor, frame)
        case "fork" | "graph":
            await body(Run(conductor, frame, slots=_slots(frame)))
        case _:
            await body(Run(conductor, frame, number=_number(frame)))


def _slots(frame: Frame) -> asyncio.Semaphore | None:
    task: Any = frame.block.task
    limit = context_of(frame).integer(task.concurrent) or 0
    return asyncio.Semaphore(limit) if limit > 0 else None


async def _rounds(conductor: Conducts, frame: AwaitedFrame, given: Any, limit: int) -> None:
    values = loop_values(frame, given)
    body = frame.block.main_body
    assert body is not None

    async def one(value: str, number: int) -> None:
        run = Run(conductor, frame, MAIN, value, number, is_round=True, shared=limit != 1)
        await body(run, value)

    await rounds(conductor, values, limit, one)


async def _spread(conductor: Conducts, frame: AwaitedFrame) -> None:
    task: Any = frame.block.task
    body, slots = frame.block.main_body, _slots(frame)
    assert body is not None
    await conductor.together(
        body(Run(conductor, frame, MAIN, value, number, is_round=True, slots=slots), value)
        for number, value in enumerate(loop_values(frame, task.value)())
    )


async def _wait(conductor: Conducts, frame: AwaitedFrame) -> Result | None:
    """Pause, until a duration is over or somebody resumes it; then the lists. A result when nobody does."""
    run = frame.run
    assert run is not None
    task: Any = run.task
    paused = result_of(conductor, frame)
    if paused is None or paused.state != PAUSED:
        return paused
    try:
        conductor.apply(paused)
    except Exception as error:
        conductor.pay(error)
        return None
    if run.state == PAUSED:
        await conductor.host.hands.resume(conductor, run)
    await conductor.until(lambda: run.state != PAUSED)
    if run.state not in TERMINAL:
        await lists(conductor, frame, task.target(frame))
    return None


async def _folder(conductor: Conducts, frame: Frame) -> None:
    """The whole block is one piece of work, which the engine's own rules drive; then its handlers."""
    task: Any = frame.block.task
    assert frame.run is not None
    run = frame.run
    await conductor.until(lambda: frame.data.done or run.state in TERMINAL)
    while run.state not in TERMINAL and (found := task.nexts(frame)):
        for each in conductor.take(found):
            await conductor.dispatch(each)
