"""Threads for what blocks, and the event loop for what waits. No thread outlives the process by being waited for."""

from __future__ import annotations

from _thread import allocate_lock, get_ident, start_new_thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine

STALLED = 0.2
"""Seconds after which a loop that has not begun with something is taken to be busy with something else."""
ROUNDS = 5
"""Through how many rounds of its loop a task goes that is cancelled and has nothing more to wait for."""


async def in_thread(work: Callable[[], Any]) -> Any:
    """Do blocking work beside the event loop. When the wait is cancelled, the work goes on unheard."""
    import asyncio

    loop = asyncio.get_running_loop()
    done: asyncio.Future[Any] = loop.create_future()

    def tell(set: Callable[[Any], None], value: Any) -> None:
        if not done.done():
            set(value)

    def run() -> None:
        try:
            said = (done.set_result, work())
        except BaseException as error:
            said = (done.set_exception, error)
        try:
            loop.call_soon_threadsafe(tell, *said)
        except RuntimeError:
            pass  # the loop has ended meanwhile

    start_new_thread(run, ())
    return await done


class Loop:
    """An event loop in a thread of its own. Without `patience` whoever gives it something waits, however busy it is."""

    def __init__(self, patience: bool = True) -> None:
        self._longest = STALLED if patience else -1
        self._ready = allocate_lock()
        self._ended = allocate_lock()
        self._ready.acquire()
        self._ended.acquire()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        start_new_thread(self._run, ())
        self._ready.acquire()

    def _run(self) -> None:
        import asyncio

        async def main() -> None:
            self._loop = asyncio.get_running_loop()
            self._close = asyncio.Event()
            self._ready.release()
            await self._close.wait()

        try:
            asyncio.run(main())
        finally:
            self._ended.release()

    def begin(
        self, work: Callable[[], Coroutine[Any, Any, None]], keep: Callable[[Any], None]
    ) -> bool:
        """Begin with a coroutine, and return when it waits for the first time; so what begins first is seen first.

        `keep` gets what `stop` needs. False when the loop is busy: then it never begins here.
        """
        assert self._loop is not None
        begun = allocate_lock()
        begun.acquire()
        claim = allocate_lock()

        def start() -> None:
            assert self._loop is not None
            if not claim.acquire(False):
                return
            task = self._loop.create_task(work())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            keep(task)
            self._loop.call_soon(begun.release)

        self._loop.call_soon_threadsafe(start)
        if begun.acquire(True, self._longest):
            return True
        return not claim.acquire(False)

    def stop(self, task: asyncio.Task[None]) -> None:
        """Cancel what `keep` got, and return when it has ended, or waits for something more."""
        assert self._loop is not None
        loop = self._loop
        stopped = allocate_lock()
        stopped.acquire()

        def look(rounds: int) -> None:
            if rounds and not task.done():
                loop.call_soon(look, rounds - 1)
            else:
                stopped.release()

        def cancel() -> None:
            task.cancel()
            look(ROUNDS)

        loop.call_soon_threadsafe(cancel)
        stopped.acquire(True, self._longest)

    def close(self, seconds: float) -> None:
        """End the loop; wait for that some seconds at the most."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._close.set)
        self._ended.acquire(True, seconds)


def interrupt(thread: int, error: type[BaseException]) -> None:
    """Raise an error in another thread when it executes Python code next; where that cannot be done, nothing happens."""
    try:
        from ctypes import c_ulong, py_object, pythonapi
    except ImportError:
        return
    pythonapi.PyThreadState_SetAsyncExc(c_ulong(thread), py_object(error))


__all__ = ["Loop", "get_ident", "in_thread", "interrupt"]
