"""Charsets by their names: those of texts, not everything that Python has a codec for."""

from __future__ import annotations


def is_charset(name: str) -> bool:
    """Whether a name is that of a charset, which decodes any bytes and encodes any text where it may replace."""
    try:
        b"\xff".decode(name, "replace")
        "\N{SNOWMAN}".encode(name, "replace")
    except (
        LookupError,
        ValueError,
    ):  # of no codec; of one that is not of texts, or knows no replacing
        return False
    return True
