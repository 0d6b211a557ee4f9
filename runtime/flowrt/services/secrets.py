"""Secrets from the environment of the process."""

from __future__ import annotations

import os
from collections.abc import Mapping

SECRET_PREFIX = "SECRET_"


class EnvironmentSecrets:
    """Secrets are variables `SECRET_<NAME>` whose value is base64; names are not case-sensitive."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        source = os.environ if environ is None else environ
        self._encoded = {
            name[len(SECRET_PREFIX) :].upper(): value
            for name, value in source.items()
            if name.upper().startswith(SECRET_PREFIX)
        }

    def get(self, name: str) -> str | None:
        """The clear text; None when there is none, or when its value is no base64."""
        encoded = self._encoded.get(name.upper())
        if encoded is None:
            return None
        import base64
        import binascii

        try:
            return base64.b64decode("".join(encoded.split()), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return None

    def unreadable(self) -> list[str]:
        """The names of the secrets whose value is no base64, sorted."""
        return [name for name in self.names() if self.get(name) is None]

    def names(self) -> list[str]:
        """The names of all secrets, sorted."""
        return sorted(self._encoded)
