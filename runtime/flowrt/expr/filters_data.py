"""Filters to and from data formats."""

from typing import Any

from flowrt.formats.jsonwrite import to_json
from flowrt.java.casts import as_text
from flowrt.java.errors import ExpressionError, RawError
from flowrt.java.limits import LimitExceeded
from flowrt.java.printing import text_of
from flowrt.java.values import MISSING, class_name


def to_json_filter(value: Any) -> str:
    """The value as compact JSON."""
    try:
        return to_json(value)
    except LimitExceeded:
        raise
    except RawError:
        raise ExpressionError(
            f"Unable to transform to json value '{text_of(value)}' with type '{class_name(value)}'"
        ) from None


def to_ion(value: Any) -> str:
    """The value as compact Ion text."""
    from flowrt.formats.ion import write_ion

    return write_ion(value)


def yaml_filter(value: Any) -> str:
    """The value as block YAML."""
    if value is None:
        return "null"
    from flowrt.formats.yamlwrite import to_yaml

    return to_yaml(value)


def jq(value: Any, expression: Any = MISSING) -> Any:
    """All results of a jq program for the value (a text is parsed as JSON)."""
    if value is None:
        return None
    if expression is MISSING:
        raise ExpressionError("The 'jq' filter expects an argument 'expression'.")
    from flowrt.formats.jsonread import JsonError, parse_json
    from flowrt.jq import JqError, run, run_on_value

    try:
        if expression is None:
            raise JqError("there is no program")
        program = as_text(expression)
        if type(value) is str:
            return run(program, parse_json(value) if value.strip(" \t\n\r") else MISSING)
        return run_on_value(program, value)
    except (JqError, JsonError):
        raise ExpressionError(
            f"Unable to parse jq value '{text_of(value)}' with type '{class_name(value)}'"
        ) from None
