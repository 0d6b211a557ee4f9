"""What tasks share that ask Azure with a token: who asks, and the requests."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt import packages
from flowrt.model.declare import STRING, Kind, listing, mapping, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.model.task import Task
from flowrt.plugins import entra
from flowrt.plugins.services.service import address
from flowrt.plugins.stored import Stop
from flowrt.plugins.web import ask, exchange
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrt.http.client import Response
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Listing, Text

MANAGEMENT = "https://management.azure.com"


class IdentityTask(Task):
    """A task of an application that has a secret or a certificate; or else of whoever runs the program."""

    packages: ClassVar[tuple[str, ...]] = (packages.CRYPTOGRAPHY,)
    scope: ClassVar[str] = "https://management.azure.com/.default"
    """What its tokens are for."""

    tenant_id: Text | None = prop(STRING, default=None)
    client_id: Text | None = prop(STRING, default=None)
    client_secret: Text | None = prop(STRING, default=None)
    pem_certificate: Text | None = prop(STRING, default=None)

    async def run(self, run: RunContext) -> Any:
        return await run.in_thread(lambda: self._work(run, Azure(run, self, self.scope)))

    def _work(self, run: RunContext, azure: Azure) -> dict[str, Any]:
        raise NotImplementedError

    def token(self, run: RunContext, scope: str) -> entra.Token:
        """A token for a scope. Raises TaskFailure when nobody is known who could ask for it."""
        tenant, client = run.text(self.tenant_id), run.text(self.client_id)
        secret, pem = run.text(self.client_secret), run.text(self.pem_certificate)
        if not (secret or pem):
            from flowrt.plugins.entra_machine import token_of_machine

            run.log("INFO", "Authentication is using Default Azure Credentials")
            return token_of_machine(run, scope)
        if not (tenant and client):
            raise TaskFailure("`tenantId` and `clientId` are needed to ask Azure")
        if secret:
            run.log("INFO", "Authentication is using Client Secret Credentials")
            fields = {"client_id": client, "client_secret": secret}
        else:
            run.log("INFO", "Authentication is using Client Certificate Credentials")
            fields = entra.certified(tenant, client, pem or "")
        return entra.granted(run, tenant, scope, "client_credentials", fields)


class Azure:
    """Asks services of Azure with a token for a scope, which is fetched when the first request needs it."""

    def __init__(self, run: RunContext, task: IdentityTask, scope: str) -> None:
        self.run = run
        self._task = task
        self._scope = scope
        self._token: entra.Token | None = None

    def token(self) -> entra.Token:
        """A token that is good for a while. Raises TaskFailure when nobody is known who could ask for it."""
        if self._token is None or self._token.expires < time.time() + 60:
            self._token = self._task.token(self.run, self._scope)
        return self._token

    def ask(self, method: str, url: str, **how: Any) -> Any:
        """The JSON that a service answers. Raises Refused when it is no success."""
        return ask(self.run, "Azure", method, url, **self._how(how))

    def exchange(self, method: str, url: str, **how: Any) -> Response:
        """The answer of a service. Raises Refused when it is no success."""
        return exchange(self.run, "Azure", method, url, **self._how(how))

    def _how(self, how: dict[str, Any]) -> dict[str, Any]:
        bearer = {"Authorization": f"Bearer {self.token().value}"}
        return {**how, "headers": {**bearer, **(how.pop("headers", None) or {})}}

    def pages(self, url: str) -> Iterator[dict[str, Any]]:
        """The members of a list, page after page. Raises TaskFailure for a page that lies elsewhere: the token stays here."""
        stop, following, home = Stop(self.run), url, origin(url)
        while following:
            stop.check()
            if origin(following) != home:
                raise TaskFailure("Azure names a page that lies elsewhere")
            found = self.ask("GET", following)
            yield from found.get("value") or ()
            following = str(found.get("nextLink") or "")


def origin(url: str) -> tuple[str, str]:
    """The server of an address, and how it is spoken with."""
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def resource(
    run: RunContext,
    subscription: Text,
    group: Text | None,
    provider: str,
    *parts: str,
    **query: Any,
) -> str:
    """The address of a resource of a subscription."""
    return address(
        MANAGEMENT,
        "subscriptions", required_text(run, subscription),
        "resourceGroups", required_text(run, group),
        "providers", provider, *parts, **query,
    )  # fmt: skip


@task_type("io.kestra.plugin.azure.auth.OauthAccessToken")
class AzureOauthAccessToken(IdentityTask):
    """A token for services of Azure; sealed among the outputs."""

    seals: ClassVar[bool] = True
    outputs: ClassVar[dict[str, Kind] | None] = {"accessToken": mapping()}

    scopes: Listing = prop(listing(STRING), default=[IdentityTask.scope])

    def _work(self, run: RunContext, azure: Azure) -> dict[str, Any]:
        from datetime import UTC, datetime

        scopes = [str(each) for each in run.listing(self.scopes) or ()]
        run.log("INFO", "Retrieve access token.")
        found = self.token(run, " ".join(scopes))
        run.log("INFO", "Successfully retrieved access token.")
        ends = datetime.fromtimestamp(int(found.expires), UTC)
        return {
            "accessToken": {
                "scopes": scopes,
                "tokenValue": run.seal(found.value),
                "expirationTime": ends,
            }
        }
