"""How values become text in templates."""

from typing import Any

from flowrt.formats.jsonwrite import to_json
from flowrt.java.printing import text_of
from flowrt.java.values import ByteArray, JavaSet


def print_text(value: Any) -> str:
    """The text `{{ value }}` prints: collections as JSON, null as nothing."""
    kind = type(value)
    if kind is str:
        return str(value)
    if value is None:
        return ""
    if isinstance(value, (dict, list, JavaSet, ByteArray)):
        return to_json(value)
    if kind.__name__ == "Decimal":
        return format(value, "f")
    return text_of(value)


# the name under which generated f-strings use it
text = print_text
