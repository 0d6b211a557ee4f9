"""Ids of executions that an engine runs: made of the engine's own, so that every process and every try has the same."""

from __future__ import annotations

from hashlib import blake2b

from flowrt.model.clock import RandomIds, id_text


class FirstId(RandomIds):
    """Ids by chance, but for the first: that of the execution."""

    def __init__(self, first: bytes | None) -> None:
        self._first = first

    def number(self) -> bytes:
        first, self._first = self._first, None
        return first or super().number()


def derived_number(*parts: str) -> bytes:
    """The bytes of an id for what is named by these parts."""
    return blake2b("\x00".join(parts).encode(), digest_size=16).digest()


def derived_id(*parts: str) -> str:
    """The id of what is named by these parts: the same wherever it is asked for."""
    return id_text(derived_number(*parts))
