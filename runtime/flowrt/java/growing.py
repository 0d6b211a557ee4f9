"""Java's HashMap as a map that grows: an entry is found at once, and all are put in order when somebody lists them.

To keep a map in the order of a hash map at every step would cost the square of the number of its entries.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flowrt.java.values import HashMap, hash_order


class GrowingMap(HashMap):
    """A Java HashMap that grows.

    `least` is the size of its first table (0: it is in the order of insertion), `copied` whether what is shown is a
    copy made at once, whose table may have another size.
    """

    __slots__ = ("_copied", "_least", "_order", "ranks")

    def __init__(self, least: int = 16, copied: bool = True) -> None:
        super().__init__()
        self._least = least
        self._copied = copied
        self._order: list[Any] = []
        self.ranks: dict[Any, int] | None = None

    def rank(self, key: Any, place: int) -> None:
        """Say where a key would have been inserted; keys of one bucket stand in that order."""
        if self.ranks is None:
            self.ranks = {}
        if place < self.ranks.get(key, place + 1):
            self.ranks[key] = place
            self._order = []

    def __iter__(self) -> Iterator[Any]:
        return iter(self.keys())

    def keys(self) -> Any:
        # A list beside the entries: several threads may list a map that none of them changes.
        if len(self._order) != len(self):
            self._order = self._sorted()
        return self._order

    def _sorted(self) -> list[Any]:
        keys = list(dict.__iter__(self))
        if self.ranks is not None:
            # The engine groups runs in a map that puts a new key in front of those of its bucket.
            keys.sort(key=self.ranks.__getitem__, reverse=True)
        if self._least:
            keys = hash_order(keys, self._least)
        return hash_order(keys, 1) if self._copied else keys

    def items(self) -> Any:
        return [(key, self[key]) for key in self.keys()]

    def values(self) -> Any:
        return [self[key] for key in self.keys()]
