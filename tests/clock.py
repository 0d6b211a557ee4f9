"""A clock that jumps, and ids that count: what is due comes at once, in the order of its date, on a machine of any speed."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from heapq import heappop, heappush
from time import time_ns
from typing import Any

from flowrt.model.clock import SystemClock


class JumpingClock:
    """A time that passes when everybody waits, and not while the engine works: a busy machine changes no order.

    When it is `still`, it begins at zero and only jumps; else now, and it goes on by a little each time somebody asks, so
    that nothing is twice at the same time, and while the machine works on what is no affair of the engine.
    """

    def __init__(self, still: bool = False) -> None:
        self._still = still
        self._now = 0 if still else time_ns()
        self.jumped = 0
        self._sleepers: list[tuple[int, int, asyncio.AbstractEventLoop, asyncio.Future[None]]] = []
        self._number = 0

    def now(self) -> int:
        if not self._still:
            self._now += 1000
        return self._now

    async def sleep(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        until: asyncio.Future[None] = loop.create_future()
        self._number += 1
        entry = (self.now() + round(seconds * 1e9), self._number, loop, until)
        heappush(self._sleepers, entry)
        try:
            await until
        finally:
            if entry in self._sleepers:
                self._sleepers.remove(entry)

    def wait(self, wait: Callable[[float | None], None], until: int | None, busy: int) -> None:
        if busy > len(self._sleepers):
            began = time_ns()
            wait(None if until is None else max(0.0, (until - self.now()) / 1e9))
            if not self._still:
                self._now += time_ns() - began
            return
        first = self._sleepers[0][0] if self._sleepers else None
        dates = [date for date in (first, until) if date is not None]
        if not dates:
            wait(None)
            return
        jump = max(0, min(dates) - self._now)
        self._now += jump
        self.jumped += jump
        if first is not None and first == min(dates):
            _, _, loop, future = heappop(self._sleepers)
            loop.call_soon_threadsafe(_wake, future)


def _wake(future: Any) -> None:
    if not future.done():
        future.set_result(None)


class CountingIds:
    """Ids in the order in which they are made."""

    def __init__(self) -> None:
        self._number = (
            5 * 62 + 35
        ) * 62**20 + 52 * 62**19  # 5Zq0…: such ids look like those of chance

    def number(self) -> bytes:
        self._number += 1
        return self._number.to_bytes(16, "big")


class StoppingClock(SystemClock):
    """Asks the process to stop when nothing is left to do but to wait long."""

    def wait(self, wait: Any, until: int | None, busy: int) -> None:
        if not busy and until is not None and until - self.now() > 600 * 10**9:
            os.kill(os.getpid(), signal.SIGTERM)
        super().wait(wait, until, busy)
