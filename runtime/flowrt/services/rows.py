"""Rows that tasks exchange, and stored key-value entries: one value of ION text, on one line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flowrt.formats.ion import IonError, read_ion, write_ion
from flowrt.formats.ionlines import read_plain_struct
from flowrt.java.values import without_nulls

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

LARGEST = 64 * 1024 * 1024
"""The characters of a row; what is longer is taken for no file of rows."""

_BINARY = b"\xe0\x01\x00\xea"
_MARKS = re.compile(r"""\"(?:[^"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[\[\](){}]""")


def write_row(value: Any) -> str:
    """The value as ION text. Members of maps whose value is null are left out."""
    return write_ion(without_nulls(value))


def read_row(text: str) -> Any:
    """The first value of an ION or JSON text. Raises ValueError when there is none."""
    if text.strip() == "null":
        return None
    values = read_ion(text, False)
    if not values:
        raise ValueError("No content to map due to end-of-input")
    return values[0]


def read_rows(path: Path) -> Iterator[Any]:
    """The values of a file of ION or JSON texts, one after the other; a value may go over several lines.

    Raises IonError for what is neither, and for a null among the values.
    """
    with path.open("rb") as source:
        if source.peek(4)[:4] == _BINARY:
            raise IonError("The file is binary ION; rows are read as text")
        pending: list[str] = []
        size = depth = 0
        while line := source.readline(LARGEST):
            text = line.decode("utf-8", "replace")
            if not pending:
                plain = read_plain_struct(text)
                if plain is not None:
                    yield plain
                    continue
                try:
                    yield from read_ion(text, True)
                    continue
                except IonError:
                    depth = _depth(text)
                    if depth <= 0:
                        raise
            else:
                depth += _depth(text)
            pending.append(text)
            size += len(text)
            if size > LARGEST:
                raise IonError(f"A row is longer than {LARGEST} characters")
            if depth <= 0:
                whole, size = "".join(pending), 0
                pending.clear()
                yield from read_ion(whole, True)
        if pending:
            yield from read_ion("".join(pending), True)


def _depth(line: str) -> int:
    """How many brackets a line opens more than it closes."""
    marks = [mark.group() for mark in _MARKS.finditer(line) if len(mark.group()) == 1]
    return sum(1 if mark in "[{(" else -1 for mark in marks)


class RowFile:
    """A file of rows that is being written: a value a line, as the engine writes it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._file = path.open("w", encoding="utf-8", errors="replace", newline="\n")

    def write(self, row: Any) -> None:
        """Add a row; members that are null stay, a row that is null is left out."""
        if row is not None:
            self._file.write(f"{write_ion(row)}\n")
            self.count += 1

    def __enter__(self) -> RowFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._file.close()
