"""Checksums of blobs: those that a flow expects, and those that the service keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from flowrt.model.declare import enum
from flowrt.model.failures import TaskFailure

if TYPE_CHECKING:
    from pathlib import Path

    from flowrt.model.context import RunContext

ALGORITHMS = enum("MD5", "SHA_256")
BYTES = {"MD5": 16, "SHA_256": 32}


class Wanted(NamedTuple):
    """What is compared: a sum that is expected, or else that of the service."""

    kept: bool
    must_be_kept: bool
    expected: str | None = None
    algorithm: str = "MD5"


def digest(path: Path, algorithm: str = "MD5") -> bytes:
    """The checksum of a file."""
    import hashlib

    with path.open("rb") as file:
        found = hashlib.file_digest(
            file,
            lambda: hashlib.new(algorithm.replace("SHA_", "sha").lower(), usedforsecurity=False),
        )
    return found.digest()


def verify(run: RunContext, path: Path, kept: Any, wanted: Wanted, name: str) -> None:
    """Compare a file that was taken. Raises TaskFailure when it is another."""

    def count(result: str) -> None:
        run.metric("counter", "checksum.validated", 1, {"result": result})

    if wanted.expected is not None:
        expected, source = _given(wanted.expected, wanted.algorithm), "expectedChecksum"
    elif not wanted.kept:
        return
    elif wanted.algorithm != "MD5":
        raise TaskFailure(
            f"validateChecksum against Azure only supports MD5; got {wanted.algorithm}. "
            f"Provide expectedChecksum for {wanted.algorithm}."
        )
    elif kept:
        expected, source = bytes(kept), "server Content-MD5"
    else:
        said = (
            f"No Content-MD5 stored on server for '{name}'. "
            "This is common for block blobs uploaded as streams."
        )
        count("missing" if wanted.must_be_kept else "skipped")
        if wanted.must_be_kept:
            raise TaskFailure(said)
        run.log("WARN", f"{said} Skipping checksum validation.")
        return
    found = digest(path, wanted.algorithm)
    count("match" if found == expected else "mismatch")
    if found != expected:
        raise TaskFailure(
            f"Checksum mismatch for '{name}' using {wanted.algorithm} (source: {source}). "
            f"Expected={expected.hex()} actual={found.hex()}"
        )
    run.log("DEBUG", f"Checksum {wanted.algorithm} verified for '{name}' (source: {source})")


def _given(text: str, algorithm: str) -> bytes:
    """A checksum in hexadecimal or Base64. Raises TaskFailure for one that is none."""
    from base64 import b64decode

    size = BYTES[algorithm]
    for read in (bytes.fromhex, lambda each: b64decode(each, validate=True)):
        try:
            found: bytes = read(text.strip())
        except ValueError:
            continue
        if len(found) == size:
            return found
    raise TaskFailure(
        f"expectedChecksum '{text}' is not a valid {algorithm} digest "
        f"(expected {size * 2} hex chars or matching base64)."
    )
