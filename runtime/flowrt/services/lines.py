"""The lines of files that may be larger than memory."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from typing import BinaryIO

BLOCK = 1 << 16
"""Bytes that are read at once."""
_END = re.compile(rb"\r\n|\n|\r")
_TEXT_END = re.compile("\r\n|\n|\r")


def lines_from_end(source: BinaryIO, charset: str) -> Iterator[str]:
    """The lines of a file from the last to the first, without their ends; not the first one when it is empty."""
    if "\r\n".encode(charset) != b"\r\n":  # line ends are more than a byte, or others
        lines = _TEXT_END.split(source.read().decode(charset, "replace"))
    else:
        first = yield from _all_but_first(source, charset)
        lines = [line.decode(charset, "replace") for line in _END.split(first)]
    if not lines[0]:
        del lines[0]
    yield from reversed(lines)


def _all_but_first(source: BinaryIO, charset: str) -> Generator[str, None, bytes]:
    """All lines but those at the beginning of the file, which are the answer."""
    position, size, rest = source.seek(0, 2), BLOCK, b""
    while position:
        start = max(0, position - size)
        source.seek(start)
        rest = source.read(position - start) + rest
        position = start
        # A line feed at the very beginning may be the second half of a line end.
        end = _END.search(rest, rest.startswith(b"\n")) if start else None
        if end is None:
            size *= 2  # a line that is longer
            continue
        for line in reversed(_END.split(rest[end.end() :])):
            yield line.decode(charset, "replace")
        rest = rest[: end.start()]
    return rest


def blocks_of_lines(source: BinaryIO) -> Iterator[bytes]:
    r"""The lines of a file, many at once, each with `\n` at its end, whatever it is in the file (`\n`, `\r`, `\r\n`)."""
    while block := source.read(BLOCK):
        yield _ended(block if block.endswith(b"\n") else block + source.readline())


def _ended(block: bytes) -> bytes:
    if b"\r" in block:
        block = _END.sub(b"\n", block)
    return block if block.endswith(b"\n") else block + b"\n"


def lines_of(source: BinaryIO) -> Iterator[bytes]:
    """The lines of a file without their ends."""
    for block in blocks_of_lines(source):
        yield from block[:-1].split(b"\n")


def place_after(block: bytes, count: int) -> int:
    r"""The place behind the `count`th `\n`; the length of the block when it has fewer."""
    parts = block.split(b"\n", count)
    return len(block) - len(parts[-1]) if len(parts) > count else len(block)
