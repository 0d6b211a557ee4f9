"""Limits of what packed files may become when they are unpacked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.model.failures import TaskFailure

if TYPE_CHECKING:
    from zipfile import ZipFile

FREE = 100 * 1024 * 1024
"""Bytes that anything may unpack to."""
RATIO = 1000
"""How many times its packed size a larger file may unpack to."""
MEMBERS = 1_000_000
"""Members of an archive."""

BOMB = (
    f"The file unpacks to more than {RATIO} times its size: it is taken for a bomb and not unpacked"
)


class Unpacked:
    """Counts what comes out of a packed file. Raises TaskFailure when that is more than any honest file holds."""

    def __init__(self, packed: int) -> None:
        self._most = max(FREE, packed * RATIO)
        self._members = 0

    def add(self, size: int) -> None:
        """So many more bytes came out."""
        self._most -= size
        if self._most < 0:
            raise TaskFailure(BOMB)

    def member(self) -> None:
        """One more member came out."""
        self._members += 1
        if self._members > MEMBERS:
            raise TaskFailure(f"The archive has more than {MEMBERS} members")


def check_zip(archive: ZipFile, packed: int) -> None:
    """Raises TaskFailure when a zip file says that it unpacks to too much; it cannot unpack to more than it says."""
    unpacked = Unpacked(packed)
    for member in archive.infolist():
        unpacked.member()
        unpacked.add(member.file_size)
