"""The signature of OAuth 1.0a (RFC 5849) for a request whose body is JSON."""

from __future__ import annotations

from urllib.parse import quote


def authorization(
    method: str,
    url: str,
    *,
    key: str,
    key_secret: str,
    token: str,
    token_secret: str,
    nonce: str | None = None,
    stamp: int | None = None,
) -> str:
    """The header `Authorization`. `nonce` and `stamp` (seconds) are random and now, unless given."""
    import hmac
    import secrets
    import time
    from base64 import b64encode

    fields = {
        "oauth_consumer_key": key,
        "oauth_nonce": nonce or secrets.token_hex(16),
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": str(int(time.time()) if stamp is None else stamp),
        "oauth_token": token,
        "oauth_version": "1.0",
    }
    pairs = "&".join(
        f"{_escaped(name)}={_escaped(value)}" for name, value in sorted(fields.items())
    )
    base = "&".join(map(_escaped, (method.upper(), url.partition("?")[0], pairs)))
    secret = f"{_escaped(key_secret)}&{_escaped(token_secret)}"
    digest = hmac.new(secret.encode(), base.encode(), "sha1").digest()
    fields["oauth_signature"] = b64encode(digest).decode()
    return "OAuth " + ", ".join(
        f'{_escaped(name)}="{_escaped(value)}"' for name, value in sorted(fields.items())
    )


def _escaped(text: str) -> str:
    return quote(text, safe="~")
