"""Spanner: parameters of statements, and rows out of the parts of an answer."""

from __future__ import annotations

from math import isfinite, isnan
from typing import TYPE_CHECKING, Any

from flowrt.model.failures import TaskFailure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BLOCK = 1 << 20
"""Characters of one look into an answer."""


def _code(value: Any) -> str:
    """The type of a parameter, by its value."""
    from decimal import Decimal

    if isinstance(value, bool):
        return "BOOL"
    if isinstance(value, int):
        return "INT64"
    if isinstance(value, float):
        return "FLOAT64"
    if isinstance(value, Decimal):
        return "NUMERIC"
    return "JSON" if isinstance(value, dict) else "STRING"


def _given(value: Any) -> Any:
    """A parameter as JSON has it: whole numbers are texts."""
    from decimal import Decimal

    from flowrt.formats.jsonwrite import to_json
    from flowrt.java.printing import text_of

    if isinstance(value, float) and not isfinite(value):
        return "NaN" if isnan(value) else f"{'-' if value < 0 else ''}Infinity"
    if value is None or isinstance(value, (bool, float, str)):
        return value
    if isinstance(value, (int, Decimal)):
        return str(value)
    return to_json(value) if isinstance(value, dict) else text_of(value)


_KINDS = {"BOOL": "Boolean", "INT64": "integer element", "FLOAT64": "floating-point element"}


def _listed(name: str, value: list[Any]) -> dict[str, Any]:
    """The type of a list, which is that of its first element. Raises TaskFailure for one that has none."""
    if not value:
        raise TaskFailure(
            f"Cannot bind an empty list for parameter '{name}': Spanner arrays are typed and the element type cannot be "
            "inferred from an empty list. Omit the parameter or pass a typed/non-empty value."
        )
    if any(each is None for each in value):
        raise TaskFailure(f"Null elements are not supported in array parameter '{name}'")
    code = _code(value[0])
    code = code if code in _KINDS else "STRING"
    for each in value:
        if _code(each) != code and (code in _KINDS or isinstance(value[0], str)):
            raise TaskFailure(
                f"Mixed types in list parameter '{name}': expected {_KINDS.get(code, 'String')} but got {each}"
            )
    return {"code": "ARRAY", "arrayElementType": {"code": code}}


def bound(parameters: dict[str, Any]) -> dict[str, Any]:
    """Parameters and their types, as a statement takes them."""
    if not parameters:
        return {}
    types, values = {}, {}
    for name, value in parameters.items():
        if isinstance(value, list):
            types[name] = _listed(name, value)
            values[name] = [_given(each) for each in value]
        else:
            types[name] = {"code": _code(value)}
            values[name] = _given(value)
    return {"params": values, "paramTypes": types}


def written(asked: dict[str, Any]) -> dict[str, Any]:
    """The body of a request and what says that it is JSON; parameters that are null stay in it."""
    import json

    return {"body": json.dumps(asked).encode(), "headers": {"Content-Type": "application/json"}}


def parts(path: Path) -> Iterator[Any]:
    """The elements of a file that is one JSON list, one after the other. Raises TaskFailure for what is none."""
    from json import JSONDecodeError, JSONDecoder

    decode, text, at, ended = JSONDecoder().raw_decode, "", 0, False
    with path.open(encoding="utf-8") as file:
        while True:
            while at < len(text) and text[at] in " \t\r\n,[":
                at += 1
            if at < len(text) and text[at] == "]":
                return
            try:
                value, at = decode(text, at)
                yield value
                continue
            except JSONDecodeError:
                if ended:
                    raise TaskFailure("Spanner answered with no JSON") from None
            block = file.read(max(BLOCK, len(text) - at))
            text, at, ended = text[at:] + block, 0, not block


def _merged(before: Any, after: Any) -> Any:
    """A value that came in two parts."""
    if isinstance(before, list) and isinstance(after, list):
        if (
            before
            and after
            and isinstance(before[-1], (str, list))
            and type(before[-1]) is type(after[0])
        ):
            return [*before[:-1], _merged(before[-1], after[0]), *after[1:]]
        return before + after
    return before + after


def rows_of(found: Iterator[Any]) -> Iterator[dict[str, Any]]:
    """The rows of an answer that comes in parts; a value may go on in the next one."""
    fields: list[dict[str, Any]] = []
    row: list[Any] = []
    goes_on = False
    for each in found:
        if "error" in each:
            raise TaskFailure(f"Spanner: {each['error'].get('message')}")
        if "metadata" in each:
            fields = (each["metadata"].get("rowType") or {}).get("fields") or []
        values = list(each.get("values") or ())
        if goes_on and values:
            row[-1] = _merged(row[-1], values.pop(0))
        goes_on = bool(each.get("chunkedValue")) if each.get("values") else goes_on
        for value in values:
            if len(row) == len(fields) and row:
                yield _row(fields, row)
                row = []
            row.append(value)
        if len(row) == len(fields) and row and not goes_on:
            yield _row(fields, row)
            row = []


def _row(fields: list[dict[str, Any]], values: list[Any]) -> dict[str, Any]:
    return {
        field.get("name", ""): _value(field["type"], value)
        for field, value in zip(fields, values, strict=True)
    }


def _value(kind: dict[str, Any], value: Any) -> Any:
    """A value of a row as the engine has it."""
    from base64 import b64decode
    from datetime import date
    from decimal import Decimal

    from flowrt.formats.jsonread import JsonError, parse_json
    from flowrt.java.time.isoparse import parse_instant
    from flowrt.java.values import ByteArray
    from flowrt.plugins.values import local_date

    code = kind["code"]
    if value is None:
        return None
    if code == "INT64":
        return int(value)
    if code in ("FLOAT64", "FLOAT32"):
        return float(value)
    if code == "NUMERIC":
        return Decimal(value)
    if code == "BYTES":
        return ByteArray(b64decode(value))
    if code == "TIMESTAMP":
        return parse_instant(value)
    if code == "DATE":
        return local_date(date.fromisoformat(value))
    if code == "JSON":
        try:
            found = parse_json(value)
        except JsonError:
            return value
        return found if isinstance(found, dict) else value
    if code == "ARRAY":
        of = kind["arrayElementType"]
        if of["code"] == "JSON":
            return list(value)
        return [_value(of, each) for each in value]
    if code == "STRUCT":
        return _row((kind.get("structType") or {}).get("fields") or [], value)
    return value
