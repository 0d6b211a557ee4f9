"""Splitting a file by lines, for `Split` and the batches of ForEachItem."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from flowrt.model.failures import TaskFailure, required
from flowrt.services.folders import extension_of, temporary_name
from flowrt.services.lines import blocks_of_lines, lines_of, place_after

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Integer, Text

_SIZE = re.compile(r"([+-]?[0-9]{1,99})(KB|MB|GB)?", re.IGNORECASE)
_UNITS = {"KB": 1024, "MB": 1024**2, "GB": 1024**3}


class SplitOptions(Protocol):
    """The first of regex_pattern, bytes, partitions, rows that is set counts."""

    @property
    def regex_pattern(self) -> Text | None: ...
    @property
    def bytes(self) -> Text | None: ...
    @property
    def partitions(self) -> Integer | None: ...
    @property
    def rows(self) -> Integer | None: ...
    @property
    def separator(self) -> Text: ...


def split_file(
    run: RunContext, uri: str, options: SplitOptions, folder: Path | None = None
) -> list[str]:
    """Split a stored file by lines into stored files; answers their URIs in order.

    Parts are written below `folder`, or the working folder of the run, before they are stored. Raises TaskFailure for
    options that say nothing or say it wrongly, and the errors of reading the file.
    """
    path = run.storage.path(uri)
    if not path.is_file():
        run.storage.read(uri)  # words the error
    extension = extension_of(path.as_posix()) or ".tmp"
    parts = _Parts(folder or run.working_dir, extension)
    with path.open("rb") as source:
        separator = (run.text(options.separator) or "").encode()
        lines = lines_of(source)
        if options.regex_pattern is not None:
            _by_key(lines, separator, parts, _first_group(run.text(options.regex_pattern) or ""))
        elif options.bytes is not None:
            limit = _size(run.text(options.bytes) or "")
            _by_limit(source, separator, parts, _Bytes(limit, len(separator)))
        elif options.partitions is not None:
            count = run.integer(options.partitions) or 0
            _by_turn(lines, separator, parts, count)
        elif options.rows is not None:
            _by_limit(source, separator, parts, _Rows(required(run.integer(options.rows))))
        else:
            raise TaskFailure("Invalid configuration with no size, count, rows, nor regexPattern")
    return [run.put_file(part, part.name) for part in parts.close()]


def by_rows(path: Path, rows: int, folder: Path) -> list[Path]:
    """Split a file by lines into files of a folder, which must have room for them; answers their paths."""
    parts = _Parts(folder, path.suffix)
    with path.open("rb") as source:
        _by_limit(source, b"\n", parts, _Rows(rows))
    return parts.close()


class _Parts:
    """Files under construction."""

    def __init__(self, folder: Path, extension: str) -> None:
        self.folder = folder
        self.extension = extension
        self.files: list[tuple[Path, BinaryIO]] = []

    def open(self) -> BinaryIO:
        path = self.folder / temporary_name(self.extension)
        file = path.open("wb")
        self.files.append((path, file))
        return file

    def close(self) -> list[Path]:
        """The paths of the files that are not empty."""
        for _, file in self.files:
            file.close()
        return [path for path, _ in self.files if path.stat().st_size > 0]


class _Limit(Protocol):
    """How much a part holds."""

    def taken(self, block: bytes) -> int:
        """How many bytes of some lines still go into the part; it ends with them if that is not all of them."""

    def reset(self) -> None:
        """Another part begins."""


class _Rows:
    """A number of lines, one at least."""

    def __init__(self, most: int) -> None:
        self._most = max(1, most)
        self.reset()

    def reset(self) -> None:
        self._left = self._most

    def taken(self, block: bytes) -> int:
        if not self._left:
            return 0
        rows = block.count(b"\n")
        taken = len(block) if rows <= self._left else place_after(block, self._left)
        self._left = max(0, self._left - rows)
        return taken


class _Bytes:
    """The line that reaches a number of bytes is the last; each line ends with `end` bytes."""

    def __init__(self, limit: int, end: int) -> None:
        self._limit = limit
        self._end = end
        self.reset()

    def reset(self) -> None:
        self._size = 0
        self._empty = True

    def taken(self, block: bytes) -> int:
        at = 0
        while at < len(block) and (self._empty or self._size < self._limit):
            # Ends of one byte count as they stand: all lines but the last are passed over at once.
            first = at + max(0, self._limit - self._size - 1) if self._end == 1 else at
            after = block.find(b"\n", first) + 1 or len(block)
            self._size += after - at + self._end - 1
            self._empty = False
            at = after
        return at


def _by_limit(source: BinaryIO, separator: bytes, parts: _Parts, limit: _Limit) -> None:
    file: BinaryIO | None = None
    for block in blocks_of_lines(source):
        at = 0
        while at < len(block):
            taken = 0 if file is None else limit.taken(block[at:] if at else block)
            if file is None or not taken:
                if file is not None:
                    file.close()
                file = parts.open()
                limit.reset()
                continue
            written = block[at : at + taken]
            file.write(written if separator == b"\n" else written.replace(b"\n", separator))
            at += taken


def _by_turn(lines: Iterator[bytes], separator: bytes, parts: _Parts, count: int) -> None:
    files = [parts.open() for _ in range(count)]
    for index, line in enumerate(lines):
        if not files:
            raise TaskFailure("Index 0 out of bounds for length 0")
        files[index % count].write(line + separator)


def _by_key(
    lines: Iterator[bytes], separator: bytes, parts: _Parts, key_of: Callable[[str], str | None]
) -> None:
    files: dict[Any, BinaryIO] = {}
    for line in lines:
        key = key_of(line.decode("utf-8", "replace"))
        if key is not None:
            file = files.get(key)
            if file is None:
                file = files[key] = parts.open()
            file.write(line + separator)


def _first_group(pattern: str) -> Callable[[str], str | None]:
    """The first group of the first match in a line. Raises RawError for a malformed pattern."""
    from flowrt.java.regex.patterns import compiled

    regex = compiled(pattern)

    def first(line: str) -> str | None:
        for _, _, groups in regex.find_all(line):
            return groups[0] if groups else None
        return None

    return first


def _size(text: str) -> int:
    """A number of bytes, KB, MB or GB; the engine knows no other units, and no blanks. Raises TaskFailure."""
    match = _SIZE.fullmatch(text)
    if match is None:
        raise TaskFailure(f"Invalid size with value '{text}'")
    return int(match[1]) * _UNITS.get((match[2] or "").upper(), 1)
