"""Histories, attempts and values as the store writes them: short texts in ASCII.

Values are JSON, as in Kestra, where whatever goes from a worker to the executor goes as JSON. Halves of surrogate pairs and
NUL survive as escapes.
"""

from __future__ import annotations

from hashlib import blake2b
from json import JSONDecoder, JSONEncoder
from typing import TYPE_CHECKING, Any
from zlib import crc32

from flowrt.engine.attempt import Attempt, History

if TYPE_CHECKING:
    from collections.abc import Sequence


def _other(value: Any) -> Any:
    """Dates and the like become what their JSON form is."""
    from flowrt.engine.document import jsonable

    return jsonable(value)


pack = JSONEncoder(separators=(",", ":"), default=_other, check_circular=False).encode
unpack = JSONDecoder(strict=False).decode


def mark(values: Sequence[Any]) -> int:
    """A checksum of the values of a row."""
    return crc32(repr(tuple(values)).encode("ascii", "backslashreplace"))


def digest(text: str) -> str:
    """What a text is named by that is kept once."""
    return blake2b(text.encode(), digest_size=16).hexdigest()


def pack_history(history: History) -> str:
    """`CREATED 17… RUNNING 17…`."""
    return " ".join(map(str, history))


def unpack_history(text: str) -> History:
    """The inverse of `pack_history`."""
    parts: list[Any] = text.split(" ")
    parts[1::2] = map(int, parts[1::2])
    return parts


def pack_attempts(attempts: list[Attempt] | None) -> str | None:
    """The histories of the attempts, one after the other; None stays None."""
    if attempts is None:
        return None
    return ";".join([pack_history(attempt.history) for attempt in attempts])


def unpack_attempts(text: str | None) -> list[Attempt] | None:
    """The inverse of `pack_attempts`."""
    if text is None:
        return None
    return [Attempt(unpack_history(part)) for part in text.split(";")] if text else []
