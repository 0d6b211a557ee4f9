"""SIGINT and SIGTERM: the first kills the executions cleanly, the second ends the process at once."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrt.engine.host import Host


@contextmanager
def stop_on_signals(host: Host) -> Iterator[None]:
    """Handle both signals while the host runs. Elsewhere than in the main thread nothing is done."""
    from signal import SIG_DFL, SIGINT, SIGTERM, getsignal, raise_signal, signal

    asked = False

    def handle(number: int, frame: Any) -> None:
        nonlocal asked
        if asked:
            signal(number, SIG_DFL)
            raise_signal(number)
        asked = True
        host.stop()

    before = {number: getsignal(number) for number in (SIGINT, SIGTERM)}
    try:
        for number in before:
            signal(number, handle)
    except ValueError:
        before = {}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal(number, handler)
