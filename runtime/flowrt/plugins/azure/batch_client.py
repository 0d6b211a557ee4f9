"""Azure Batch: requests that are signed with the key of an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from flowrt.model.declare import STRING, prop
from flowrt.model.failures import TaskFailure
from flowrt.model.task import Task
from flowrt.plugins.azure.identity import origin
from flowrt.plugins.services.service import address
from flowrt.plugins.stored import Stop
from flowrt.plugins.web import ask, download
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Text

SERVICE = "Azure Batch"
VERSION = {"api-version": "2023-11-01.18.0"}
JSON = "application/json; odata=minimalmetadata"
SIGNED = (
    "content-encoding", "content-language", "content-length", "content-md5", "content-type", "date",
    "if-modified-since", "if-match", "if-none-match", "if-unmodified-since", "range",
)  # fmt: skip
"""The headers whose values are signed, in this order."""


class BatchTask(Task):
    """What the tasks share: an account."""

    endpoint: Text | None = prop(STRING, default=None)
    account: Text = prop(STRING)
    access_key: Text = prop(STRING)


class Batch:
    """Asks an account. Raises TaskFailure for a key that is none."""

    def __init__(self, run: RunContext, task: BatchTask) -> None:
        from base64 import b64decode

        self.run = run
        self._base = required_text(run, task.endpoint)
        self._account = required_text(run, task.account)
        try:
            self._key = b64decode(required_text(run, task.access_key), validate=True)
        except ValueError:
            raise TaskFailure("`accessKey` is no key of an account") from None

    def place(self, *parts: str, **query: Any) -> str:
        """The address of what the account has."""
        return address(self._base, *parts, **query, **VERSION)

    def ask(self, method: str, url: str, body: Any = None) -> Any:
        """The JSON of an answer. Raises Refused when it is no success."""
        from flowrt.formats.jsonwrite import to_json

        data = None if body is None else to_json(body).encode()
        return ask(
            self.run, SERVICE, method, url, headers=self._headers(method, url, data), body=data
        )

    def download(self, url: str, path: Path) -> None:
        """Stream an answer into a file. Raises Refused when it is no success."""
        download(self.run, SERVICE, "GET", url, path, headers=self._headers("GET", url, None))

    def pages(self, url: str) -> Iterator[dict[str, Any]]:
        """The members of a list, page after page. Raises TaskFailure for a page that lies elsewhere."""
        stop, following, home = Stop(self.run), url, origin(url)
        while following:
            stop.check()
            if origin(following) != home:
                raise TaskFailure(f"{SERVICE} names a page that lies elsewhere")
            found = self.ask("GET", following) or {}
            yield from found.get("value") or ()
            following = str(found.get("odata.nextLink") or "")

    def _headers(self, method: str, url: str, body: bytes | None) -> dict[str, str]:
        from email.utils import formatdate

        headers = {"ocp-date": formatdate(usegmt=True)}
        if body is not None:
            headers |= {"Content-Type": JSON, "Content-Length": str(len(body))}
        signature = self._signature(method, url, headers)
        return {**headers, "Authorization": f"SharedKey {self._account}:{signature}"}

    def _signature(self, method: str, url: str, headers: dict[str, str]) -> str:
        import hashlib
        import hmac
        from base64 import b64encode

        known = {name.lower(): value for name, value in headers.items()}
        parts = urlsplit(url)
        path = parts.path.replace("%2F", "/").replace("%5C", "/")
        text = "\n".join(
            [
                method,
                *(known.get(each, "") for each in SIGNED),
                *(f"{name}:{known[name]}" for name in sorted(known) if name.startswith("ocp-")),
                f"/{self._account}{path}",
                *(f"{name.lower()}:{value}" for name, value in sorted(parse_qsl(parts.query))),
            ]
        )
        return b64encode(hmac.new(self._key, text.encode(), hashlib.sha256).digest()).decode()
