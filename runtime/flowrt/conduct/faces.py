"""What the coroutine of a list sees of the conductor: it awaits its tasks, and a failure is an exception."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

from flowrt.engine.execution import ERRORS, FINALLY, MAIN
from flowrt.model.blocks import After, Block, NoCase
from flowrt.model.states import FAILED

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.conduct.frames import AwaitedFrame
    from flowrt.conduct.ports import Conducts
    from flowrt.engine.execution import TaskRun
    from flowrt.model.task import Task


class Failed(Exception):
    """A task has failed for good, so its list goes no further. Handlers of the list may catch it and raise it again."""

    def __init__(self, run: TaskRun) -> None:
        super().__init__(f"{run.task.id} {run.state}")
        self.run = run


class Stopped(BaseException):
    """The execution goes no further here: it has its final state, or it stands still. Not for flows to catch."""


class Run:
    """A list of tasks while it runs: `await run(task)` runs one of them, and answers its outputs.

    `value` is that of an If, a Switch or of a round, `number` that of the round. `shared`: other lists of the same block
    run at the same time, and after a failure in one of them nothing new begins in any.
    """

    def __init__(
        self,
        conductor: Conducts,
        frame: AwaitedFrame,
        role: int = MAIN,
        value: Any = None,
        number: int | None = None,
        *,
        is_round: bool = False,
        shared: bool = False,
        slots: asyncio.Semaphore | None = None,
    ) -> None:
        self._conductor = conductor
        self.frame = frame
        self.role = role
        self._value = value
        self.number = number
        self.is_round = is_round
        self._shared = shared
        self._slots = slots

    async def __call__(self, target: Task | Block) -> Any:
        """Run a task or block. Raises `Failed` when it fails for good."""
        if self._shared:
            self._go_on()
        return await self._conductor.child(self, target)

    async def all(self, *targets: Task | Block | After) -> None:
        """Run tasks and blocks at the same time, as many as the block's limit allows. Raises `Failed` when one fails."""
        ended = {_id(target): asyncio.Event() for target in targets}

        async def one(target: Task | Block | After) -> None:
            try:
                if isinstance(target, After):
                    for other in target.depends_on:
                        await ended[other].wait()
                    target = target.target
                async with self._slots or asyncio.Semaphore():
                    self._go_on()
                    await self._conductor.child(self, target)
            finally:
                ended[_id(target)].set()

        await self._conductor.together(one(target) for target in targets)

    def _go_on(self) -> None:
        failed = next((run for run in self.frame.runs[self.role] if run.state == FAILED), None)
        if failed is not None:
            raise Failed(failed)

    async def errors(self, target: Task | Block) -> Any:
        """Run a task of the handlers of errors."""
        return await self.as_role(ERRORS)(target)

    async def finally_(self, target: Task | Block) -> Any:
        """Run a task of those that come last, whatever has happened."""
        return await self.as_role(FINALLY)(target)

    def as_role(self, role: int) -> Run:
        """The same block for another of its lists."""
        return Run(self._conductor, self.frame, role, self._value, self.number)

    @property
    def condition(self) -> bool:
        """The result of an If."""
        return bool(self._value)

    @property
    def value(self) -> str:
        """The rendered value of a Switch, the current value of a loop."""
        return str(self._value)

    @property
    def round_value(self) -> str | None:
        """The value that task runs of this list bear."""
        return self._value if self.is_round else None

    def no_case(self) -> None:
        """No case fits and there are no defaults: the Switch fails."""
        raise NoCase


def _id(target: Task | Block | After) -> str:
    return target.id if not isinstance(target, After) else target.task.id


async def rounds(
    conductor: Conducts,
    values: Callable[[], list[str]],
    limit: int,
    body: Callable[[str, int], Any],
) -> None:
    """Run a body for each value, `limit` of them at once (0: all); the values may grow meanwhile.

    Raises what the first raises that fails; the others go on all the same.
    """
    number = -1
    if limit == 1:
        while (number := number + 1) < len(given := values()):
            await body(given[number], number)
        return
    going_on: set[asyncio.Task[Any]] = set()
    errors: list[BaseException] = []
    begun = 0

    def over(round: asyncio.Task[Any]) -> None:
        going_on.discard(round)
        try:
            round.result()
        except BaseException as error:
            errors.append(error)
        conductor.wake()

    def changed(count: int, begun: int) -> bool:
        return len(going_on) < count or (limit == 0 and len(values()) > begun)

    while True:
        given = values()
        while begun < len(given) and (limit == 0 or len(going_on) < limit):
            round = conductor.host.spawn(body(given[begun], begun))
            round.add_done_callback(over)
            going_on.add(round)
            begun += 1
        if not going_on:
            return
        await conductor.until(partial(changed, len(going_on), begun))
        if errors:
            raise errors[0]
