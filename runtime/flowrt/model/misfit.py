"""What is said of a JSON value that is of another kind than it must be."""

from __future__ import annotations

from typing import Any

from flowrt.model.failures import TaskFailure


def misfit(kind: str, value: Any) -> TaskFailure:
    """The failure of a JSON value that is of another kind than it must be, to be raised."""
    if isinstance(value, bool):
        shown, token = "Boolean", f"VALUE_{str(value).upper()}"
    elif isinstance(value, dict):
        shown, token = "Object", "START_OBJECT"
    elif isinstance(value, list):
        shown, token = "Array", "START_ARRAY"
    elif isinstance(value, str):
        shown, token = "String", "VALUE_STRING"
    elif isinstance(value, int):
        shown, token = "Integer", "VALUE_NUMBER_INT"
    elif isinstance(value, float) or type(value).__name__ == "Decimal":
        shown, token = "Floating-point", "VALUE_NUMBER_FLOAT"
    else:
        shown, token = "Embedded Object", "VALUE_EMBEDDED_OBJECT"
    return TaskFailure(
        f"Cannot deserialize value of type `{kind}` from {shown} value (token `JsonToken.{token}`)"
    )
