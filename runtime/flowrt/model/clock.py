"""Time and ids, as ports: whoever runs an execution may bring others, and tests do."""

from __future__ import annotations

from functools import cache
from os import urandom
from time import time_ns
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    Wait = Callable[[float | None], None]


class Clock(Protocol):
    """What tells the time and lets it pass."""

    def now(self) -> int:
        """The time, in nanoseconds since 1970."""

    async def sleep(self, seconds: float) -> None:
        """Let a task wait."""

    def wait(self, wait: Wait, until: int | None, busy: int) -> None:
        """Let the engine wait until something happens, or until a time.

        `wait` returns when something happens, or when the seconds that it is given are over; `busy` is the number of
        tasks at work.
        """


class SystemClock:
    """The time of the machine."""

    now = staticmethod(time_ns)

    async def sleep(self, seconds: float) -> None:
        from asyncio import sleep

        await sleep(seconds)

    def wait(self, wait: Wait, until: int | None, busy: int) -> None:
        wait(None if until is None else max(0.0, (until - time_ns()) / 1e9))


class Ids(Protocol):
    """What makes ids."""

    def number(self) -> bytes:
        """Sixteen bytes that no other id has."""


class RandomIds:
    """Ids that chance makes."""

    def number(self) -> bytes:
        return urandom(16)


SYSTEM_CLOCK = SystemClock()
RANDOM_IDS = RandomIds()

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_TEN_DIGITS = 62**10


def base62(number: int) -> str:
    """A number as Kestra writes ids."""
    text = ""
    pairs = _pairs()
    while number >= _TEN_DIGITS:
        number, low = divmod(number, _TEN_DIGITS)  # what follows computes with small numbers
        low, e = divmod(low, 3844)
        low, d = divmod(low, 3844)
        low, c = divmod(low, 3844)
        a, b = divmod(low, 3844)
        text = pairs[a] + pairs[b] + pairs[c] + pairs[d] + pairs[e] + text
    while number >= 62:
        number, pair = divmod(number, 3844)
        text = pairs[pair] + text
    return _DIGITS[number] + text if number or not text else text


@cache
def _pairs() -> list[str]:
    """All numbers of two digits: half as many steps."""
    return [first + second for first in _DIGITS for second in _DIGITS]


def id_text(number: bytes) -> str:
    """The bytes of an id as Kestra writes it: about 22 letters and digits."""
    return base62(int.from_bytes(number, "big"))


def new_id() -> str:
    """A random id."""
    return id_text(urandom(16))
