"""The failure of an exchange, of which the client knows more kinds."""

from __future__ import annotations


class HttpFailure(Exception):
    """No answer came. `__cause__` has the words of what is behind it, where the engine logs them too."""

    dropped = False
    """Whether the connection stood, and broke off before there was an answer."""
