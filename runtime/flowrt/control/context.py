"""The face of the engine for a flowable that renders its own properties."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.engine.blockcontext import BlockContext

if TYPE_CHECKING:
    from flowrt.engine.frames import Frame


def context_of(frame: Frame) -> BlockContext:
    """Rendering with the variables of the flowable's own run."""
    assert frame.run is not None
    return BlockContext(frame.executor, frame.run)
