"""Ray: leaf tasks on the nodes of a cluster, or on processes of this machine.

A task of Ray is a generator: what it yields, comes here one by one. What it has to do it asks an actor for, the desk of this
engine, when it has a processor; so nothing is done that nobody waits for any more.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from flowrt.clusters import remote
from flowrt.clusters.worker import ClusterWorker, Lost
from flowrt.missing import load
from flowrt.packages import RAY

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from flowrt.clusters.bundle import Bundle
    from flowrt.engine.host import Host


def lead(desk: Any, key: str, digest: str, files: list[Any]) -> Iterator[bytes]:
    """What Ray runs on a node. What is written here goes there by value."""
    import ray

    def parcel() -> bytes:
        found: bytes = ray.get(desk.take.remote(key))
        return found

    def fetch() -> dict[str, str]:
        found: dict[str, str] = ray.get(files[0])
        return found

    environment: dict[str, str] = ray.get(files[1])
    yield b""
    # Ray raises in this thread when the task is cancelled, and ends the process when the engine is gone
    yield from remote.work(digest, fetch, environment, parcel, lambda: True)


class Desk:
    """Where tasks get what they have to do."""

    def __init__(self) -> None:
        self._parcels: dict[str, asyncio.Future[bytes]] = {}

    def _place(self, key: str) -> asyncio.Future[bytes]:
        return self._parcels.setdefault(key, asyncio.get_running_loop().create_future())

    async def put(self, key: str, parcel: bytes) -> None:
        """Leave a parcel."""
        self._place(key).set_result(parcel)

    async def take(self, key: str) -> bytes:
        """Get a parcel, as soon as it is there."""
        parcel = await self._place(key)
        del self._parcels[key]
        return parcel


class RayCluster:
    """The adapter; `where` is an address as Ray takes them, a number of processes, or nothing for one a processor."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._ray: Any = load("ray", "--executor ray", RAY, "ray")

    async def open(self, bundle: Bundle) -> None:
        """See `flowrt.clusters.worker.Cluster`."""
        ray, where = self._ray, self._where
        ray.cloudpickle.register_pickle_by_value(__import__(__name__, fromlist=["lead"]))
        ray.cloudpickle.register_pickle_by_value(remote)
        local = not where or where.isdecimal()
        ray.init(
            address="local" if local else where,
            num_cpus=int(where) if where.isdecimal() else None,
            include_dashboard=False if local else None,
            log_to_driver=False,
            logging_level=logging.CRITICAL,
        )
        self._desk = ray.remote(num_cpus=0)(Desk).remote()
        self._lead = ray.remote(num_cpus=1, max_retries=0, num_returns="streaming")(lead)
        self._files = [ray.put(bundle.files), ray.put(bundle.environment)]
        self._digest = bundle.digest

    async def work(self, key: str) -> AsyncGenerator[bytes]:
        """See `flowrt.clusters.worker.Cluster`."""
        messages = self._lead.remote(self._desk, key, self._digest, self._files)
        ended = False
        try:
            async for message in messages:
                yield await message
            ended = True
        except self._ray.exceptions.RayTaskError as error:
            ended = True
            raise Lost(str(error.cause)) from None
        except self._ray.exceptions.RayError as error:
            ended = True
            text = str(error).partition("\n")[0]
            raise Lost(f"The worker of the task was lost: {text}") from None
        finally:
            if not ended:
                self._ray.cancel(messages)
                await _until_ended(messages)

    async def tell(self, key: str, parcel: bytes) -> None:
        """See `flowrt.clusters.worker.Cluster`."""
        await self._desk.put.remote(key, parcel)

    async def close(self) -> None:
        """See `flowrt.clusters.worker.Cluster`."""
        self._ray.shutdown()


async def _until_ended(messages: Any) -> None:
    try:
        async for message in messages:
            await message
    except Exception:
        pass  # that it was cancelled


def worker(host: Host, where: str, program: str) -> ClusterWorker:
    """The worker of `--executor ray`."""
    return ClusterWorker(host, RayCluster(where), program)
