"""Claims signed with a key of RSA (RS256 of RFC 7518), by which applications ask for tokens."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import Any

from flowrt import missing, packages
from flowrt.model.failures import TaskFailure


def signed(service: str, head: dict[str, Any], claim: dict[str, Any], pem: str) -> str:
    """A claim with its signature, in three parts. `pem` is the key; `head` may say which one it is.

    Raises MissingPackage, which names the service, and TaskFailure for a key that cannot sign.
    """
    try:
        from cryptography.hazmat.primitives.asymmetric import padding, rsa
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
    except ImportError:
        raise missing.MissingPackage(service, packages.CRYPTOGRAPHY, "crypto") from None

    from flowrt.formats.jsonwrite import to_json

    try:
        key = load_pem_private_key(pem.encode(), None)
    except (TypeError, ValueError):
        key = None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TaskFailure(f"{service}: this is no private key that can sign")
    parts = ({"alg": "RS256", "typ": "JWT", **head}, claim)
    text = ".".join(_encoded(to_json(part).encode()) for part in parts)
    return f"{text}.{_encoded(key.sign(text.encode(), padding.PKCS1v15(), SHA256()))}"


def _encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")
