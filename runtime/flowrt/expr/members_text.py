"""Members of texts and characters, as `java.lang.String` and `java.lang.Character` have them."""

import re
from collections.abc import Callable
from typing import Any

from flowrt.java.equality import java_equals
from flowrt.java.limits import check_text
from flowrt.java.printing import text_of
from flowrt.java.values import ByteArray, Char, Long, java_hash, utf16_units

Method = tuple[tuple[str, ...], Callable[..., Any]]
"""The classes of the arguments, and what gives the result for the value and them."""
Table = dict[str, list[Method]]


class Members:
    """What a class of Java declares: methods, which are found in any case of letters, and constants."""

    def __init__(self, methods: Table, constants: dict[str, Any] | None = None) -> None:
        self.methods = {name.lower(): (name, found) for name, found in methods.items()}
        self.constants = constants or {}


def _signed(code: int) -> int:
    return code - (1 << 32) if code >= 1 << 31 else code


OBJECT: Table = {
    "toString": [((), text_of)],
    "hashCode": [((), lambda x: _signed(java_hash(x)))],
    "equals": [(("Object",), java_equals)],
}
"""What all objects have."""

CONTROLS = "".join(map(chr, range(33)))
"""What `trim` takes away."""
_BLANKS = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2008\u2009\u200a"
    "\u2028\u2029\u205f\u3000"
)
"""Blanks of Java: those of Unicode, but for the ones that do not break lines."""
_LINE = re.compile("\r\n|\r|\n")


def _units(text: str, start: int, end: int | None = None) -> str:
    """A part of a text by UTF-16 positions."""
    size = len(utf16_units(text))
    stop = size if end is None else end
    if not 0 <= start <= stop <= size:
        raise IndexError(f"begin {start}, end {stop}, length {size}")
    if text.isascii():
        return text[start:stop]
    data = text.encode("utf-16-le", "surrogatepass")[2 * start : 2 * stop]
    return data.decode("utf-16-le", "surrogatepass")


def _size(text: str) -> int:
    return len(utf16_units(text))


def _split(text: str, regex: str, limit: int = 0) -> Any:
    from flowrt.expr.filters_text import split

    return split(text, regex, Long(limit))


def _replace_regex(text: str, regex: str, replacement: str, count: int = 0) -> str:
    from flowrt.java.regex import patterns

    replace = patterns.replace_first if count else patterns.replace_all
    return str(replace(regex, replacement, text))


def _matches(text: str, regex: str) -> bool:
    from flowrt.java.regex import patterns

    return bool(patterns.matches(regex, text))


def _part(part: Any) -> str:
    """What is looked for: a text, or the code of a character."""
    return part if isinstance(part, str) else chr(part)


def _index(text: str, part: Any, start: int = 0, end: int | None = None) -> int:
    size = _size(text)
    start = min(max(start, 0), size)
    found = _units(text, start, end).find(_part(part))
    return found if found < 0 else start + _size(_units(text, start)[:found])


def _last_index(text: str, part: Any, start: int | None = None) -> int:
    if start is not None:
        if start < 0:
            return -1
        text = _units(text, 0, min(start + _size(_part(part)), _size(text)))
    found = text.rfind(_part(part))
    return found if found < 0 else _size(text[:found])


def _starts_at(text: str, part: str, start: int) -> bool:
    return 0 <= start <= _size(text) and _units(text, start).startswith(part)


def _region(
    text: str, start: int, other: str, other_start: int, size: int, any_case: bool = False
) -> bool:
    if (
        min(start, other_start) < 0
        or start + size > _size(text)
        or other_start + size > _size(other)
    ):
        return False
    size = max(size, 0)
    left, right = _units(text, start, start + size), _units(other, other_start, other_start + size)
    return same_but_for_case(left, right) if any_case else left == right


def same_but_for_case(left: str, right: str) -> bool:
    """Whether two texts have the same characters, in upper case or in lower case."""
    return len(left) == len(right) and all(
        a == b or a.upper() == b.upper() or a.lower() == b.lower()
        for a, b in zip(left, right, strict=True)
    )


def compare_texts(left: str, right: str) -> int:
    """How Java orders texts: by their UTF-16 units."""
    a, b = utf16_units(left), utf16_units(right)
    for one, other in zip(a, b, strict=False):
        if one != other:
            return one - other
    return len(a) - len(b)


def _repeat(text: str, count: int) -> str:
    if count < 0:
        raise IndexError(f"count is negative: {count}")
    check_text(len(text) * count)
    return text * count


def _indented(text: str, count: int) -> str:
    lines = _LINE.split(text)
    if lines[-1] == "":
        del lines[-1]
    check_text(len(text) + len(lines) * max(count, 0))
    kept = max(-count, 0)
    cut = [line[min(kept, len(line) - len(line.lstrip(_BLANKS))) :] for line in lines]
    return "".join(f"{' ' * max(count, 0)}{line}\n" for line in cut)


def _without_indent(text: str) -> str:
    lines = _LINE.split(text)
    # the last line counts even where it is blank
    deciding = [line for line in lines[:-1] if line.strip(_BLANKS)] + lines[-1:]
    least = min(len(line) - len(line.lstrip(_BLANKS)) for line in deciding)
    return "\n".join(line[least:].rstrip(_BLANKS) for line in lines)


def _code_point(text: str, index: int) -> int:
    if not 0 <= index < _size(text):
        raise IndexError(index)
    return ord(_units(text, index)[0])


def _code_point_before(text: str, index: int) -> int:
    if not 1 <= index <= _size(text):
        raise IndexError(index)
    return ord(_units(text, 0, index)[-1])


def _value_of(_: str, value: Any) -> str:
    if value is None:
        raise TypeError
    return text_of(value)


def _joined(_: str, separator: str, items: Any) -> str:
    parts = [text_of(item) for item in items]
    check_text(sum(map(len, parts)) + len(separator) * len(parts))
    return separator.join(parts)


TEXT = Members(
    {
        **OBJECT,
        "length": [((), _size)],
        "isEmpty": [((), lambda s: s == "")],
        "isBlank": [((), lambda s: not s.strip(_BLANKS))],
        "toUpperCase": [((), str.upper)],
        "toLowerCase": [((), str.lower)],
        "trim": [((), lambda s: s.strip(CONTROLS))],
        "strip": [((), lambda s: s.strip(_BLANKS))],
        "stripLeading": [((), lambda s: s.lstrip(_BLANKS))],
        "stripTrailing": [((), lambda s: s.rstrip(_BLANKS))],
        "stripIndent": [((), _without_indent)],
        "indent": [(("Integer",), _indented)],
        "intern": [((), lambda s: s)],
        "getBytes": [((), lambda s: ByteArray(s.encode()))],
        "concat": [(("String",), lambda s, t: s + t)],
        "startsWith": [
            (("String",), lambda s, t: s.startswith(t)),
            (("String", "Integer"), _starts_at),
        ],
        "endsWith": [(("String",), lambda s, t: s.endswith(t))],
        "indexOf": [
            (("String",), _index),
            (("Integer",), _index),
            (("String", "Integer"), _index),
            (("Integer", "Integer"), _index),
            (("String", "Integer", "Integer"), _index),
            (("Integer", "Integer", "Integer"), _index),
        ],
        "lastIndexOf": [
            (("String",), _last_index),
            (("Integer",), _last_index),
            (("String", "Integer"), _last_index),
            (("Integer", "Integer"), _last_index),
        ],
        "replace": [(("String", "String"), lambda s, a, b: s.replace(a, b))],
        "replaceAll": [(("String", "String"), _replace_regex)],
        "replaceFirst": [(("String", "String"), lambda s, a, b: _replace_regex(s, a, b, 1))],
        "split": [(("String",), _split), (("String", "Integer"), _split)],
        "matches": [(("String",), _matches)],
        "regionMatches": [
            (("Integer", "String", "Integer", "Integer"), _region),
            (
                ("Boolean", "Integer", "String", "Integer", "Integer"),
                lambda s, any_case, a, t, b, size: _region(s, a, t, b, size, any_case),
            ),
        ],
        "equalsIgnoreCase": [
            (("String",), lambda s, t: t is not None and same_but_for_case(s, t)),
        ],
        "contentEquals": [(("String",), lambda s, t: len(t) >= 0 and s == t)],
        "compareTo": [(("String",), compare_texts)],
        "compareToIgnoreCase": [(("String",), lambda s, t: compare_texts(s.lower(), t.lower()))],
        "substring": [(("Integer",), _units), (("Integer", "Integer"), _units)],
        "subSequence": [(("Integer", "Integer"), _units)],
        "charAt": [(("Integer",), lambda s, i: Char(_units(s, i, i + 1)))],
        "codePointAt": [(("Integer",), _code_point)],
        "codePointBefore": [(("Integer",), _code_point_before)],
        "codePointCount": [(("Integer", "Integer"), lambda s, a, b: len(_units(s, a, b)))],
        "repeat": [(("Integer",), _repeat)],
        "valueOf": [(("Object",), _value_of)],
        "join": [(("String", "Iterable"), _joined)],
    }
)
CHARACTER = Members(
    {
        **OBJECT,
        "charValue": [((), lambda c: c)],
        "compareTo": [(("Character",), compare_texts)],
    },
    {"MIN_VALUE": Char("\0"), "MAX_VALUE": Char("\uffff"), "SIZE": 16, "BYTES": 2},
)
