"""Stores of keys as Java's tools make them: PKCS #12, or PEM."""

from __future__ import annotations

from typing import Any

from flowrt.missing import load
from flowrt.model.failures import TaskFailure, reason
from flowrt.packages import CRYPTOGRAPHY

_JKS = b"\xfe\xed\xfe\xed"
_SERIALIZATION = "cryptography.hazmat.primitives.serialization"


def is_pem(data: bytes) -> bool:
    """Whether a store is text."""
    return data.lstrip().startswith(b"-----BEGIN")


def checked(data: bytes) -> bytes:
    """A store. Raises TaskFailure for one in Java's own format."""
    if data.startswith(_JKS):
        raise TaskFailure(
            "a store of keys in Java's own format cannot be read: make it PKCS #12 "
            "(keytool -importkeystore -deststoretype pkcs12), or PEM"
        )
    return data


def trusted(data: bytes, password: str) -> str:
    """The certificates of a store, as PEM. Raises TaskFailure when it cannot be read."""
    if is_pem(data):
        return data.decode("ascii", "replace")
    store = _opened(checked(data), password)
    held = [*([store.cert] if store.cert else []), *store.additional_certs]
    return "".join(_pem(each.certificate) for each in held)


def own(data: bytes, password: str) -> str:
    """The key of a store and its certificates, as PEM. Raises TaskFailure when it cannot be read."""
    if is_pem(data):
        return data.decode("ascii", "replace")
    store, forms = _opened(checked(data), password), _forms()
    if store.key is None:
        raise TaskFailure("the store of keys holds no key")
    key = store.key.private_bytes(
        forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.NoEncryption()
    )
    held = [*([store.cert] if store.cert else []), *store.additional_certs]
    return str(key.decode()) + "".join(_pem(each.certificate) for each in held)


def _forms() -> Any:
    return load(_SERIALIZATION, "PKCS #12", CRYPTOGRAPHY, "crypto")


def _pem(certificate: Any) -> str:
    return str(certificate.public_bytes(_forms().Encoding.PEM).decode())


def _opened(data: bytes, password: str) -> Any:
    pkcs12 = load(f"{_SERIALIZATION}.pkcs12", "PKCS #12", CRYPTOGRAPHY, "crypto")
    try:
        return pkcs12.load_pkcs12(data, password.encode() or None)
    except ValueError as error:
        raise TaskFailure(f"the store of keys cannot be read: {reason(error)}") from None
