"""Microsoft Graph: who asks it, what it is asked, and files of its drives."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from flowrt import packages
from flowrt.formats.jsonread import parse_json
from flowrt.model.declare import STRING, prop
from flowrt.model.failures import TaskFailure
from flowrt.plugins import entra, web
from flowrt.plugins.services.service import ServiceTask, address, tried
from flowrt.plugins.stored import Stop, target_path
from flowrt.plugins.web import Refused
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Text

BASE = "https://graph.microsoft.com/v1.0"
SCOPE = "https://graph.microsoft.com/.default"
SLICE = 320 * 1024
"""Bytes of which parts of a large file are multiples."""
BUSY = (429, 503, 504)


class GraphTask(ServiceTask):
    """A task that asks Graph; the token is fetched when the first request needs it."""

    service = "Microsoft Graph"

    def _token(self, run: RunContext) -> dict[str, str]:
        """The header that says who asks. Raises TaskFailure."""
        raise NotImplementedError

    def _work(self, run: RunContext) -> dict[str, Any] | None:
        return self._done(run, Graph(run, self._token(run)))

    def _done(self, run: RunContext, graph: Graph) -> dict[str, Any] | None:
        raise NotImplementedError


class SecretTask(GraphTask):
    """A task of an application that has a secret."""

    tenant_id: Text = prop(STRING)
    client_id: Text = prop(STRING)
    client_secret: Text = prop(STRING)

    def _token(self, run: RunContext) -> dict[str, str]:
        fields = {
            "client_id": required_text(run, self.client_id),
            "client_secret": required_text(run, self.client_secret),
        }
        tenant = required_text(run, self.tenant_id)
        return entra.bearer_of(run, tenant, SCOPE, "client_credentials", fields)


class ConnectedTask(GraphTask):
    """A task of an application that has a secret or a certificate; or what the environment names."""

    packages: ClassVar[tuple[str, ...]] = (packages.CRYPTOGRAPHY,)

    tenant_id: Text | None = prop(STRING, default=None)
    client_id: Text | None = prop(STRING, default=None)
    client_secret: Text | None = prop(STRING, default=None)
    pem_certificate: Text | None = prop(STRING, default=None)

    def _token(self, run: RunContext) -> dict[str, str]:
        tenant, client = _blank(run.text(self.tenant_id)), _blank(run.text(self.client_id))
        if tenant is None or client is None:
            raise TaskFailure("tenantId and clientId are required for authentication")
        secret = _blank(run.text(self.client_secret))
        if secret is not None:
            run.log("INFO", "Authentication is using Client Secret Credentials")
            fields = {"client_id": client, "client_secret": secret}
            return entra.bearer_of(run, tenant, SCOPE, "client_credentials", fields)
        pem = _blank(run.text(self.pem_certificate))
        if pem is not None:
            run.log("INFO", "Authentication is using Client Certificate Credentials")
            fields = entra.certified(tenant, client, pem)
            return entra.bearer_of(run, tenant, SCOPE, "client_credentials", fields)
        run.log("INFO", "Authentication is using Default Azure Credentials")
        from flowrt.plugins.entra_machine import token_of_machine

        return {"Authorization": f"Bearer {token_of_machine(run, SCOPE).value}"}


def _blank(text: str | None) -> str | None:
    """A text that says something."""
    return text if text is not None and text.strip() else None


def said(error: Refused) -> str:
    """What Graph has said of a failure, without what surrounds it."""
    try:
        found = parse_json(error.said)
        return str(found["error"]["message"])
    except Exception:
        return error.said or str(error)


class Graph:
    """Asks with a token."""

    def __init__(self, run: RunContext, token: dict[str, str]) -> None:
        self.run = run
        self._token = token

    def ask(self, method: str, url: str, **how: Any) -> Any:
        """The JSON of an answer. Raises Refused when it is no success."""
        how["headers"] = {**self._token, **how.get("headers", {})}
        return web.ask(self.run, "Microsoft Graph", method, url, **how)

    def pages(self, url: str) -> Iterator[dict[str, Any]]:
        """Page after page of a collection. Raises TaskFailure for a page that lies elsewhere: the token stays here."""
        stop, following = Stop(self.run), url
        while following:
            stop.check()
            page = self.ask("GET", following) or {}
            yield page
            following = page.get("@odata.nextLink") or ""
            if following and not following.startswith(f"{BASE}/"):
                raise TaskFailure(f"Microsoft Graph names a page that lies elsewhere: {following}")

    def stored(self, url: str, name: str) -> tuple[str, int]:
        """Store the content of an answer: its address, and its size."""
        target = target_path(self.run, ".tmp")
        how: dict[str, Any] = {
            "headers": self._token,
            "hidden": True,
        }  # it leads to a signed address
        found = web.download(self.run, "Microsoft Graph", "GET", url, target, **how)
        return self.run.put_file(target, _base(name) or target.name), found.size

    def put(self, url: str, data: bytes) -> Any:
        """Send the content of a file; what it is then."""
        kind = {"Content-Type": "application/octet-stream"}
        return self.ask("PUT", url, body=data, headers=kind)

    def put_parts(
        self,
        item: str,
        path: Path,
        part: int,
        conflict: str,
        attempts: int = 1,
        report: Callable[[int], None] | None = None,
    ) -> Any:
        """Send a file part by part, by a session of its own; what it is then. `report` hears how much is there.

        A part that a busy service refuses is sent again. A session that fails is taken back.
        """
        about = {"item": {"@microsoft.graph.conflictBehavior": conflict}}
        session = self.ask("POST", f"{item}/createUploadSession", json=about)["uploadUrl"]
        try:
            return self._put_parts(session, path, part, attempts, report)
        except BaseException:
            try:
                web.ask(self.run, "Microsoft Graph", "DELETE", session, hidden=True)
            except Exception as error:
                self.run.log("DEBUG", f"The session of the upload is left to its end: {error}")
            raise

    def _put_parts(
        self,
        session: str,
        path: Path,
        part: int,
        attempts: int,
        report: Callable[[int], None] | None,
    ) -> Any:
        size, stop, sent, found = path.stat().st_size, Stop(self.run), 0, None
        with path.open("rb") as file:
            while data := file.read(part):
                stop.check()
                how = {
                    "headers": {"Content-Range": f"bytes {sent}-{sent + len(data) - 1}/{size}"},
                    "body": data,
                    "hidden": True,
                }  # no token: the address is secret enough
                send = partial(web.ask, self.run, "Microsoft Graph", "PUT", session, **how)
                found = tried(send, lambda code: code >= 500 or code in BUSY, attempts, 1.0)
                sent += len(data)
                if report is not None:
                    report(sent)
        return found


def _base(name: str) -> str:
    """The last part of a name, which is that of a file."""
    return name.replace("\\", "/").rpartition("/")[2].strip(".")


def item_address(drive: str, item: str, *more: str) -> str:
    """The address of an item of a drive."""
    return address(BASE, "drives", drive, "items", item, *more)


def child_address(drive: str, parent: str, path: str) -> str:
    """The address of what lies below an item, by its path. Raises TaskFailure for steps that leave it."""
    return f"{item_address(drive, parent)}:/{steps(path)}:"


def root_address(drive: str, path: str) -> str:
    """The address of what lies in a drive, by its path."""
    return f"{address(BASE, 'drives', drive, 'root')}:/{steps(path)}:"


def steps(path: str) -> str:
    """A path as it stands in an address. Raises TaskFailure for steps of dots."""
    names = [each for each in path.split("/") if each]
    if not names or any(each in (".", "..") for each in names):
        raise TaskFailure(f"`{path}` is no path of a file")
    return "/".join(quote(each, safe="") for each in names)
