"""Filters to and from data formats."""

from typing import Any

from flowrt.expr.casts import as_text
from flowrt.expr.errors import ExpressionError
from flowrt.expr.printing import text_of, to_json
from flowrt.expr.values import MISSING, class_name


def to_json_filter(value: Any) -> str:
    """The value as compact JSON."""
    return to_json(value)


def to_ion(value: Any) -> str:
    """The value as compact Ion text."""
    from flowrt.expr.ion import write_ion

    return write_ion(value)


def yaml_filter(value: Any) -> str:
    """The value as block YAML."""
    if value is None:
        return "null"
    from flowrt.expr.yamlwrite import to_yaml

    return to_yaml(value)


def jq(value: Any, expression: Any = MISSING) -> Any:
    """All results of a jq program for the value (a text is parsed as JSON)."""
    if value is None:
        return None
    if expression is MISSING:
        raise ExpressionError("The 'jq' filter expects an argument 'expression'.")
    from flowrt.expr.jq import JqError, run
    from flowrt.expr.jq.values import from_value
    from flowrt.expr.jsonvalue import JsonError, parse_json

    try:
        program = as_text(expression)
        data = parse_json(value) if type(value) is str else from_value(value)
        return run(program, data)
    except (JqError, JsonError):
        raise ExpressionError(
            f"Unable to parse jq value '{text_of(value)}' with type '{class_name(value)}'"
        ) from None
