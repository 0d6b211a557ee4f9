"""Kestra's truth of rendered text, as `runIf`, conditions and assertions use it."""

from __future__ import annotations

_FALSE = frozenset({"false", "0", "-0", ""})


def truthy(text: str | None) -> bool:
    """False for `false`, `0`, `-0`, nothing and null, blanks around them included; case counts."""
    return text is not None and text.strip() not in _FALSE
