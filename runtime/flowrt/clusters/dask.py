"""Dask: leaf tasks on the workers of a scheduler, or on processes of this machine.

Two queues of the scheduler belong to each of them: up comes what is said, down goes the parcel, once, when the worker has said
that it is free. So when Dask begins a task again, because its worker has died, nothing is done a second time.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from flowrt.clusters import remote
from flowrt.clusters.worker import ClusterWorker, Lost
from flowrt.missing import load
from flowrt.packages import DASK

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from flowrt.clusters.bundle import Bundle
    from flowrt.engine.host import Host

FREE, SAID, ENDED = "free", "said", "ended"
"""What comes up: a worker is free (its address), something was said, all is over (what went wrong, if anything)."""
DEAF = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"
"""The processes of this machine leave it to the engine what a Ctrl-C means."""
SECONDS_TO_END = 5.0
"""How long a worker has to say that it has ended what it was told to end."""


def lead(key: str, digest: str, environment: dict[str, str]) -> None:
    """What Dask runs on a worker."""
    from distributed import Queue, Variable, get_worker

    worker: Any = get_worker()
    name = worker.get_current_task()
    up, down = Queue(f"{key}-up"), Queue(f"{key}-down")

    def wanted() -> bool:
        # Dask lets go of a task when it is cancelled, and when the engine is gone
        task = worker.state.tasks.get(name)
        return task is not None and task.state == "executing"

    def parcel() -> bytes | None:
        while wanted():
            try:
                return bytes(down.get(timeout=1))
            except TimeoutError:
                pass
        return None

    def fetch() -> dict[str, str]:
        found: dict[str, str] = Variable(f"flowrt-{digest}").get()
        return found

    up.put([FREE, worker.address])
    failure = ""
    try:
        for message in remote.work(digest, fetch, environment, parcel, wanted):
            up.put([SAID, message])
    except (ChildProcessError, OSError) as error:
        failure = str(error)
    up.put([ENDED, failure])
    up.close()
    down.close()


class ByValue:
    """A function that another process gets whole, and not by the name of its module."""

    def __init__(self, function: Callable[..., Any], cloudpickle: Any) -> None:
        self._text = cloudpickle.dumps(function)

    def __call__(self) -> None:
        """Something that is called, for those who look."""

    def __reduce__(self) -> tuple[Any, ...]:
        from pickle import loads

        return loads, (self._text,)


class DaskCluster:
    """The adapter; `where` is the address of a scheduler, a number of processes, or nothing for one a processor."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._distributed: Any = load("distributed", "--executor dask", DASK, "dask")
        self._own: Any = None
        self._client: Any = None
        self._down: dict[str, Any] = {}
        self._held: dict[asyncio.Event, str] = {}
        """What tells of each worker at work that it is gone, and the address of the worker."""

    async def open(self, bundle: Bundle) -> None:
        import cloudpickle

        cloudpickle.register_pickle_by_value(__import__(__name__, fromlist=["lead"]))
        cloudpickle.register_pickle_by_value(remote)
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        address = self._where
        if not address or address.isdecimal():
            self._own = await self._distributed.LocalCluster(
                n_workers=int(address) if address else None,
                threads_per_worker=1,
                processes=True,
                dashboard_address=None,
                asynchronous=True,
                silence_logs=logging.CRITICAL,
                preload=DEAF,
            )
            address = self._own.scheduler_address
        self._client = await self._distributed.Client(address, asynchronous=True)
        self._client.subscribe_topic("all", self._look)
        self._bundle = bundle
        self._lead = ByValue(lead, cloudpickle)
        program = self._distributed.Variable(f"flowrt-{bundle.digest}", client=self._client)
        await program.set(bundle.files)

    def _look(self, event: Any) -> None:
        """Hear what happens in the cluster: who has lost its worker need not wait for it."""
        message = event[1]
        if isinstance(message, dict) and message.get("action") == "remove-worker":
            for lost, address in self._held.items():
                if address == message.get("worker"):
                    lost.set()

    async def work(self, key: str) -> AsyncGenerator[bytes]:
        """See `flowrt.clusters.worker.Cluster`."""
        queue = self._distributed.Queue
        up = await queue(f"{key}-up", client=self._client)
        self._down[key] = await queue(f"{key}-down", client=self._client)
        future = self._client.submit(
            self._lead, key, self._bundle.digest, self._bundle.environment, key=key, pure=False
        )
        gone = asyncio.Event()
        self._held[gone] = ""
        loop = asyncio.get_running_loop()
        future.add_done_callback(
            lambda done: done.status == "finished" or loop.call_soon_threadsafe(gone.set)
        )
        over = asyncio.ensure_future(gone.wait())
        heard: asyncio.Future[Any] = asyncio.ensure_future(up.get())
        ended = False
        try:
            while not ended:
                await asyncio.wait({heard, over}, return_when=asyncio.FIRST_COMPLETED)
                if not heard.done():
                    raise Lost("The worker of the task was lost")
                kind, said = heard.result()
                ended = kind == ENDED
                if not ended:
                    heard = asyncio.ensure_future(up.get())
                if kind == FREE:
                    if self._held[gone]:
                        raise Lost("The worker of the task was lost")
                    self._held[gone] = said
                    yield b""
                elif kind == SAID:
                    yield bytes(said)
                elif said:
                    raise Lost(said)
        finally:
            over.cancel()
            address = self._held.pop(gone)
            if not ended:
                await self._client.cancel([future], force=True)
                if address and not gone.is_set():
                    await _until_ended(up, heard)
                heard.cancel()
            for each in (up, self._down.pop(key)):
                each.close()
                each.close()  # Dask counts a queue twice that is made and awaited

    async def tell(self, key: str, parcel: bytes) -> None:
        """See `flowrt.clusters.worker.Cluster`."""
        await self._down[key].put(parcel)

    async def close(self) -> None:
        """See `flowrt.clusters.worker.Cluster`."""
        if self._client is not None:
            self._client.unsubscribe_topic("all")
            await self._client.close()
        if self._own is not None:
            await self._own.close()


async def _until_ended(up: Any, heard: asyncio.Future[Any]) -> None:
    """Wait until the worker has ended what it does; `heard` is what it says next."""
    try:
        async with asyncio.timeout(SECONDS_TO_END):
            while (await heard)[0] != ENDED:
                heard = asyncio.ensure_future(up.get())
    except TimeoutError:
        pass  # the worker was lost meanwhile


def worker(host: Host, where: str, program: str) -> ClusterWorker:
    """The worker of `--executor dask`."""
    return ClusterWorker(host, DaskCluster(where), program)
