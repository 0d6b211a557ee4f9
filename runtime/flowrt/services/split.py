"""Splitting a file by lines, for `Split` and the batches of ForEachItem."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from flowrt.model.failures import TaskFailure
from flowrt.services.folders import extension_of, temporary_name

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Integer, Text

_SIZE = re.compile(r"([+-]?[0-9]+)(KB|MB|GB)?", re.IGNORECASE)
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
        lines = read_lines(source)
        separator = (run.text(options.separator) or "").encode()
        if options.regex_pattern is not None:
            _by_key(lines, separator, parts, _first_group(run.text(options.regex_pattern) or ""))
        elif options.bytes is not None:
            limit = _size(run.text(options.bytes) or "")
            _by_limit(lines, separator, parts, lambda size, rows: size >= limit)
        elif options.partitions is not None:
            count = run.integer(options.partitions) or 0
            _by_turn(lines, separator, parts, count)
        elif options.rows is not None:
            most = run.integer(options.rows)
            if most is None:
                raise TaskFailure("No value present")
            _by_limit(lines, separator, parts, lambda size, rows: rows >= most)
        else:
            raise TaskFailure("Invalid configuration with no size, count, rows, nor regexPattern")
    return [run.put_file(part, part.name) for part in parts.close()]


def read_lines(source: BinaryIO) -> Iterator[bytes]:
    r"""The lines of a file without their ends, which are `\n`, `\r` or `\r\n`."""
    for chunk in source:
        line = chunk.removesuffix(b"\n")
        if b"\r" not in line:
            yield line
            continue
        line = line.removesuffix(b"\r") if chunk.endswith(b"\n") else line
        pieces = line.split(b"\r")
        if not chunk.endswith(b"\n") and not pieces[-1]:
            pieces.pop()
        yield from pieces


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


def _by_limit(
    lines: Iterator[bytes], separator: bytes, parts: _Parts, full: Callable[[int, int], bool]
) -> None:
    file, size, rows = None, 0, 0
    for line in lines:
        if file is None or full(size, rows):
            if file is not None:
                file.close()
            file, size, rows = parts.open(), 0, 0
        size += file.write(line + separator)
        rows += 1


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
