"""Lists of texts that a task takes as they are given."""

from __future__ import annotations

from typing import Any

from flowrt.java.casts import cast_failure


def no_maps(items: list[Any]) -> None:
    """Raises RawError for a map in a list in which only texts may stand."""
    for item in items:
        if isinstance(item, dict):
            raise cast_failure(item, "java.lang.String")
