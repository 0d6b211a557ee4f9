"""Caches: archives in the storage that can be made anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zipfile import ZipFile

    from flowrt.model.context import RunContext


def open_cache(run: RunContext, uri: str) -> ZipFile | None:
    """A cache to be read, every byte of which is as it was written; None for one that is damaged, which is deleted."""
    from zipfile import BadZipFile, ZipFile
    from zlib import error as NotDeflated

    try:
        archive = ZipFile(run.storage.path(uri))
        if archive.testzip() is None:
            return archive
        archive.close()
    except (BadZipFile, NotDeflated, OSError, EOFError, ValueError, RuntimeError):
        pass  # a flipped bit may say that it is encrypted, packed in another way, or begins elsewhere
    run.log("WARN", f"The cache {uri} is damaged and made anew")
    run.storage.delete(uri)
    return None
