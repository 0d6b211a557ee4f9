"""Who asks Google: a service account, a person's credentials, or the machine's own."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from flowrt import packages
from flowrt.model.declare import STRING, listing, prop
from flowrt.model.failures import TaskFailure
from flowrt.model.task import Task
from flowrt.plugins.jwt import signed
from flowrt.plugins.web import ask, exchange

if TYPE_CHECKING:
    from flowrt.http.client import Response
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Listing, Text

TOKEN_ADDRESS = "https://oauth2.googleapis.com/token"
METADATA_ADDRESS = "http://metadata.google.internal/computeMetadata/v1"
CREDENTIALS = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{}"
CLOUD = "https://www.googleapis.com/auth/cloud-platform"
FEDERATED = ("external_account", "impersonated_service_account")
"""Kinds of credentials that stand for an account of another place, or for another account."""
LIFETIME = 3600
"""Seconds for which a token is asked."""


class Token(NamedTuple):
    """A token, and when it ends, in seconds since 1970."""

    value: str
    expires: float


class GoogleTask(Task):
    """What the tasks of Google share."""

    packages: ClassVar[tuple[str, ...]] = (packages.CRYPTOGRAPHY,)

    service_account: Text | None = prop(STRING, default=None)
    scopes: Listing = prop(listing(STRING), default=[CLOUD])

    async def run(self, run: RunContext) -> Any:
        return await run.in_thread(lambda: self._work(run, self._google(run)))

    def _work(self, run: RunContext, google: Google) -> Any:
        raise NotImplementedError

    def _google(self, run: RunContext) -> Google:
        scopes = [str(each) for each in run.listing(self.scopes) or [CLOUD]]
        return Google(run, run.text(self.service_account), scopes)


class Google:
    """Asks the services of Google with a token, which is fetched when the first request needs it."""

    def __init__(
        self,
        run: RunContext,
        account: str | None,
        scopes: list[str],
        impersonated: str | None = None,
    ) -> None:
        self.run = run
        self.scopes = scopes
        self.impersonated = impersonated
        self.account = _account(account)
        self._token: Token | None = None

    @property
    def project(self) -> str | None:
        """The project of the account."""
        found = self.account.get("project_id") or self.account.get("quota_project_id")
        if found is None:
            import os

            found = os.environ.get("GOOGLE_CLOUD_PROJECT") or os.environ.get("GCLOUD_PROJECT")
        return found

    def token(self) -> Token:
        """A token that is good for a while. Raises TaskFailure when nobody is known who could ask."""
        if self._token is None or self._token.expires < time.time() + 60:
            self._token = self._fetched()
            if self.impersonated is not None:
                self._token = self._impersonating(self._token)
        return self._token

    def id_token(self, audience: str) -> str:
        """A token that says to an address who asks: a service account, or a machine of Google. Raises TaskFailure."""
        kind = self.account.get("type")
        if self.impersonated is not None:
            return self._impersonated_id(audience)
        if kind is None:
            return self._machine_id(audience)
        if kind != "service_account":
            raise TaskFailure(
                "a token for an address needs a service account: set `serviceAccount`"
            )
        claim = assertion(self.account, [], int(time.time()), {"target_audience": audience})
        found = self._granted(
            {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": claim}
        )
        if not isinstance(found, dict) or not found.get("id_token"):
            raise TaskFailure("Google answered without a token")
        return str(found["id_token"])

    def headers(self) -> dict[str, str]:
        """The header that says who asks."""
        return {"Authorization": f"Bearer {self.token().value}"}

    def ask(self, method: str, url: str, **how: Any) -> Any:
        """The JSON that a service answers. Raises TaskFailure for a refusal."""
        return ask(self.run, "Google", method, url, **self._how(how))

    def exchange(self, method: str, url: str, **how: Any) -> Response:
        """The answer of a service, whatever it is. Raises TaskFailure for a refusal."""
        return exchange(self.run, "Google", method, url, **self._how(how))

    def _how(self, how: dict[str, Any]) -> dict[str, Any]:
        headers = {**self.headers(), **(how.pop("headers", None) or {})}
        return {**how, "headers": headers}

    def _fetched(self) -> Token:
        kind = self.account.get("type")
        if kind == "service_account":
            return self._exchanged(
                {
                    "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
                    "assertion": assertion(self.account, self.scopes, int(time.time())),
                }
            )
        if kind == "authorized_user":
            return self._exchanged(
                {
                    "grant_type": "refresh_token",
                    "client_id": self.account.get("client_id"),
                    "client_secret": self.account.get("client_secret"),
                    "refresh_token": self.account.get("refresh_token"),
                }
            )
        if kind in FEDERATED:
            return self._federated(kind)
        url = f"{METADATA_ADDRESS}/instance/service-accounts/default/token"
        try:
            found = ask(self.run, "Google", "GET", url, headers={"Metadata-Flavor": "Google"})
        except TaskFailure:
            raise TaskFailure(
                "nobody is known who could ask Google: set `serviceAccount`, or GOOGLE_APPLICATION_CREDENTIALS"
            ) from None
        return _token(found)

    def _federated(self, kind: str) -> Token:
        """The token of a workload of another cloud, or of an account that speaks for another one."""
        import json

        if kind == "external_account":
            from flowrt.plugins.google.federation import exchanged

            own = _token(exchanged(self.run, self.account, self.scopes))
        else:
            source = self.account.get("source_credentials")
            if not isinstance(source, dict):
                raise TaskFailure("`source_credentials` of the account are missing")
            own = Google(self.run, json.dumps(source), self.scopes).token()
        speaks_for = self.account.get("service_account_impersonation_url")
        return own if not speaks_for else self._as_another(own, str(speaks_for))

    def _exchanged(self, fields: dict[str, Any]) -> Token:
        return _token(self._granted(fields))

    def _granted(self, fields: dict[str, Any]) -> Any:
        from urllib.parse import urlencode

        url = str(self.account.get("token_uri") or TOKEN_ADDRESS)
        body = urlencode({key: value for key, value in fields.items() if value is not None})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return ask(self.run, "Google", "POST", url, headers=headers, body=body.encode())

    def _machine_id(self, audience: str) -> str:
        from urllib.parse import urlencode

        query = urlencode({"audience": audience, "format": "full"})
        url = f"{METADATA_ADDRESS}/instance/service-accounts/default/identity?{query}"
        try:
            found = exchange(self.run, "Google", "GET", url, headers={"Metadata-Flavor": "Google"})
        except TaskFailure:
            raise TaskFailure(
                "a token for an address needs a service account: set `serviceAccount`"
            ) from None
        return (found.body or b"").decode("ascii", "replace").strip()

    def _impersonated_id(self, audience: str) -> str:
        own, place = self._fetched(), CREDENTIALS.format(self.impersonated)
        headers = {"Authorization": f"Bearer {own.value}"}
        wanted = {"audience": audience, "includeEmail": True}
        url = f"{place}:generateIdToken"
        return str(ask(self.run, "Google", "POST", url, headers=headers, json=wanted)["token"])

    def _impersonating(self, own: Token) -> Token:
        place = CREDENTIALS.format(self.impersonated)
        return self._as_another(own, f"{place}:generateAccessToken")

    def _as_another(self, own: Token, url: str) -> Token:
        """The token of another account that this one may speak for."""
        from datetime import datetime

        headers = {"Authorization": f"Bearer {own.value}"}
        wanted = {"scope": self.scopes, "lifetime": f"{LIFETIME}s"}
        found = ask(self.run, "Google", "POST", url, headers=headers, json=wanted)
        ends = datetime.fromisoformat(found["expireTime"]).timestamp()
        return Token(str(found["accessToken"]), ends)


def _token(found: Any) -> Token:
    if not isinstance(found, dict) or not found.get("access_token"):
        raise TaskFailure("Google answered without a token")
    return Token(
        str(found["access_token"]), time.time() + float(found.get("expires_in") or LIFETIME)
    )


def _account(text: str | None) -> dict[str, Any]:
    """The account of a flow as JSON, or that of the machine; empty when there is neither. Raises TaskFailure."""
    import os
    from pathlib import Path

    from flowrt.formats.jsonread import parse_json

    if text is None:
        named = os.environ.get("GOOGLE_APPLICATION_CREDENTIALS")
        home = Path.home() / ".config" / "gcloud" / "application_default_credentials.json"
        path = Path(named) if named else home
        try:
            text = path.read_text("utf-8")
        except OSError:
            return {}
    try:
        found = parse_json(text)
    except Exception:
        found = None
    if not isinstance(found, dict):
        raise TaskFailure("`serviceAccount` is no JSON of a service account")
    return found


def assertion(
    account: dict[str, Any], scopes: list[str], now: int, more: dict[str, Any] | None = None
) -> str:
    """The signed claim of a service account (RFC 7523). Raises TaskFailure for a key that cannot sign."""
    claim = {
        "iss": account.get("client_email"),
        **(more or {"scope": " ".join(scopes)}),
        "aud": account.get("token_uri") or TOKEN_ADDRESS,
        "iat": now,
        "exp": now + LIFETIME,
    }
    head = {"kid": account.get("private_key_id")}
    return signed("Google", head, claim, str(account.get("private_key") or ""))
