"""A worker whose tasks are done by the workers of a cluster; how that is reached, an adapter says."""

from __future__ import annotations

import asyncio
import pickle
import sys
from _thread import allocate_lock, start_new_thread
from typing import TYPE_CHECKING, Any, Protocol

from flowrt.clusters.bundle import Bundle
from flowrt.engine.work import Abandoned, Report
from flowrt.model.clock import new_id
from flowrt.model.failures import Refusal, TaskFailure
from flowrt.worker.local import LocalWorker
from flowrt.worker.parcel import Parcel, hear

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Coroutine

    from flowrt.engine.assignments import Assignment
    from flowrt.engine.host import Host

SECONDS_TO_CLOSE = 5.0
"""How long the end of the process waits until the cluster has been told."""


class Lost(Exception):
    """The worker that had the work is gone; the text says how."""


class Cluster(Protocol):
    """What an adapter does. Its methods run in one event loop of their own."""

    async def open(self, bundle: Bundle) -> None:
        """Reach the cluster, or start one. `bundle` is the program."""

    def work(self, key: str) -> AsyncGenerator[bytes]:
        """Have a worker do something: what it says.

        The first message is empty: a worker is free, and waits to be told what to do. Raises `Lost`, or any other error,
        when it is lost. When it is closed early, the work is ended first.
        """

    async def tell(self, key: str, parcel: bytes) -> None:
        """Tell the worker that waits what to do."""

    async def close(self) -> None:
        """Let go of the cluster."""


class ClusterWorker(LocalWorker):
    """Gives tasks to a cluster. Which of them begins when, the cluster decides.

    A worker that is lost is a failed attempt: nothing is begun again by the cluster itself. Work that needs the engine at
    hand, or the folder that it shares with other tasks, stays in this process.
    """

    def __init__(self, host: Host, cluster: Cluster, program: str) -> None:
        """`program` is the text of the module that the cluster runs, or "" for that of this process."""
        super().__init__(host)
        self._cluster = cluster
        self._away = asyncio.new_event_loop()
        self._away.set_exception_handler(lambda loop, context: None)  # of waits that nobody needs
        self._ended = allocate_lock()
        self._ended.acquire()
        start_new_thread(self._run, ())
        try:
            self._call(cluster.open(Bundle(program))).result()
        except Exception as error:
            self.close()
            raise Refusal(f"the cluster cannot be used: {error}") from None

    def _run(self) -> None:
        self._away.run_forever()
        self._ended.release()

    def _call(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._away)

    def take(self, assignment: Assignment) -> None:
        """Ask the cluster for a worker."""
        work = assignment.work
        if work.task.here or work.task is not assignment.run.task or work.folder is not None:
            super().take(assignment)
        else:
            assignment.handle = self._call(self._attend(assignment))

    async def _attend(self, assignment: Assignment) -> None:
        """See an assignment through."""
        key = new_id()
        messages = self._cluster.work(key)
        report = Report(error=Abandoned())
        done = False
        try:
            async for message in messages:
                if message:
                    with self._host.lock:
                        done = hear(assignment, *pickle.loads(message))
                        self._host.ring()
                    continue
                parcel = self._begin(assignment)
                if parcel is None:
                    return
                await self._cluster.tell(key, parcel)
            if not done:
                raise Lost("The worker of the task has ended without an answer")
        except asyncio.CancelledError:
            pass
        except Exception as error:
            lost = TaskFailure(str(error) or repr(error))
            report = Report(error=lost)
            with self._host.lock:
                assignment.fail(lost, None)
        finally:
            await messages.aclose()
            with self._host.lock:
                assignment.report(report)
                self._host.ring()

    def _begin(self, assignment: Assignment) -> bytes | None:
        """What the worker is told to do; None when that is not wanted any more."""
        with self._host.lock:
            if not assignment.begin():
                return None
            return pickle.dumps(Parcel(assignment.work, far=True), protocol=5)

    def interrupt(self, assignment: Assignment) -> None:
        """The cluster ends the work; then it is reported."""
        if hasattr(assignment.handle, "cancel"):
            assignment.handle.cancel()
        else:
            super().interrupt(assignment)

    def close(self) -> None:
        """End what is at work, and let go of the cluster."""
        super().close()

        async def close() -> None:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            mine = [task for task in others if task.get_coro().__name__ == "_attend"]  # type: ignore[union-attr]
            for task in mine:
                task.cancel()
            await asyncio.gather(*mine, return_exceptions=True)
            await self._cluster.close()

        try:
            self._call(close()).result(SECONDS_TO_CLOSE)
        except Exception as error:
            print(f"the cluster was not left cleanly: {error!r}", file=sys.stderr)
        self._away.call_soon_threadsafe(self._away.stop)
        self._ended.acquire(True, SECONDS_TO_CLOSE)
