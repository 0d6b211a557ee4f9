"""Functions of jq that make one value of one or two."""

from typing import Any

from flowrt.java.growth import Growing
from flowrt.java.limits import Clock, check_items
from flowrt.java.values import INT_MAX, INT_MIN
from flowrt.jq import values as jv
from flowrt.jq.natives import NO_WORDS, Native, expect, node_type, plain, with_argument
from flowrt.jq.paths import indexes_of
from flowrt.jq.values import JqError, compare, is_number, shown, type_of


def _length(v: Any) -> Any:
    if v is None:
        return 0
    if isinstance(v, (str, list, dict)):
        return len(v)
    if not is_number(v):
        raise JqError(f"{shown(v)} has no length")
    return jv.numeric(abs(float(v)))


def _byte_length(v: Any) -> Any:
    if not isinstance(v, str):
        raise JqError(f"{shown(v)} only strings have UTF-8 byte length")
    return len(v.encode("utf-8", "replace"))


def _keys(v: Any) -> Any:
    expect("keys", v, "object", "array")
    return jv.sorted_keys(v) if isinstance(v, dict) else list(range(len(v)))


def _keys_unsorted(v: Any) -> Any:
    expect("keys_unsorted", v, "object", "array")
    return list(v) if isinstance(v, dict) else list(range(len(v)))


def _has(v: Any, key: Any) -> Any:
    if v is None:
        return False
    if isinstance(v, dict):
        if not isinstance(key, str):
            raise JqError("argument 1 of has() must be string for object input")
        return key in v
    if isinstance(v, list):
        if not jv.is_integral(key):
            raise JqError("argument 1 of has() must be int for array input")
        return 0 <= key < len(v)
    raise JqError(f"has() is not applicable to {node_type(v)}")


def _contains(v: Any, needle: Any) -> Any:
    if type_of(v) != type_of(needle) or (type(v) is bool and v != needle):
        raise JqError(f"{shown(v)} and {shown(needle)} cannot have their containment checked")
    return _holds(v, needle, Clock())


def _holds(v: Any, needle: Any, clock: Clock) -> bool:
    clock.tick()
    if isinstance(v, str) and isinstance(needle, str):
        return needle in v
    if isinstance(v, list) and isinstance(needle, list):
        return all(any(_holds(item, wanted, clock) for item in v) for wanted in needle)
    if isinstance(v, dict) and isinstance(needle, dict):
        return all(key in v and _holds(v[key], wanted, clock) for key, wanted in needle.items())
    return compare(v, needle) == 0


def _found(v: Any, needle: Any) -> list[int]:
    if isinstance(v, str) and isinstance(needle, str):
        out, at = [], v.find(needle) if needle else -1
        while at >= 0:
            out.append(at)
            if not len(out) & 0xFFF:
                check_items(len(out))
            at = v.find(needle, at + 1)
        return out
    if isinstance(v, list):
        wanted = needle if isinstance(needle, list) else [needle]
        return indexes_of(v, wanted)
    raise JqError(f"indices() is not applicable to {node_type(v)}")


def _indices(v: Any, needle: Any) -> Any:
    expect("indices", v, "string", "array", "null")
    return None if v is None else _found(v, needle)


def _first_index(v: Any, needle: Any) -> Any:
    return None if v is None else next(iter(_found(v, needle)), None)


def _last_index(v: Any, needle: Any) -> Any:
    return None if v is None else next(iter(_found(v, needle)[::-1]), None)


def _join(v: Any, separator: Any) -> Any:
    if not isinstance(v, (list, dict)):
        raise JqError(f"Cannot iterate over {shown(v)}")
    out = ""
    growing = Growing()
    for number, item in enumerate(v.values() if isinstance(v, dict) else v):
        if number and separator is not None:
            if not isinstance(separator, str):
                raise JqError(f"{shown(out)} and {shown(separator)} cannot be added")
            out += growing.add(separator)
        if isinstance(item, (list, dict)):
            raise JqError(f"{shown(out)} and {shown(item)} cannot be added")
        if isinstance(item, str):
            out += growing.add(item)
        elif item is not None:
            from flowrt.java.printing import text_of

            out += growing.add(text_of(item))
    return out


def _to_entries(v: Any) -> Any:
    if isinstance(v, dict):
        return [{"key": key, "value": item} for key, item in v.items()]
    if isinstance(v, list):
        return [{"key": index, "value": item} for index, item in enumerate(v)]
    raise JqError(f"{shown(v)} has no keys")


def _from_entries(v: Any) -> Any:
    if not isinstance(v, (list, dict)):
        raise JqError(f"Cannot iterate over {shown(v)}")
    out: dict[str, Any] = {}
    for entry in v.values() if isinstance(v, dict) else v:
        if not isinstance(entry, dict):
            raise JqError(f'Cannot index {type_of(entry)} with string "key"')
        key = next((entry[n] for n in ("key", "Key", "name", "Name") if n in entry), None)
        if not isinstance(key, str):
            raise JqError(f"Cannot use {shown(key)} as object key")
        out[key] = next((entry[n] for n in ("value", "Value") if n in entry), None)
    return out


def _reverse(v: Any) -> Any:
    if v is None or (isinstance(v, (str, dict)) and not v) or (is_number(v) and float(v) == 0):
        return []
    if isinstance(v, list):
        return v[::-1]
    if type(v) is bool:
        raise JqError(f"{shown(v)} has no length")
    raise JqError(f"Cannot index {type_of(v)} with number")


def _to_number(v: Any) -> Any:
    if is_number(v):
        return v
    if isinstance(v, str):
        from flowrt.java.errors import RawError
        from flowrt.java.text.numberparse import parse_double

        try:
            if "x" in v.lower() and "p" not in v.lower():
                raise RawError(f'For input string: "{v}"')
            return jv.numeric(parse_double(v))
        except RawError as error:
            raise JqError(NO_WORDS) from error
    raise JqError(f"{shown(v)} cannot be parsed as a number")


def _from_json(v: Any) -> Any:
    from flowrt.formats.jsonread import parse_json
    from flowrt.java.errors import ExpressionError

    if not isinstance(v, str):
        raise JqError(f"{shown(v)} only strings can be parsed")
    try:
        return parse_json(v, whole=True)
    except ExpressionError as error:
        said = f"failed to parse {shown(v)} as json{_why_not(v.strip(_BLANKS))}"
        raise JqError(said) from error


_BLANKS = " \t\r\n"


def _why_not(text: str) -> str:
    """What is said of a text that is not one JSON value: nothing where one of its tokens is at fault."""
    import json

    from flowrt.formats.jsonread import parse_json
    from flowrt.java.errors import ExpressionError

    if not text:
        return "; empty"
    try:
        parse_json(text)
        rest = text[json.JSONDecoder().raw_decode(text)[1] :].lstrip(_BLANKS)
        if rest[0] not in '{["':
            parse_json(rest)
    except (ExpressionError, ValueError):
        return ""
    return "; trailing data"


def _explode(v: Any) -> Any:
    expect("explode", v, "string")
    check_items(len(v))
    return [ord(char) for char in v]


def _implode(v: Any) -> Any:
    expect("implode", v, "array")
    for item in v:
        expect("implode", item, "number", containing=True)
    for item in v:
        if not INT_MIN <= item <= INT_MAX:
            raise JqError("input to implode() must be a list of codepoints; NUMBER found")
    return "".join(chr(jv.as_int(item) & 0xFFFF) for item in v)


def _ltrimstr(v: Any, prefix: Any) -> Any:
    both = isinstance(v, str) and isinstance(prefix, str)
    return v.removeprefix(prefix) if both else v


def _rtrimstr(v: Any, suffix: Any) -> Any:
    both = isinstance(v, str) and isinstance(suffix, str)
    return v.removesuffix(suffix) if both else v


def _startswith(v: Any, prefix: Any) -> Any:
    if not (isinstance(v, str) and isinstance(prefix, str)):
        raise JqError("startswith() requires string inputs")
    return v.startswith(prefix)


def _endswith(v: Any, suffix: Any) -> Any:
    if not (isinstance(v, str) and isinstance(suffix, str)):
        raise JqError("endswith() requires string inputs")
    return v.endswith(suffix)


def _split(v: Any, separator: Any) -> Any:
    if not (isinstance(v, str) and isinstance(separator, str)):
        raise JqError("split input and separator must be strings")
    check_items(v.count(separator) if separator else len(v))
    return jv.split_text(v, separator)


PLAIN: dict[str, Native] = {
    "length/0": plain(_length),
    "utf8bytelength/0": plain(_byte_length),
    "keys/0": plain(_keys),
    "keys_unsorted/0": plain(_keys_unsorted),
    "has/1": with_argument(_has),
    "contains/1": with_argument(_contains),
    "indices/1": with_argument(_indices),
    "index/1": with_argument(_first_index),
    "rindex/1": with_argument(_last_index),
    "join/1": with_argument(_join),
    "to_entries/0": plain(_to_entries),
    "from_entries/0": plain(_from_entries),
    "reverse/0": plain(_reverse),
    "tonumber/0": plain(_to_number),
    "fromjson/0": plain(_from_json),
    "explode/0": plain(_explode),
    "implode/0": plain(_implode),
    "ltrimstr/1": with_argument(_ltrimstr),
    "rtrimstr/1": with_argument(_rtrimstr),
    "startswith/1": with_argument(_startswith),
    "endswith/1": with_argument(_endswith),
    "split/1": with_argument(_split),
}
"""Name and number of arguments → function."""
