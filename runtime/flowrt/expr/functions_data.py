"""Functions that read data formats, and encryption."""

from typing import Any

from flowrt.java.casts import NULL_POINTER, as_text, cast_failure
from flowrt.java.errors import ExpressionError, RawError
from flowrt.java.values import MISSING
from flowrt.missing import MissingPackage
from flowrt.packages import CRYPTOGRAPHY


def _source(value: Any, name: str, argument: str) -> str | None:
    """The text to read; None for null."""
    if value is MISSING:
        raise ExpressionError(f"The '{name}' function expects an argument '{argument}'.")
    if value is None:
        return None
    if type(value) is not str:
        raise ExpressionError(
            f"The '{name}' function expects an argument '{argument}' with type string."
        )
    return value


def from_json(json: Any = MISSING) -> Any:
    """The first JSON value of a text."""
    text = _source(json, "fromJson", "json")
    if text is None:
        return None
    from flowrt.formats.jsonread import JsonError, parse_json

    try:
        return parse_json(text)
    except JsonError as error:
        raise ExpressionError(f"Invalid json: {error.message}") from None


def from_ion(ion: Any = MISSING, all_rows: Any = MISSING) -> Any:
    """The first Ion value of a text, or all of them."""
    text = _source(ion, "fromIon", "ion")
    if text is None:
        return None
    every = False
    if all_rows is not MISSING:
        if all_rows is None:
            raise RawError(
                'Cannot invoke "java.lang.Boolean.booleanValue()" because the return value of '
                '"java.util.Map.get(Object)" is null',
                NULL_POINTER,
            )
        if type(all_rows) is not bool:
            raise cast_failure(all_rows, "java.lang.Boolean")
        every = all_rows
    from flowrt.formats.ion import IonError, read_ion

    try:
        values = read_ion(text, every)
    except IonError as error:
        raise ExpressionError(f"Invalid ion: {error}") from None
    if every:
        return values
    return values[0] if values else None


def yaml(yaml: Any = MISSING) -> Any:
    """The first document of a YAML text."""
    text = _source(yaml, "yaml", "yaml")
    if text is None:
        raise ExpressionError("The 'yaml' function expects an argument 'yaml' with type string.")
    from flowrt.formats.yamlread import parse_yaml
    from flowrt.formats.yamlscalar import YamlError

    try:
        return parse_yaml(text)
    except YamlError as error:
        raise ExpressionError(f"Invalid yaml: {error}") from None


def _key(value: Any) -> bytes:
    """A key from its base64 form."""
    if value is None:
        raise RawError(
            'Cannot invoke "String.getBytes(java.nio.charset.Charset)" because "src" is null',
            NULL_POINTER,
        )
    from flowrt.java.text.base64 import decode_base64

    key = decode_base64(as_text(value))
    illegal = "java.lang.IllegalArgumentException"
    if key is None:
        raise RawError("Last unit does not have enough valid bits", illegal)
    if not key:
        raise RawError("Empty key", illegal)
    if len(key) not in (16, 24, 32):
        raise ExpressionError(f"Invalid AES key length: {len(key)} bytes")
    return key


def encrypt(key: Any = MISSING, plaintext: Any = MISSING) -> Any:
    """The text encrypted with AES-GCM: base64 of a random 12-byte IV, the ciphertext and its tag."""
    if key is MISSING or plaintext is MISSING:
        raise ExpressionError("The 'encrypt' function expects two arguments 'key' and 'plaintext'.")
    for value in (key, plaintext):
        if value is not None:
            as_text(value)
    if not plaintext:
        return plaintext
    import binascii
    from os import urandom

    secret = _key(key)
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError:
        raise MissingPackage("encrypt()", CRYPTOGRAPHY, "crypto") from None
    nonce = urandom(12)
    sealed = AESGCM(secret).encrypt(nonce, plaintext.encode("utf-8", "replace"), None)
    return binascii.b2a_base64(nonce + sealed, newline=False).decode()


def decrypt(key: Any = MISSING, encrypted: Any = MISSING) -> Any:
    """The inverse of `encrypt`."""
    if key is MISSING or encrypted is MISSING:
        raise ExpressionError("The 'decrypt' function expects two arguments 'key' and 'encrypted'.")
    for value in (key, encrypted):
        if value is not None:
            as_text(value)
    if not encrypted:
        return encrypted
    from flowrt.java.text.base64 import decode_base64

    secret = _key(key)
    data = decode_base64(encrypted)
    if data is None:
        raise RawError("Illegal base64 character", "java.lang.IllegalArgumentException")
    if len(data) < 12:
        raise RawError(f"12 > {len(data)}", "java.lang.IllegalArgumentException")
    if len(data) < 28:
        raise ExpressionError("Input data too short to contain an expected tag length of 16 bytes")
    try:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError:
        raise MissingPackage("decrypt()", CRYPTOGRAPHY, "crypto") from None
    try:
        return AESGCM(secret).decrypt(data[:12], data[12:], None).decode("utf-8", "replace")
    except InvalidTag:
        raise ExpressionError("Tag mismatch") from None
