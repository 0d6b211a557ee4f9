"""What Java says of texts that are no dates."""

from __future__ import annotations

from flowrt.java.errors import RawError

_SHOWN = 64
"""Units of UTF-16."""


def not_parsed(text: str, said: str) -> RawError:
    """What is raised for a text that is no date or time; `said` tells where or why. Java cuts a long text."""
    units = text.encode("utf-16-le", "surrogatepass")
    shown = text
    if len(units) > 2 * _SHOWN:
        shown = units[: 2 * _SHOWN].decode("utf-16-le", "surrogatepass") + "..."
    return RawError(f"Text '{shown}' could not be parsed{said}")
