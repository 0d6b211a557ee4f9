"""Maps of an execution that its tasks change entry by entry: labels, variables.

A copy a change would cost the square of their number. So there is one map, and how to take back what was changed: whoever
began earlier sees it as it was.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from flowrt.java.growing import GrowingMap

_NONE = object()


class Changing:
    """A map that changes: `now` is what it is, `version` counts the changes, `at` shows what it was."""

    __slots__ = ("_first", "_least", "_undo", "given", "now")

    def __init__(self, first: dict[Any, Any], least: int) -> None:
        self.now = self._first = first
        self._least = least
        self._undo: list[tuple[Any, Any]] = []
        self.given: Collection[Any] = first.keys()
        """The keys of the last change."""

    @property
    def version(self) -> int:
        return len(self._undo)

    def change(self, entries: Iterable[tuple[Any, Any]], given: Collection[Any]) -> None:
        """Set entries, for a change that names the keys `given`."""
        if self.now is self._first:
            self.now = self._copied(self._first)
        for key, value in entries:
            self._undo.append((key, self.now.get(key, _NONE)))
            self.now[key] = value
        self.given = given

    def at(self, version: int) -> dict[Any, Any]:
        """The map as it was. Not to be changed by the reader."""
        if version == self.version:
            return self.now
        if not version:
            return self._first
        found = self._copied(self.now)
        for key, value in reversed(self._undo[version:]):
            if value is _NONE:
                del found[key]
            else:
                found[key] = value
        return found

    def _copied(self, entries: dict[Any, Any]) -> GrowingMap:
        found = GrowingMap(self._least, copied=False)
        found.update(dict.items(entries))
        return found
