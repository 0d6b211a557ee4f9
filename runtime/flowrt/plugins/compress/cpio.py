"""Two plain forms of archives that the standard library does not know: `cpio` (new ASCII form) and `ar`."""

from __future__ import annotations

import io
from typing import IO, TYPE_CHECKING, Any, cast

from flowrt.model.failures import TaskFailure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CPIO, CPIO_WITH_SUM = b"070701", b"070702"
CPIO_END = "TRAILER!!!"
AR = b"!<arch>\n"
LONGEST_NAME = 4096
REGULAR = 0o100000


class _Part(io.RawIOBase):
    """The next bytes of a stream, as a stream of their own."""

    def __init__(self, source: IO[bytes], size: int) -> None:
        self._source = source
        self._left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._source.read(min(len(buffer), self._left))
        if not data and self._left:
            raise EOFError
        self._left -= len(data)
        buffer[: len(data)] = data
        return len(data)

    def finish(self) -> None:
        """Pass over what was not read."""
        while self.read(65536):
            pass


def _exactly(source: IO[bytes], size: int) -> bytes:
    data = source.read(size)
    if len(data) != size:
        raise EOFError
    return data


def _part(source: IO[bytes], size: int) -> tuple[_Part, IO[bytes]]:
    part = _Part(source, size)
    return part, cast("IO[bytes]", part)


def read_cpio(source: IO[bytes]) -> Iterator[tuple[str, IO[bytes]]]:
    """The regular files of a cpio archive. Raises ValueError or EOFError for what is none."""
    while True:
        header = _exactly(source, 110)
        if header[:6] not in (CPIO, CPIO_WITH_SUM):
            raise ValueError("no cpio")
        fields = [int(header[at : at + 8], 16) for at in range(6, 110, 8)]
        mode, size, name_size = fields[1], fields[6], fields[11]
        if not 0 < name_size <= LONGEST_NAME:
            raise ValueError("no cpio")
        name = _exactly(source, name_size).rstrip(b"\0").decode("utf-8", "replace")
        _exactly(source, -(110 + name_size) % 4)
        if name == CPIO_END:
            return
        part, stream = _part(source, size)
        if mode & 0o170000 == REGULAR:
            yield name, stream
        part.finish()
        _exactly(source, -size % 4)


def write_cpio(out: IO[bytes], members: Iterator[tuple[str, Path]]) -> None:
    """Write a cpio archive."""
    import shutil

    number = 0
    for number, (name, path) in enumerate(members, 1):
        found = path.stat()
        _cpio_header(out, name, found.st_size, REGULAR | 0o644, number, int(found.st_mtime))
        with path.open("rb") as file:
            shutil.copyfileobj(file, out)
        out.write(b"\0" * (-found.st_size % 4))
    _cpio_header(out, CPIO_END, 0, 0, 0, 0)


def _cpio_header(out: IO[bytes], name: str, size: int, mode: int, number: int, time: int) -> None:
    if size > 0xFFFFFFFF:
        raise TaskFailure(f"'{name}' is too large for a cpio archive")
    encoded = name.encode() + b"\0"
    fields = (number, mode, 0, 0, 1, time, size, 0, 0, 0, 0, len(encoded), 0)
    out.write(CPIO + "".join(f"{field:08X}" for field in fields).encode() + encoded)
    out.write(b"\0" * (-(110 + len(encoded)) % 4))


def read_ar(source: IO[bytes]) -> Iterator[tuple[str, IO[bytes]]]:
    """The files of an ar archive, with the long names of both of its dialects."""
    if _exactly(source, len(AR)) != AR:
        raise ValueError("no ar")
    names = b""
    while header := source.read(60):
        if len(header) != 60 or header[58:] != b"`\n":
            raise ValueError("no ar")
        name, size = header[:16].rstrip(), int(header[48:58])
        padding = size % 2
        if name in (b"//", b"/"):
            if size > 16 * 1024 * 1024:
                raise ValueError("no ar")
            table = _exactly(source, size)
            names = table if name == b"//" else names
        else:
            if name.startswith(b"#1/"):
                length = min(int(name[3:]), LONGEST_NAME)
                name = _exactly(source, length).rstrip(b"\0")
                size -= length
            elif name[:1] == b"/":
                name = names[int(name[1:]) :].partition(b"/\n")[0]
            part, stream = _part(source, size)
            yield name.rstrip(b"/").decode("utf-8", "replace"), stream
            part.finish()
        source.read(padding)


def write_ar(out: IO[bytes], members: Iterator[tuple[str, Path]]) -> None:
    """Write an ar archive. Raises TaskFailure for a name that it has no room for."""
    import shutil

    out.write(AR)
    for name, path in members:
        encoded = name.encode()
        if len(encoded) > 16 or b" " in encoded:
            raise TaskFailure(f"File name too long, > 16 chars: {name}")
        found = path.stat()
        out.write(
            encoded.ljust(16)
            + str(int(found.st_mtime)).encode().ljust(12)
            + b"0     0     100644  "
        )
        out.write(str(found.st_size).encode().ljust(10) + b"`\n")
        with path.open("rb") as file:
            shutil.copyfileobj(file, out)
        out.write(b"\n" * (found.st_size % 2))
