"""Forms with files (RFC 7578)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Part(NamedTuple):
    """A field of a form; a file when it has a file name, of a `kind` if one is given."""

    name: str
    data: bytes
    file: str | None = None
    kind: str | None = None


def encode(parts: Iterable[Part]) -> tuple[bytes, str]:
    """The body of a form, and its content type."""
    import os

    boundary = os.urandom(16).hex()
    body = bytearray()
    for part in parts:
        plain = "text/plain; charset=UTF-8" if part.file is None else "application/octet-stream"
        kind = _one_line(part.kind or plain)
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(part.name)}"'
        if part.file is not None:
            head += f'; filename="{_quoted(part.file)}"'
        body += f"{head}\r\nContent-Type: {kind}\r\n\r\n".encode() + part.data + b"\r\n"
    body += f"--{boundary}--\r\n".encode()
    return bytes(body), f"multipart/form-data; boundary={boundary}"


def _one_line(text: str) -> str:
    """A text that ends no line of a part's head."""
    return text.replace("\r", " ").replace("\n", " ")


def _quoted(name: str) -> str:
    """A name within quotation marks of a part's head, as the standard of forms escapes it."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
