"""Requests of tasks that talk to a service in JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.model.failures import TaskFailure
from flowrt.tasks.http_client import HttpClient

if TYPE_CHECKING:
    from pathlib import Path

    from flowrt.http.client import Response
    from flowrt.model.context import RunContext
    from flowrt.tasks.http_client import HttpOptions

SHOWN = 2000
"""Characters of an answer that a message of a failure repeats."""


class Refused(TaskFailure):
    """A service answered with no success: its `code`, and what it `said`."""

    def __init__(self, service: str, code: int, said: str) -> None:
        super().__init__(
            f"{service} answered with status {code}" + (f": {said[:SHOWN]}" if said else "")
        )
        self.code = code
        self.said = said


def exchange(
    run: RunContext,
    service: str,
    method: str,
    url: str,
    *,
    headers: dict[str, str] | None = None,
    json: Any = None,
    body: bytes | None = None,
    options: HttpOptions | None = None,
    hidden: bool = False,
) -> Response:
    """Send a request and take the answer, whatever it is, in the thread of the caller. `json` becomes the body.

    An address that is as good as a password is `hidden`. Raises Refused when the answer is no success; the message names
    the service, the code, and what it said.
    """
    from flowrt.formats.jsonwrite import to_json

    client = HttpClient(run, options, allow_failed=True, hidden=hidden)
    sent = dict(headers or {})
    if json is not None:
        sent.setdefault("Content-Type", "application/json")
        body = to_json(json).encode()
    response = client.send(method, escaped(url), sent, body)
    if not 200 <= response.code < 300:
        said = (response.body or b"").decode("utf-8", "replace").strip()
        raise Refused(service, response.code, said)
    return response


def download(
    run: RunContext,
    service: str,
    method: str,
    url: str,
    target: Path,
    *,
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
    options: HttpOptions | None = None,
    hidden: bool = False,
) -> Response:
    """`exchange` whose answer goes from the connection into a file. Raises Refused when it is no success."""
    client = HttpClient(run, options, allow_failed=True, hidden=hidden)
    with target.open("wb") as file:
        response = client.send(method, escaped(url), dict(headers or {}), body, file)
    if not 200 <= response.code < 300:
        with target.open("rb") as file:
            said = file.read(4 * SHOWN).decode("utf-8", "replace").strip()
        raise Refused(service, response.code, said)
    return response


def escaped(url: str) -> str:
    """An address with letters beyond ASCII escaped, as the libraries of services do; the plain client does not."""
    if url.isascii():
        return url
    from urllib.parse import quote

    head, mark, rest = url.partition("://")
    server, slash, path = rest.partition("/")
    return f"{head}{mark}{server}{slash}{quote(path, safe=_KEPT)}"


_KEPT = "!#$%&'()*+,/:;=?@[]~|{}^`\\\"<>-._"


def answered(response: Response) -> Any:
    """The value of an answer: of its JSON, or its text where that is none; None for an empty one."""
    from flowrt.formats.jsonread import JsonError, parse_json

    text = (response.body or b"").decode("utf-8", "replace")
    try:
        return parse_json(text) if text.strip() else None
    except JsonError:
        return text


def without_nulls(payload: dict[str, Any]) -> dict[str, Any]:
    """What of a request is there; nulls inside its members stay."""
    return {key: value for key, value in payload.items() if value is not None}


def ask(run: RunContext, service: str, method: str, url: str, **how: Any) -> Any:
    """`exchange`, and the value of the JSON that came back; None for an empty answer."""
    from flowrt.formats.jsonread import parse_json

    response = exchange(run, service, method, url, **how)
    text = (response.body or b"").decode("utf-8", "replace")
    if not text.strip():
        return None
    try:
        return parse_json(text)
    except Exception:
        raise TaskFailure(f"{service} answered with no JSON: {text[:SHOWN]}") from None
