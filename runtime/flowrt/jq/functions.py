"""The functions of jq 1.6 that the engine's implementation has."""

import math
from collections.abc import Callable
from functools import cmp_to_key
from typing import Any

from flowrt.jq import values as jv
from flowrt.jq.binding import define
from flowrt.jq.compiling import compile_node
from flowrt.jq.env import Argument, Env
from flowrt.jq.operators import required_path
from flowrt.jq.parse import parse
from flowrt.jq.paths import DELETED, Emit, Path, checked, get, mutate, without_deleted
from flowrt.jq.prelude import DEFINED
from flowrt.jq.values import JqError, compare, is_number, shown, to_text, truthy, type_of

Native = Callable[[Env, list[Argument], Any, "Path | None", Emit, bool], None]


def _plain(function: Callable[[Any], Any]) -> Native:
    """A function of the input alone."""

    def call(
        env: Env, args: list[Argument], v: Any, path: Path | None, emit: Emit, need: bool
    ) -> None:
        emit(function(v), None)

    return call


def _with_argument(function: Callable[[Any, Any], Any]) -> Native:
    """A function of the input and of each result of its argument."""

    def call(
        env: Env, args: list[Argument], v: Any, path: Path | None, emit: Emit, need: bool
    ) -> None:
        args[0](v, lambda arg: emit(function(v, arg), None))

    return call


def _expect(name: str, value: Any, *types: str) -> None:
    if type_of(value) not in types:
        raise JqError(f"{name}() is not applicable to {type_of(value)}")


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
    _expect("keys", v, "object", "array")
    return jv.sorted_keys(v) if isinstance(v, dict) else list(range(len(v)))


def _keys_unsorted(v: Any) -> Any:
    _expect("keys_unsorted", v, "object", "array")
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
    raise JqError(f"has() is not applicable to {type_of(v)}")


def _contains(v: Any, needle: Any) -> Any:
    if type_of(v) != type_of(needle) or (type(v) is bool and v != needle):
        raise JqError(f"{shown(v)} and {shown(needle)} cannot have their containment checked")
    return _holds(v, needle)


def _holds(v: Any, needle: Any) -> bool:
    if isinstance(v, str) and isinstance(needle, str):
        return needle in v
    if isinstance(v, list) and isinstance(needle, list):
        return all(any(_holds(item, wanted) for item in v) for wanted in needle)
    if isinstance(v, dict) and isinstance(needle, dict):
        return all(key in v and _holds(v[key], wanted) for key, wanted in needle.items())
    return compare(v, needle) == 0


def _found(v: Any, needle: Any) -> list[int]:
    if isinstance(v, str) and isinstance(needle, str):
        out, at = [], v.find(needle) if needle else -1
        while at >= 0:
            out.append(at)
            at = v.find(needle, at + 1)
        return out
    if isinstance(v, list):
        wanted = needle if isinstance(needle, list) else [needle]
        size = len(wanted)
        if not size:
            return []
        return [
            at
            for at in range(len(v) - size + 1)
            if all(compare(v[at + k], item) == 0 for k, item in enumerate(wanted))
        ]
    raise JqError(f"indices() is not applicable to {type_of(v)}")


def _indices(v: Any, needle: Any) -> Any:
    _expect("indices", v, "string", "array", "null")
    return None if v is None else _found(v, needle)


def _first_index(v: Any, needle: Any) -> Any:
    return None if v is None else next(iter(_found(v, needle)), None)


def _last_index(v: Any, needle: Any) -> Any:
    return None if v is None else next(iter(_found(v, needle)[::-1]), None)


def _join(v: Any, separator: Any) -> Any:
    if not isinstance(v, (list, dict)):
        raise JqError(f"Cannot iterate over {shown(v)}")
    out = ""
    for number, item in enumerate(v.values() if isinstance(v, dict) else v):
        if number and separator is not None:
            if not isinstance(separator, str):
                raise JqError(f"{shown(out)} and {shown(separator)} cannot be added")
            out += separator
        if isinstance(item, (list, dict)):
            raise JqError(f"{shown(out)} and {shown(item)} cannot be added")
        if isinstance(item, str):
            out += item
        elif item is not None:
            from flowrt.java.printing import text_of

            out += text_of(item)
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
            raise JqError(error.message) from None
    raise JqError(f"{shown(v)} cannot be parsed as a number")


def _from_json(v: Any) -> Any:
    from flowrt.formats.jsonread import parse_json
    from flowrt.java.errors import ExpressionError

    if not isinstance(v, str):
        raise JqError(f"{shown(v)} cannot be parsed as JSON")
    try:
        return parse_json(v, whole=True)
    except ExpressionError as error:
        raise JqError(error.message) from None


def _explode(v: Any) -> Any:
    if not isinstance(v, str):
        raise JqError(f"{shown(v)} cannot be exploded")
    return [ord(char) for char in v]


def _implode(v: Any) -> Any:
    if not isinstance(v, list) or not all(is_number(item) for item in v):
        raise JqError("input to implode() must be a list of codepoints")
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
    return jv.split_text(v, separator)


def _keyed(v: Any, args: list[Argument], name: str) -> list[tuple[Any, Any]]:
    _expect(name, v, "array")
    return [(args[0].all(item), item) for item in v]


def _compare_first(left: tuple[Any, Any], right: tuple[Any, Any]) -> int:
    return compare(left[0], right[0])


_by_first = cmp_to_key(_compare_first)


def _sort_by(
    env: Env, args: list[Argument], v: Any, path: Path | None, emit: Emit, need: bool
) -> None:
    pairs = _keyed(v, args, "sort_by")
    pairs.sort(key=_by_first)
    emit([item for _, item in pairs], None)


def _group_by(
    env: Env, args: list[Argument], v: Any, path: Path | None, emit: Emit, need: bool
) -> None:
    pairs = _keyed(v, args, "group_by")
    pairs.sort(key=_by_first)
    groups: list[list[Any]] = []
    last: Any = None
    for key, item in pairs:
        if groups and compare(last, key) == 0:
            groups[-1].append(item)
        else:
            groups.append([item])
        last = key
    emit(groups, None)


def _extreme_by(name: str, better: Callable[[int], bool]) -> Native:
    def call(
        env: Env, args: list[Argument], v: Any, path: Path | None, emit: Emit, need: bool
    ) -> None:
        best: Any = None
        best_key: Any = None
        for key, item in _keyed(v, args, name):
            if best_key is None or better(compare(key, best_key)):
                best_key, best = key, item
        emit(best, None)

    return call


def _empty(
    env: Env, args: list[Argument], v: Any, path: Path | None, emit: Emit, need: bool
) -> None:
    return None


def _error(
    env: Env, args: list[Argument], v: Any, path: Path | None, emit: Emit, need: bool
) -> None:
    def fail(value: Any) -> None:
        if value is not None:
            raise JqError(value)

    if args:
        args[0](v, fail)
    else:
        fail(v)


def _range(
    env: Env, args: list[Argument], v: Any, path: Path | None, emit: Emit, need: bool
) -> None:
    def count(start: Any, end: Any) -> None:
        if not (is_number(start) and is_number(end)):
            raise JqError("Range bounds must be numeric")
        at, stop = float(start), float(end)
        while at < stop:
            emit(jv.numeric(at), None)
            at += 1

    def step(start: Any, end: Any, by: Any) -> None:
        direction = compare(0, by)
        if direction == 0:
            return
        at = start
        while (compare(at, end) > 0) == (direction > 0) and compare(at, end) != 0:
            emit(at, None)
            at = jv.add(at, by)

    if len(args) == 1:
        args[0](v, lambda end: count(0, end))
    elif len(args) == 2:
        args[0](v, lambda start: args[1](v, lambda end: count(start, end)))
    else:
        args[0](
            v,
            lambda start: args[1](v, lambda end: args[2](v, lambda by: step(start, end, by))),
        )


def _select(
    env: Env, args: list[Argument], v: Any, path: Path | None, emit: Emit, need: bool
) -> None:
    test = args[0]
    if test.single is not None:
        if truthy(test.single(test.env, v)):
            emit(v, path)
    else:
        test(v, lambda r: emit(v, path) if truthy(r) else None)


def _map(env: Env, args: list[Argument], v: Any, path: Path | None, emit: Emit, need: bool) -> None:
    if not isinstance(v, (list, dict)):
        raise JqError(f"Cannot iterate over {shown(v)}")
    items, change = v if isinstance(v, list) else v.values(), args[0]
    single = change.single
    if single is not None:
        emit([single(change.env, item) for item in items], None)
        return
    out: list[Any] = []
    for item in items:
        change(item, out.append)
    emit(out, None)


def _path(
    env: Env, args: list[Argument], v: Any, path: Path | None, emit: Emit, need: bool
) -> None:
    args[0].run(args[0].env, v, (), lambda r, p: emit(list(required_path(v, r, p)), None), True)


def _paths(
    env: Env, args: list[Argument], v: Any, path: Path | None, emit: Emit, need: bool
) -> None:
    def walk(value: Any, at: list[Any]) -> None:
        if at:
            args[0](value, lambda keep: emit(list(at), None) if truthy(keep) else None)
        if isinstance(value, list):
            for index, item in enumerate(value):
                walk(item, [*at, index])
        elif isinstance(value, dict):
            for key, item in value.items():
                walk(item, [*at, key])

    walk(v, [])


def _getpath(
    env: Env, args: list[Argument], v: Any, path: Path | None, emit: Emit, need: bool
) -> None:
    args[0](v, lambda steps: get(v, checked(steps), path, emit))


def _setpath(
    env: Env, args: list[Argument], v: Any, path: Path | None, emit: Emit, need: bool
) -> None:
    def with_path(steps: Any) -> None:
        args[1](v, lambda new: emit(mutate(v, checked(steps), lambda old: new), None))

    args[0](v, with_path)


def _delpaths(v: Any, paths: Any) -> Any:
    if not isinstance(paths, list):
        raise JqError("Paths must be specified as an array")
    for path in paths:
        if not isinstance(path, list):
            raise JqError(f"Path must be specified as array, not {type_of(path)}")
    out = v

    def delete(old: Any) -> Any:
        return DELETED

    for path in sorted(paths, key=cmp_to_key(compare), reverse=True):
        out = mutate(out, checked(path), delete, False)
    return without_deleted(out)


def _math(function: Callable[[float], float]) -> Native:
    def apply(v: Any) -> Any:
        if not is_number(v):
            raise JqError(f"{shown(v)} number required")
        try:
            return float(function(float(v)))
        except ValueError:
            return math.nan
        except OverflowError:
            return math.inf

    return _plain(apply)


def _round(v: float) -> float:
    if v != v or abs(v) == math.inf:
        return v
    return float(math.floor(abs(v) + 0.5)) * (1 if v >= 0 else -1)


def _log(function: Callable[[float], float]) -> Callable[[float], float]:
    return lambda v: -math.inf if v == 0 else function(v)


def _cbrt(v: float) -> float:
    root: float = math.copysign(abs(v) ** (1 / 3), v)
    nearest = round(root)
    return float(nearest) if nearest**3 == v else root


def _same_if_infinite(function: Callable[[float], int]) -> Callable[[float], float]:
    return lambda v: v if v != v or abs(v) == math.inf else float(function(v))


def _two_numbers(function: Callable[[float, float], float]) -> Native:
    def call(
        env: Env, args: list[Argument], v: Any, path: Path | None, emit: Emit, need: bool
    ) -> None:
        def apply(a: Any, b: Any) -> None:
            if not (is_number(a) and is_number(b)):
                raise JqError(f"{shown(a)} and {shown(b)} number required")
            try:
                emit(jv.numeric(function(float(a), float(b))), None)
            except OverflowError:
                emit(math.inf, None)
            except (ValueError, ZeroDivisionError):
                emit(math.nan, None)

        args[1](v, lambda b: args[0](v, lambda a: apply(a, b)))

    return call


def _is_normal(v: Any) -> Any:
    size = abs(float(v)) if is_number(v) else 0.0
    return 2.2250738585072014e-308 <= size < math.inf


def _is_nan(v: Any) -> Any:
    return is_number(v) and float(v) != float(v)


def _is_infinite(v: Any) -> Any:
    return is_number(v) and abs(float(v)) == math.inf


def _now(v: Any) -> Any:
    from time import time

    return time()


_NATIVES: dict[str, Native] = {
    "empty/0": _empty,
    "select/1": _select,
    "map/1": _map,
    "error/0": _error,
    "error/1": _error,
    "not/0": _plain(lambda v: not truthy(v)),
    "type/0": _plain(type_of),
    "length/0": _plain(_length),
    "utf8bytelength/0": _plain(_byte_length),
    "keys/0": _plain(_keys),
    "keys_unsorted/0": _plain(_keys_unsorted),
    "has/1": _with_argument(_has),
    "contains/1": _with_argument(_contains),
    "indices/1": _with_argument(_indices),
    "index/1": _with_argument(_first_index),
    "rindex/1": _with_argument(_last_index),
    "join/1": _with_argument(_join),
    "to_entries/0": _plain(_to_entries),
    "from_entries/0": _plain(_from_entries),
    "reverse/0": _plain(_reverse),
    "tonumber/0": _plain(_to_number),
    "tostring/0": _plain(lambda v: v if isinstance(v, str) else to_text(v)),
    "tojson/0": _plain(to_text),
    "fromjson/0": _plain(_from_json),
    "explode/0": _plain(_explode),
    "implode/0": _plain(_implode),
    "ltrimstr/1": _with_argument(_ltrimstr),
    "rtrimstr/1": _with_argument(_rtrimstr),
    "startswith/1": _with_argument(_startswith),
    "endswith/1": _with_argument(_endswith),
    "split/1": _with_argument(_split),
    "sort_by/1": _sort_by,
    "group_by/1": _group_by,
    "min_by/1": _extreme_by("min_by", lambda order: order < 0),
    "max_by/1": _extreme_by("max_by", lambda order: order >= 0),
    "range/1": _range,
    "range/2": _range,
    "range/3": _range,
    "path/1": _path,
    "paths/1": _paths,
    "getpath/1": _getpath,
    "setpath/2": _setpath,
    "delpaths/1": _with_argument(_delpaths),
    "infinite/0": _plain(lambda v: math.inf),
    "nan/0": _plain(lambda v: math.nan),
    "isnan/0": _plain(_is_nan),
    "isinfinite/0": _plain(_is_infinite),
    "isnormal/0": _plain(_is_normal),
    "now/0": _plain(_now),
    "pow/2": _two_numbers(math.pow),
    "atan2/2": _two_numbers(math.atan2),
    "floor/0": _math(_same_if_infinite(math.floor)),
    "ceil/0": _math(_same_if_infinite(math.ceil)),
    "round/0": _math(_round),
    "sqrt/0": _math(math.sqrt),
    "cbrt/0": _math(_cbrt),
    "exp/0": _math(math.exp),
    "exp2/0": _math(lambda v: math.pow(2, v)),
    "exp10/0": _math(lambda v: math.pow(10, v)),
    "expm1/0": _math(math.expm1),
    "log/0": _math(_log(math.log)),
    "log2/0": _math(_log(lambda v: math.log10(v) / math.log10(2))),
    "log10/0": _math(_log(math.log10)),
    "log1p/0": _math(math.log1p),
    "sin/0": _math(math.sin),
    "cos/0": _math(math.cos),
    "tan/0": _math(math.tan),
    "asin/0": _math(math.asin),
    "acos/0": _math(math.acos),
    "atan/0": _math(math.atan),
    "sinh/0": _math(math.sinh),
    "cosh/0": _math(math.cosh),
    "tanh/0": _math(math.tanh),
}

_root = Env(None)


def builtin(key: str) -> Native | None:
    """The function of a name and number of arguments (`map/1`); None when there is none."""
    found = _NATIVES.get(key)
    if found is not None:
        return found
    if key in DEFINED:
        params, body = DEFINED[key]
        name = key.rpartition("/")[0]
        define(_root, name, tuple(params.split(";")) if params else (), compile_node(parse(body)))
        _NATIVES[key] = _root.functions.pop(key)
        return _NATIVES[key]
    if key.startswith("@"):
        from flowrt.jq.formats import FORMATS

        format = FORMATS.get(key)
        return None if format is None else _plain(format)
    if key in ("_match_impl/3", "_sub_impl/3"):
        from flowrt.jq import regex

        return regex.match_impl if key[1] == "m" else regex.sub_impl
    return None
