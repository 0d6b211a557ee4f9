"""Tokens of Microsoft's Entra for whoever runs the program: by its environment, or as the machine that it runs on.

The order is that of Azure's libraries: a client that the environment names, a workload of Kubernetes, the identity that a
service of Azure lends to its programs, that of a virtual machine, and whoever has logged in with `az`.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flowrt.model.failures import TaskFailure
from flowrt.plugins import entra
from flowrt.plugins.web import ask

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.model.context import RunContext

MACHINE_ADDRESS = "http://169.254.169.254/metadata/identity/oauth2/token"
UNKNOWN = (
    "nobody is known who could ask Azure: neither the flow nor the environment (AZURE_CLIENT_ID and AZURE_CLIENT_SECRET) "
    "names a client, this machine has no identity, and nobody has logged in with `az`"
)
PATIENCE = 30
"""Seconds that `az` may take."""


def token_of_machine(run: RunContext, scope: str) -> entra.Token:
    """A token for a scope. Raises TaskFailure where nobody is known who could ask for it."""
    for source in (_client, _workload, _service, _machine, _person):
        found = source(run, scope)
        if found is not None:
            return found
    raise TaskFailure(UNKNOWN)


def _client(run: RunContext, scope: str) -> entra.Token | None:
    """The client of AZURE_CLIENT_ID, with a secret or a certificate."""
    from pathlib import Path

    tenant, client = os.environ.get("AZURE_TENANT_ID"), os.environ.get("AZURE_CLIENT_ID")
    secret = os.environ.get("AZURE_CLIENT_SECRET")
    path = os.environ.get("AZURE_CLIENT_CERTIFICATE_PATH")
    if not (tenant and client and (secret or path)):
        return None
    if secret:
        fields = {"client_id": client, "client_secret": secret}
    else:
        assert path is not None
        try:
            fields = entra.certified(tenant, client, Path(path).read_text("utf-8"))
        except OSError as error:
            raise TaskFailure(f"AZURE_CLIENT_CERTIFICATE_PATH: {error.strerror}") from None
    return entra.granted(run, tenant, scope, "client_credentials", fields)


def _workload(run: RunContext, scope: str) -> entra.Token | None:
    """The workload of a cluster, whose token lies in a file that is renewed."""
    from pathlib import Path

    path = os.environ.get("AZURE_FEDERATED_TOKEN_FILE")
    tenant, client = os.environ.get("AZURE_TENANT_ID"), os.environ.get("AZURE_CLIENT_ID")
    if not (path and tenant and client):
        return None
    try:
        claim = Path(path).read_text("utf-8").strip()
    except OSError as error:
        raise TaskFailure(f"AZURE_FEDERATED_TOKEN_FILE: {error.strerror}") from None
    fields = {
        "client_id": client,
        "client_assertion_type": entra.ASSERTION,
        "client_assertion": claim,
    }
    return entra.granted(run, tenant, scope, "client_credentials", fields)


def _service(run: RunContext, scope: str) -> entra.Token | None:
    """The identity that App Service, Functions and Container Apps lend."""
    place, secret = os.environ.get("IDENTITY_ENDPOINT"), os.environ.get("IDENTITY_HEADER")
    if not (place and secret):
        return None
    query = _query(scope, "2019-08-01")
    headers = {"X-IDENTITY-HEADER": secret}
    return _told(ask(run, "Azure", "GET", f"{place}?{query}", headers=headers))


def _machine(run: RunContext, scope: str) -> entra.Token | None:
    """The identity of a virtual machine; None where no such machine answers."""
    from flowrt.tasks.http_client import HttpOptions, HttpTimeout

    options = HttpOptions(timeout=HttpTimeout(connect_timeout="PT1S", read_idle_timeout="PT10S"))
    url = f"{MACHINE_ADDRESS}?{_query(scope, '2018-02-01')}"
    try:
        found = ask(run, "Azure", "GET", url, headers={"Metadata": "true"}, options=options)
    except (TaskFailure, OSError):
        return None
    return _told(found)


def _person(run: RunContext, scope: str) -> entra.Token | None:
    """Whoever has logged in with `az`."""
    import shutil
    import subprocess

    from flowrt.formats.jsonread import parse_json

    program = shutil.which("az")
    if program is None:
        return None
    call = [program, "account", "get-access-token", "--output", "json", "--scope", scope]
    try:
        done = subprocess.run(call, capture_output=True, timeout=PATIENCE, check=True)
        found = parse_json(done.stdout.decode("utf-8", "replace"))
        return entra.Token(str(found["accessToken"]), float(found["expires_on"]))
    except (OSError, ValueError, KeyError, TypeError, subprocess.SubprocessError):
        return None


def _query(scope: str, version: str) -> str:
    fields = {"api-version": version, "resource": scope.removesuffix("/.default")}
    client = os.environ.get("AZURE_CLIENT_ID")
    return urlencode(fields | ({"client_id": client} if client else {}))


def _told(found: Any) -> entra.Token:
    if not isinstance(found, dict) or not found.get("access_token"):
        raise TaskFailure("Azure answered without a token")
    try:
        ends = float(found["expires_on"])
    except (KeyError, TypeError, ValueError):
        ends = time.time() + float(found.get("expires_in") or entra.LIFETIME)
    return entra.Token(str(found["access_token"]), ends)


class MachineCredential:
    """The same for Azure's libraries, which ask for tokens by this method."""

    def __init__(self, run: RunContext, fetch: Callable[..., entra.Token] | None = None) -> None:
        self._run = run
        self._fetch = fetch or token_of_machine
        self._known: dict[str, entra.Token] = {}

    def get_token(self, *scopes: str, **_: Any) -> Any:
        """A token that is good for a while, as the libraries know it."""
        from azure.core.credentials import AccessToken

        (scope,) = scopes
        found = self._known.get(scope)
        if found is None or found.expires < time.time() + 60:
            found = self._known[scope] = self._fetch(self._run, scope)
        return AccessToken(found.value, int(found.expires))

    def close(self) -> None:
        """Nothing is open."""
