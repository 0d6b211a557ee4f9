"""Checksums of files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.model.declare import enum
from flowrt.model.failures import TaskFailure

if TYPE_CHECKING:
    from pathlib import Path

    from flowrt.model.context import RunContext

ALGORITHMS = enum("MD5", "SHA_1", "SHA_256", "SHA_512")
_WEAK = ("MD5", "SHA_1")


def checked(
    run: RunContext, path: Path, algorithm: str, expected: str | None, validate: bool
) -> str:
    """The checksum of a file in hexadecimal. Raises TaskFailure when it is not the expected one."""
    import hashlib

    if algorithm in _WEAK:
        run.log("WARN", f"{algorithm} is not a secure checksum")
    digest = hashlib.new(algorithm.replace("SHA_", "sha").lower(), usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(1 << 16):
            digest.update(block)
    found = digest.hexdigest()
    if not validate:
        return found
    if expected is None:
        raise TaskFailure("`checksumExpected` is needed to validate a checksum")
    if found.lower() != expected.strip().lower():
        raise TaskFailure(
            f"Checksum mismatch: expected '{expected.strip()}' but computed '{found}' using {algorithm}"
        )
    return found
