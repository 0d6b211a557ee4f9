"""Tokens of Microsoft's Entra: for an application with a secret or a certificate, or for a person."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlencode

from flowrt import missing, packages
from flowrt.model.failures import TaskFailure
from flowrt.plugins.web import ask

if TYPE_CHECKING:
    from flowrt.model.context import RunContext

LOGIN = "https://login.microsoftonline.com"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LIFETIME = 600
"""Seconds for which the claim of a certificate holds."""
_KEY = re.compile(r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.*?-----END \1-----", re.DOTALL)


class Token(NamedTuple):
    """A token, and when it ends, in seconds since 1970."""

    value: str
    expires: float


def token_address(tenant: str) -> str:
    """Where tokens of a tenant are given out."""
    return f"{LOGIN}/{quote(tenant, safe='')}/oauth2/v2.0/token"


def bearer_of(
    run: RunContext, tenant: str, scope: str, grant: str, fields: dict[str, str]
) -> dict[str, str]:
    """The header with a token that Entra gives for these fields. Raises TaskFailure when it does not."""
    return {"Authorization": f"Bearer {granted(run, tenant, scope, grant, fields).value}"}


def granted(run: RunContext, tenant: str, scope: str, grant: str, fields: dict[str, str]) -> Token:
    """A token that Entra gives for these fields. Raises TaskFailure when it does not."""
    form = {"grant_type": grant, **fields, "scope": scope}
    body = urlencode(form).encode()
    found = ask(run, "Entra", "POST", token_address(tenant), headers=FORM, body=body)
    if not isinstance(found, dict) or not found.get("access_token"):
        raise TaskFailure("Entra answered without a token")
    ends = time.time() + float(found.get("expires_in") or LIFETIME)
    return Token(str(found["access_token"]), ends)


def certified(tenant: str, client: str, pem: str) -> dict[str, str]:
    """The fields by which a client shows its certificate; `pem` has that, and the key. Raises TaskFailure."""
    from base64 import urlsafe_b64encode
    from uuid import uuid4

    from flowrt.plugins.jwt import signed

    try:
        from cryptography.hazmat.primitives.hashes import SHA1
        from cryptography.x509 import load_pem_x509_certificate
    except ImportError:
        raise missing.MissingPackage("Entra", packages.CRYPTOGRAPHY, "crypto") from None
    key = _KEY.search(pem)
    try:
        mark = load_pem_x509_certificate(pem.encode()).fingerprint(SHA1())
    except ValueError:
        mark = b""
    if key is None or not mark:
        raise TaskFailure("`pemCertificate` has a certificate and its private key, in PEM")
    now = int(time.time())
    claim = {
        "aud": token_address(tenant),
        "iss": client,
        "sub": client,
        "jti": str(uuid4()),
        "nbf": now,
        "exp": now + LIFETIME,
    }
    head = {"x5t": urlsafe_b64encode(mark).decode().rstrip("=")}
    return {
        "client_id": client,
        "client_assertion_type": ASSERTION,
        "client_assertion": signed("Entra", head, claim, key.group()),
    }
