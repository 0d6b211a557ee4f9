"""Doing in the event loop itself what the conductor decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.conduct import shapes
from flowrt.conduct.faces import Stopped

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.conduct.conductor import Conductor


class LocalHands:
    """Leaf tasks are done at once, flows by the lists that they declare; nobody is asked."""

    async def leaf(self, conductor: Conductor, run: Any, attempt: Callable[[], Any]) -> None:
        await attempt()

    def tries_again(self, run: Any) -> bool:
        return True

    async def flow(self, conductor: Conductor) -> None:
        conductor.host.enter()
        try:
            await shapes.lists(conductor, conductor.root)
        except Stopped:
            pass
        if conductor.root.error is not None:
            raise conductor.root.error
        conductor.end()
        await conductor.after_lists()

    async def resume(self, conductor: Conductor, run: Any) -> None:
        if run.frame.data is None:  # it has no duration that would end it
            raise Stopped
