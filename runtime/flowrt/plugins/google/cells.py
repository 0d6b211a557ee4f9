"""Cells of BigQuery as Kestra's values."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def rows_of(page: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The rows of a page of results."""
    fields = (page.get("schema") or {}).get("fields") or []
    for row in page.get("rows") or ():
        yield _record(fields, row["f"])


def _record(fields: list[dict[str, Any]], cells: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        field["name"]: cell(field, each.get("v"))
        for field, each in zip(fields, cells, strict=False)
    }


def cell(field: dict[str, Any], found: Any, repeated: bool = False) -> Any:
    """The value of a cell by the type of its column."""
    if field.get("mode") == "REPEATED" and not repeated:
        return [cell(field, each.get("v"), True) for each in found or ()]
    if found is None:
        return None
    kind = field.get("type")
    if kind in ("RECORD", "STRUCT"):
        return _record(field.get("fields") or [], found["f"])
    if kind in ("INTEGER", "INT64"):
        return int(found)
    if kind in ("FLOAT", "FLOAT64", "NUMERIC"):
        return float(found)
    if kind == "BIGNUMERIC":
        return Decimal(found)
    if kind in ("BOOLEAN", "BOOL"):
        return found == "true"
    if kind == "DATE":
        return date.fromisoformat(found)
    if kind == "TIME":
        return time.fromisoformat(found)
    if kind == "DATETIME":
        return f"{found}Z"
    if kind == "TIMESTAMP":
        # a number of microseconds, as it is asked for; a day has no second that is left out
        return EPOCH + timedelta(microseconds=int(found))
    if kind == "GEOGRAPHY":
        return _point(found)
    if kind == "JSON":
        from flowrt.formats.jsonread import parse_json

        return parse_json(found)
    return found


def _point(text: str) -> Any:
    """A point as its two numbers; any other shape as it is."""
    import re

    match = re.fullmatch(r"POINT\(([-0-9.]+) ([-0-9.]+)\)", text)
    return text if match is None else [float(match[1]), float(match[2])]
