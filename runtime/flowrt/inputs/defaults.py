"""The default of an input: a property whose class is that of the input's values, rendered and converted as one.

That reading is laxer than the one for given values: `"4.0"` is an INT here, a number a DURATION in seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.formats.jsonwrite import to_json
from flowrt.inputs.declaration import LIST_TYPES
from flowrt.inputs.errors import Invalid
from flowrt.java.errors import RawError
from flowrt.java.printing import text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.expr.context import Context
    from flowrt.inputs.declaration import Input

    MakeContext = Callable[[], Context]


def default_value(declared: Input, context: MakeContext) -> Any:
    """The typed default; None when it renders to nothing. The context is made only for expressions.

    Raises `ExpressionError` when it cannot be rendered, `Invalid` when the text cannot be read.
    """
    raw = declared.default
    if raw is None:
        return None
    if declared.type in LIST_TYPES:
        return _listing(declared, raw, context)
    kind = CONVERTED.get(declared.type)
    text = _text(raw, context)
    return _converted(kind, text) if kind else text


def rendered(raw: Any, context: MakeContext) -> Any:
    """A structure with its expressions replaced by their texts."""
    if isinstance(raw, dict):
        return {rendered(key, context): rendered(item, context) for key, item in raw.items()}
    if isinstance(raw, list):
        return [rendered(item, context) for item in raw]
    if raw is None or isinstance(raw, (str, int, float)):
        return raw
    return _render(raw, context)


def _render(template: Any, context: MakeContext) -> str:
    text: str | None = template.text(context())
    return "" if text is None else text


def _text(raw: Any, context: MakeContext) -> str:
    if isinstance(raw, (dict, list)):
        return to_json(rendered(raw, context))
    if isinstance(raw, (str, int, float)):
        return text_of(raw)
    return _render(raw, context)


def _listing(declared: Input, raw: Any, context: MakeContext) -> Any:
    if not isinstance(raw, list):
        from flowrt.formats.jsonlist import parse_list
        from flowrt.formats.jsonread import JsonError

        try:
            elements = parse_list(_text(raw, context))
        except JsonError as error:
            raise Invalid(f"Cannot read the default: {error}") from None
    else:
        elements = rendered(raw, context)
    if declared.type == "MULTISELECT":
        return [each if each is None else text_of(each) for each in elements]
    return elements


def _converted(kind: str, text: str) -> Any:
    """The value of a property whose class is that of the input."""
    from flowrt.expr.properties import convert_scalar

    try:
        return convert_scalar(kind, text)
    except RawError as error:
        # where it stands says nothing: it is one value
        what = error.message.partition("\n at [Source: ")[0]
        is_read = error.java_class.startswith("com.fasterxml.")
        raise Invalid(f"Cannot read the default: {what}" if is_read else what) from None


CONVERTED = {
    "INT": "integer",
    "FLOAT": "float",
    "BOOLEAN": "boolean",
    "BOOL": "boolean",
    "DATETIME": "instant",
    "DATE": "localdate",
    "TIME": "localtime",
    "DURATION": "duration",
    "FILE": "uri",
    "URI": "uri",
}
"""Type of an input → the kind of the property that its default is."""
