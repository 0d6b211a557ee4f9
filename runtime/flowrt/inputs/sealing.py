"""SECRET values at rest: documents and stores hold them sealed, only expressions see the clear text.

With a store they are sealed with AES-256-GCM under a key that lies beside it. Without one nothing outlives the process:
what a document holds is a random mark, and the text behind it stays in memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.java.printing import text_of
from flowrt.missing import MissingPackage
from flowrt.model.failures import Refusal
from flowrt.packages import CRYPTOGRAPHY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    from flowrt.inputs.declaration import Input
    from flowrt.services.masks import Masks

SEALED_TYPE = "io.kestra.datatype:aes_encrypted"
"""Marks the sealed form `{value, type}` in a document, as Kestra does."""

SHORTEST_KEY = 16
"""The bytes that a key has at least."""

_KEPT = 32
"""The bytes of a key that is made."""
_NONCE = 12
_MARK = 24


class Sealer:
    """Seals and opens texts with one key of at least 16 bytes; without a key, for this process alone.

    With a key, sealing and opening raise MissingPackage when `cryptography` is not installed.
    """

    __slots__ = ("_kept", "_key", "_made", "opened")

    def __init__(self, key: bytes | None = None) -> None:
        if key is not None and len(key) < SHORTEST_KEY:
            raise ValueError(f"a sealing key needs at least {SHORTEST_KEY} bytes")
        self._key = key
        self._made: AESGCM | None = None
        self._kept: dict[bytes, str] = {}
        self.opened: Callable[[str], None] | None = None
        """Told each text that is opened, so that logs can mask it."""

    @classmethod
    def kept_in(cls, path: str) -> Sealer:
        """A sealer with the key in that file, which is made (for its owner alone) when it is missing. Raises Refusal.

        What a store holds can so be opened by the process that resumes an execution.
        """
        import os

        if not os.path.exists(path):
            # complete before it gets its name: another process may look, this one may die
            draft = f"{path}.{os.getpid()}.{os.urandom(4).hex()}"
            try:
                with open(
                    os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb"
                ) as file:
                    file.write(os.urandom(_KEPT))
                os.link(draft, path)
            except FileExistsError:
                pass
            finally:
                if os.path.exists(draft):
                    os.unlink(draft)
        with open(path, "rb") as file:
            key = file.read()
        if len(key) != _KEPT:
            raise Refusal(
                f"error FS103: the key {path} is damaged: it has {len(key)} bytes, not {_KEPT}. Without it nobody opens"
                " the SECRET values of the store; if there are none, delete the file"
            )
        return cls(key)

    def seal(self, text: str) -> dict[str, str]:
        """The sealed form of a text; the same text never looks the same twice, but the empty one."""
        if not text:
            return {"value": "", "type": SEALED_TYPE}
        import os
        from base64 import b64encode

        if self._key is None:
            sealed = os.urandom(_MARK)
            self._kept[sealed] = str(text)  # plain, as a key would give it back
        else:
            nonce = os.urandom(_NONCE)
            sealed = nonce + self._cipher().encrypt(
                nonce, text.encode("utf-8", "surrogatepass"), None
            )
        return {"value": b64encode(sealed).decode(), "type": SEALED_TYPE}

    def open(self, sealed: dict[str, str], tell: bool = True) -> str:
        """The clear text; `ValueError` when it was sealed with another key or altered. `tell`: whether it is a secret."""
        from base64 import b64decode

        if sealed.get("value") == "":
            return ""
        try:
            raw = b64decode(sealed.get("value", ""), validate=True)
        except (ValueError, TypeError):  # somebody wrote it
            raw = b""
        text = self._kept.get(raw) if self._key is None else self._opened(raw)
        if text is None:
            raise ValueError("a SECRET value was sealed with another key")
        if tell and self.opened is not None:
            self.opened(text)
        return text

    def _cipher(self) -> AESGCM:
        """Made when the first SECRET turns up."""
        if self._made is None:
            try:
                from cryptography.hazmat.primitives.ciphers.aead import AESGCM
            except ImportError:
                raise MissingPackage("A SECRET in a store", CRYPTOGRAPHY, "crypto") from None
            from hashlib import sha256

            assert self._key is not None
            self._made = AESGCM(self._key if len(self._key) == 32 else sha256(self._key).digest())
        return self._made

    def _opened(self, raw: bytes) -> str | None:
        cipher = self._cipher()
        from cryptography.exceptions import InvalidTag

        try:
            data = cipher.decrypt(raw[:_NONCE], raw[_NONCE:], None)
        except (InvalidTag, ValueError):
            return None
        return data.decode("utf-8", "surrogatepass")

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


def sealed_as_declared(
    declared: Sequence[Input], values: dict[str, Any], masks: Masks, sealer: Callable[[], Sealer]
) -> dict[str, Any]:
    """Values of inputs that nobody has checked, with the secrets among them sealed, in whatever shape they are."""
    from flowrt.inputs.declaration import leaves

    secret = {each.id for each in leaves(declared) if each.type == "SECRET"}

    def kept(value: Any, id: str, hidden: bool) -> Any:
        # values of groups are given nested or by their dotted ids
        hidden = hidden or id in secret
        if isinstance(value, dict):
            return {key: kept(item, f"{id}.{key}", hidden) for key, item in value.items()}
        if not hidden or value is None:
            return value
        if isinstance(value, list):
            return [kept(item, id, hidden) for item in value]
        text = text_of(value)
        masks.add(text)
        return sealer().seal(text)

    return {id: kept(value, id, False) for id, value in values.items()} if secret else values
