"""SECRET values at rest: documents and stores hold them sealed, only expressions see the clear text.

The standard library has no AES, so a value is sealed with a key stream of keyed BLAKE2 (a pseudo-random function in counter
mode) under a fresh nonce, and authenticated by a second key (encrypt, then MAC).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

SEALED_TYPE = "io.kestra.datatype:aes_encrypted"
"""Marks the sealed form `{value, type}` in a document, as Kestra does."""

_NONCE = 16
_TAG = 32
_BLOCK = 64


class Sealer:
    """Seals and opens texts with one key of at least 16 bytes; without a key, a random one for this process."""

    __slots__ = ("_keys", "_secret", "opened")

    def __init__(self, key: bytes | None = None) -> None:
        if key is not None and len(key) < 16:
            raise ValueError("a sealing key needs at least 16 bytes")
        self._secret = key
        self.opened: Callable[[str], None] | None = None
        """Told each text that is opened, so that logs can mask it."""
        self._keys: tuple[bytes, bytes] | None = None

    @classmethod
    def kept_in(cls, path: str) -> Sealer:
        """A sealer with the key in that file, which is made (for its owner alone) when it is missing.

        What a store holds can so be opened by the process that resumes an execution.
        """
        import os

        if not os.path.exists(path):
            # complete before it gets its name: another process may look, this one may die
            draft = f"{path}.{os.getpid()}.{os.urandom(4).hex()}"
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(os.urandom(32))
            try:
                os.link(draft, path)
            except FileExistsError:
                pass
            finally:
                os.unlink(draft)
        with open(path, "rb") as file:
            return cls(file.read())

    def seal(self, text: str) -> dict[str, str]:
        """The sealed form of a text; the same text never looks the same twice."""
        import os
        from base64 import b64encode

        data = text.encode("utf-8", "surrogatepass")
        nonce = os.urandom(_NONCE)
        hidden = self._mix(nonce, data)
        sealed = b64encode(nonce + self._tag(nonce + hidden) + hidden).decode()
        return {"value": sealed, "type": SEALED_TYPE}

    def open(self, sealed: dict[str, str]) -> str:
        """The clear text; `ValueError` when it was sealed with another key or altered."""
        from base64 import b64decode
        from hmac import compare_digest

        raw = b64decode(sealed["value"], validate=True)
        nonce, tag, hidden = raw[:_NONCE], raw[_NONCE : _NONCE + _TAG], raw[_NONCE + _TAG :]
        if not compare_digest(tag, self._tag(nonce + hidden)):
            raise ValueError("a SECRET value was sealed with another key")
        text = self._mix(nonce, hidden).decode("utf-8", "surrogatepass")
        if self.opened is not None:
            self.opened(text)
        return text

    def reveal(self, value: Any) -> Any:
        """A copy of a structure with every sealed text opened; the structure itself when it holds none."""
        if isinstance(value, dict):
            if value.get("type") == SEALED_TYPE:
                return self.open(value)
            changed = {key: self.reveal(item) for key, item in value.items()}
            same = all(changed[key] is item for key, item in value.items())
            return value if same else changed
        if isinstance(value, list):
            items = [self.reveal(item) for item in value]
            return value if all(a is b for a, b in zip(items, value, strict=True)) else items
        return value

    def _both_keys(self) -> tuple[bytes, bytes]:
        """The keys of the stream and of the tag, made when the first SECRET turns up."""
        if self._keys is None:
            import os
            from hashlib import blake2b

            secret = self._secret or os.urandom(32)
            # a long key is hashed, never cut
            secret = secret if len(secret) <= 64 else blake2b(secret).digest()
            self._keys = (
                blake2b(b"stream", key=secret, person=b"flowrt").digest(),
                blake2b(b"tag", key=secret, person=b"flowrt").digest(),
            )
        return self._keys

    def _tag(self, data: bytes) -> bytes:
        from hashlib import blake2b

        return blake2b(data, key=self._both_keys()[1], digest_size=_TAG).digest()

    def _mix(self, nonce: bytes, data: bytes) -> bytes:
        from hashlib import blake2b

        key = self._both_keys()[0]
        stream = b"".join(
            blake2b(nonce + block.to_bytes(8, "big"), key=key).digest()
            for block in range(-(-len(data) // _BLOCK))
        )
        return bytes(a ^ b for a, b in zip(data, stream, strict=False))
