"""Files to and from the services of Google, in parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.model.failures import TaskFailure
from flowrt.plugins.files.remote import extension
from flowrt.tasks.http_client import HttpClient

if TYPE_CHECKING:
    from pathlib import Path

    from flowrt.plugins.google.auth import Google

CHUNK = 8 * 1024 * 1024
"""Bytes of a part."""


def send(google: Google, session: str | None, path: Path) -> dict[str, Any]:
    """Send a file to the address that a service gave for it; answers what it says at the end. Raises TaskFailure."""
    from flowrt.formats.jsonread import parse_json

    if not session:
        raise TaskFailure("Google answered without an address for the upload")
    client = HttpClient(google.run, None, allow_failed=True, hidden=True)
    size, sent = path.stat().st_size, 0
    with path.open("rb") as file:
        while True:
            part = file.read(CHUNK)
            end = sent + len(part)
            span = f"bytes {sent}-{end - 1}/{size}" if part else f"bytes */{size}"
            answer = client.send("PUT", session, {"Content-Range": span}, part)
            if answer.code in (200, 201):
                found: dict[str, Any] = parse_json((answer.body or b"{}").decode())
                return found
            if answer.code != 308 or not part:
                said = (answer.body or b"").decode("utf-8", "replace")[:500]
                raise TaskFailure(f"Google answered with status {answer.code}: {said}")
            sent = end


def fetch(google: Google, url: str, name: str) -> Path:
    """Stream what lies at an address into a file of the run. Raises TaskFailure."""
    from flowrt.services.folders import temporary_name

    path = google.run.private_folder() / temporary_name(extension(name))
    client = HttpClient(google.run, None, allow_failed=True, largest=1 << 50)
    headers = {"Authorization": f"Bearer {google.token().value}"}
    with path.open("wb") as file:
        answer = client.send("GET", url, headers, None, file)
    if answer.code != 200:
        raise TaskFailure(f"Google answered with status {answer.code} for {url.partition('?')[0]}")
    return path
