"""Rows that tasks exchange, and stored key-value entries: one value of ION text, on one line."""

from __future__ import annotations

from typing import Any

from flowrt.formats.ion import read_ion, write_ion
from flowrt.java.values import without_nulls


def write_row(value: Any) -> str:
    """The value as ION text. Members of maps whose value is null are left out."""
    return write_ion(without_nulls(value))


def read_row(text: str) -> Any:
    """The first value of an ION or JSON text. Raises ValueError when there is none."""
    if text.strip() == "null":
        return None
    values = read_ion(text, False)
    if not values:
        raise ValueError("No content to map due to end-of-input")
    return values[0]
