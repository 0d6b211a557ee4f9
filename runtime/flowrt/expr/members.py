"""Members and methods of texts, numbers, lists, sets and maps (`x.name`, `x.name(…)`).

A method is found by its name, in any case of letters, and the kinds of its arguments; a name without
parentheses also finds the no-argument methods `getName`, `isName` and `hasName`.
"""

from collections.abc import Callable
from typing import Any

from flowrt.expr.arithmetic import to_double
from flowrt.expr.errors import ACCESS_ERROR
from flowrt.expr.ops import is_collection
from flowrt.java.errors import ExpressionError, RawError
from flowrt.java.limits import LimitExceeded, check_text
from flowrt.java.printing import text_of
from flowrt.java.values import (
    MISSING,
    ByteArray,
    Char,
    Entry,
    Float,
    JavaArray,
    JavaSet,
    Long,
    Values,
    class_name,
    java_equals,
    java_hash,
    java_key,
    number_class,
    utf16_units,
)

Method = tuple[tuple[str, ...], Callable[..., Any]]
Table = dict[str, list[Method]]

# Methods of every object that are out of bounds, as the engine words them.
_DENIED = {
    "getclass": "public final native java.lang.Class java.lang.Object.getClass()",
    "notify": "public final native void java.lang.Object.notify()",
    "notifyall": "public final native void java.lang.Object.notifyAll()",
    "wait": "public final void java.lang.Object.wait() throws java.lang.InterruptedException",
}


def _signed(code: int) -> int:
    return code - (1 << 32) if code >= 1 << 31 else code


def _compare(left: Any, right: Any) -> int:
    return int(left > right) - int(left < right)


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


def _java_split(text: str, regex: str, limit: int = 0) -> Any:
    from flowrt.expr.filters_text import split

    return split(text, regex, Long(limit))


def _replace_regex(text: str, regex: str, replacement: str, count: int = 0) -> str:
    from flowrt.java.regex import patterns

    replace = patterns.replace_first if count else patterns.replace_all
    return str(replace(regex, replacement, text))


def _matches(text: str, regex: str) -> bool:
    from flowrt.java.regex import patterns

    return bool(patterns.matches(regex, text))


def _index(text: str, part: str, last: bool = False) -> int:
    found = text.rfind(part) if last else text.find(part)
    return found if found < 0 else len(utf16_units(text[:found]))


_JAVA_BLANKS = "".join(map(chr, range(33)))

_OBJECT: Table = {
    "tostring": [((), text_of)],
    "hashcode": [((), lambda x: _signed(java_hash(x)))],
    "equals": [(("any",), java_equals)],
}
_TEXT: Table = {
    "length": [((), lambda s: len(utf16_units(s)))],
    "isempty": [((), lambda s: s == "")],
    "isblank": [((), lambda s: not s.strip())],
    "touppercase": [((), str.upper)],
    "tolowercase": [((), str.lower)],
    "trim": [((), lambda s: s.strip(_JAVA_BLANKS))],
    "strip": [((), str.strip)],
    "stripleading": [((), str.lstrip)],
    "striptrailing": [((), str.rstrip)],
    "intern": [((), lambda s: s)],
    "getbytes": [((), lambda s: ByteArray(s.encode()))],
    "concat": [(("text",), lambda s, t: s + t)],
    "startswith": [
        (("text",), str.startswith),
        (("text", "int"), lambda s, t, i: s.startswith(t, i)),
    ],
    "endswith": [(("text",), str.endswith)],
    "indexof": [(("text",), _index)],
    "lastindexof": [(("text",), lambda s, t: _index(s, t, True))],
    "replace": [
        (("text", "text"), lambda s, a, b: s.replace(a, b)),
        (("char", "char"), lambda s, a, b: s.replace(str.__str__(a), str.__str__(b))),
    ],
    "replaceall": [(("text", "text"), _replace_regex)],
    "replacefirst": [(("text", "text"), lambda s, a, b: _replace_regex(s, a, b, 1))],
    "split": [(("text",), _java_split), (("text", "int"), _java_split)],
    "matches": [(("text",), _matches)],
    "equalsignorecase": [(("text",), lambda s, t: s.lower() == t.lower())],
    "contentequals": [(("text",), lambda s, t: s == t)],
    "compareto": [(("text",), lambda s, t: _compare_texts(s, t))],
    "comparetoignorecase": [(("text",), lambda s, t: _compare_texts(s.lower(), t.lower()))],
    "substring": [(("int",), _units), (("int", "int"), _units)],
    "charat": [(("int",), lambda s, i: Char(_units(s, i, i + 1)))],
    "codepointat": [(("int",), lambda s, i: ord(_units(s, i)[0]))],
    "repeat": [(("int",), lambda s, n: _repeat(s, n))],
}


def _compare_texts(left: str, right: str) -> int:
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


def _wrapped(bits: int) -> Callable[[Any], int]:
    half = 1 << (bits - 1)

    def convert(value: Any) -> int:
        if isinstance(value, float) or type(value).__name__ == "Decimal":
            number = to_double(value)
            if number != number:
                return 0
            whole = int(max(min(number, 2.0**70), -(2.0**70)))
            if bits >= 32 and isinstance(value, float):
                return max(-half, min(half - 1, whole))
        else:
            whole = int(value)
        return ((whole + half) & (2 * half - 1)) - half

    return convert


_NUMBER: Table = {
    "intvalue": [((), _wrapped(32))],
    "longvalue": [((), lambda n: Long(_wrapped(64)(n)))],
    "shortvalue": [((), _wrapped(16))],
    "bytevalue": [((), _wrapped(8))],
    "doublevalue": [((), to_double)],
    "floatvalue": [((), Float)],
    "compareto": [(("same",), _compare)],
    "isnan": [((), lambda n: n != n)],
    "isinfinite": [((), lambda n: n in (float("inf"), float("-inf")))],
}
_BOOLEAN: Table = {
    "booleanvalue": [((), lambda b: b)],
    "compareto": [(("bool",), _compare)],
}


def _at(values: Any, index: int) -> Any:
    if not 0 <= index < len(values):
        raise IndexError(f"Index {index} out of bounds for length {len(values)}")
    return values[index]


def _position(values: Any, item: Any, last: bool = False) -> int:
    places = [index for index, own in enumerate(values) if java_equals(own, item)]
    return -1 if not places else places[-1 if last else 0]


def _add(values: Any, item: Any) -> bool:
    values.append(item)
    return True


def _put(entries: Any, key: Any, value: Any) -> Any:
    before = entries.get(key)
    entries[key] = value
    return before


def _has_all(values: Any, others: Any) -> bool:
    present = {java_key(item) for item in values}
    return all(java_key(item) in present for item in others)


_COLLECTION: Table = {
    "size": [((), len)],
    "isempty": [((), lambda c: len(c) == 0)],
    "containsall": [(("collection",), _has_all)],
    "toarray": [((), lambda c: JavaArray(c))],
    "clear": [((), lambda c: c.clear())],
}
_LIST: Table = {
    "getfirst": [((), lambda c: _at(c, 0))],
    "getlast": [((), lambda c: _at(c, max(len(c) - 1, 0)))],
    "get": [(("int",), _at)],
    "indexof": [(("any",), _position)],
    "lastindexof": [(("any",), lambda c, item: _position(c, item, True))],
    "sublist": [(("int", "int"), lambda c, a, b: c[a:b])],
    "reversed": [((), lambda c: c[::-1])],
    "add": [(("any",), _add)],
}
_ENTRY: Table = {
    "getkey": [((), lambda e: e.key)],
    "getvalue": [((), lambda e: e.value)],
}


def _entry_set(entries: Any) -> JavaSet:
    return JavaSet(
        (Entry(k, v) for k, v in entries.items()), "java.util.LinkedHashMap$LinkedEntrySet"
    )


_MAP: Table = {
    "size": [((), len)],
    "isempty": [((), lambda m: len(m) == 0)],
    "keyset": [((), lambda m: JavaSet(m, "java.util.LinkedHashMap$LinkedKeySet"))],
    "values": [((), lambda m: Values(m.values()))],
    "entryset": [((), _entry_set)],
    "get": [(("any",), lambda m, k: m.get(k) if _hashable(k) else None)],
    "getordefault": [(("any", "any"), lambda m, k, d: m.get(k, d) if _hashable(k) else d)],
    "containskey": [(("any",), lambda m, k: _hashable(k) and k in m)],
    "containsvalue": [(("any",), lambda m, v: any(java_equals(own, v) for own in m.values()))],
    "put": [(("any", "any"), _put)],
    "remove": [(("any",), lambda m, k: m.pop(k, None))],
    "clear": [((), lambda m: m.clear())],
}


def _hashable(key: Any) -> bool:
    return not isinstance(key, (list, dict))


_ENUM: Table = {
    "name": [((), text_of)],
    "isfailed": [((), lambda e: e.name == "FAILED")],
}
_URI: Table = {
    "getscheme": [((), lambda u: u.text.partition(":")[0] if ":" in u.text else None)],
    "getpath": [((), lambda u: _uri_parts(u.text)[1])],
    "gethost": [((), lambda u: _uri_parts(u.text)[0] or None)],
}


def _uri_parts(text: str) -> tuple[str, str]:
    rest = text.partition(":")[2] if ":" in text else text
    if rest.startswith("//"):
        host, slash, path = rest[2:].partition("/")
        return host, slash + path
    return "", rest


def _tables(value: Any) -> list[Table]:
    kind = type(value).__name__
    if kind in ("EnumName", "Uri", "Entry"):
        own = {"EnumName": _ENUM, "Uri": _URI, "Entry": _ENTRY}[kind]
        return [own, _OBJECT]
    if type(value) is str:
        return [_TEXT, _OBJECT]
    if type(value) is bool:
        return [_BOOLEAN, _OBJECT]
    if number_class(value):
        return [_NUMBER, _OBJECT]
    if isinstance(value, dict):
        return [_MAP, _OBJECT]
    if is_collection(value):
        own = _LIST if isinstance(value, list) and not isinstance(value, Values) else {}
        return [own, _COLLECTION, _OBJECT]
    return [_OBJECT]


def _fits(kind: str, argument: Any, owner: Any) -> bool:
    if argument is None or kind == "any":
        return True
    if kind == "text":
        return type(argument) is str
    if kind == "char":
        return type(argument) is Char
    if kind == "int":
        return number_class(argument) == "Integer"
    if kind == "bool":
        return type(argument) is bool
    if kind == "collection":
        return is_collection(argument)
    return class_name(argument) == class_name(owner)


def find(value: Any, name: str, arguments: list[Any]) -> Any:
    """The result of the method `name` of a value; `MISSING` where there is none such.

    Raises ExpressionError where the method fails or is out of bounds.
    """
    wanted = name.lower()
    names = [wanted, "get" + wanted, "is" + wanted, "has" + wanted]
    if type(value).__module__.startswith("flowrt.java.time."):

        from flowrt.java.time import members as temporal_members

        found = (
            temporal_members.method(value, name, arguments)
            if arguments
            else temporal_members.member(value, name)
        )
        if found is not MISSING:
            return found
    for candidate in names:
        for table in _tables(value):
            for kinds, function in table.get(candidate, ()):
                if len(kinds) == len(arguments) and all(
                    _fits(kind, argument, value)
                    for kind, argument in zip(kinds, arguments, strict=True)
                ):
                    return _invoke(function, candidate, value, arguments)
        if candidate in _DENIED and not arguments:
            raise ExpressionError(
                f"For security reasons access to {_DENIED[candidate]} method is denied.",
                ACCESS_ERROR,
            )
    return MISSING


_SHOWN = {"getfirst": "getFirst", "getlast": "getLast", "charat": "charAt", "sublist": "subList"}


def _invoke(function: Callable[..., Any], name: str, value: Any, arguments: list[Any]) -> Any:
    if name in ("getfirst", "getlast") and not len(value):
        raise ExpressionError(f"Could not call {_SHOWN[name]}")
    try:
        return function(value, *arguments)
    except LimitExceeded:
        raise
    except RawError:
        raise ExpressionError(f"Could not call {_SHOWN.get(name, name)}") from None
    except (IndexError, TypeError, AttributeError, ValueError):
        raise ExpressionError(f"Could not call {_SHOWN.get(name, name)}") from None
