"""Bigtable: rows out of the parts of an answer, and what is left to ask for where it breaks off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Row(NamedTuple):
    """A row: its key as Bigtable has it, and what the tasks put out."""

    key: bytes
    told: dict[str, Any]


class Rows:
    """Reads rows out of answers. `left` and `most` are the keys and the number that are still wanted; 0 is no limit."""

    def __init__(self, wanted: dict[str, Any], most: int) -> None:
        self.left = wanted
        self.most = most
        self.over = False
        self._tries = 0
        self._last = b""
        self._taken = 0

    def of(self, answers: Iterable[Any]) -> Iterator[Row]:
        """The rows of answers."""
        parts = _Parts()
        for answer in answers:
            for chunk in answer.chunks:
                row = parts.add(chunk)
                if row is not None:
                    self._last, self._tries = row.key, 0
                    self._taken += 1
                    yield row
        self.over = True

    def again(self, most: int) -> bool:
        """Whether to ask once more, for what comes behind the last row; not when that has led nowhere so often."""
        self._tries += 1
        if self.most:
            self.most -= self._taken
            self.over = self.most <= 0
        self._taken = 0
        if self._last:
            ranges = self.left.get("row_ranges") or [{}]
            behind = {"start_key_open": self._last}
            kept = [{k: v for k, v in each.items() if k == "end_key_open"} for each in ranges]
            self.left = {"row_ranges": [{**behind, **each} for each in kept]}
        return self._tries < most


class _Parts:
    """Puts cells together that come in parts, and rows of cells."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._key = b""
        self._cells: list[Any] = []
        self._family = ""
        self._qualifier = b""
        self._value: list[bytes] = []
        self._timestamp = 0

    def add(self, chunk: Any) -> Row | None:
        """Take a part; the row, once it is whole."""
        if chunk.reset_row:
            self._begin()
            return None
        if chunk.row_key:
            self._key = chunk.row_key
        if chunk.family_name is not None:
            self._family = chunk.family_name
        if chunk.qualifier is not None:
            self._qualifier = chunk.qualifier
        if not self._value:
            self._timestamp = chunk.timestamp_micros
        self._value.append(chunk.value)
        if chunk.value_size:  # more of the same cell follows
            return None
        self._cells.append(
            {
                "family": self._family,
                "qualifier": _text(self._qualifier),
                "value": _text(b"".join(self._value)),
                "timestamp": self._timestamp,
            }
        )
        self._value = []
        if not chunk.commit_row:
            return None
        row = Row(self._key, {"rowKey": _text(self._key), "cells": self._cells})
        self._begin()
        return row


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")
