"""The functions of jq 1.6 that the engine's implementation has."""

from collections.abc import Callable
from functools import cmp_to_key
from typing import Any

from flowrt.java.limits import Clock
from flowrt.java.values import LONG_MAX, LONG_MIN
from flowrt.jq import values as jv
from flowrt.jq.arithmetic import MATHEMATICS
from flowrt.jq.binding import define
from flowrt.jq.compiling import compile_node
from flowrt.jq.env import Argument, Env
from flowrt.jq.natives import NO_WORDS, Native, expect, plain, with_argument, written
from flowrt.jq.operators import required_path
from flowrt.jq.parse import parse
from flowrt.jq.paths import DELETED, Emit, Path, checked, get, mutate, without_deleted
from flowrt.jq.plain import PLAIN
from flowrt.jq.prelude import DEFINED
from flowrt.jq.values import JqError, compare, is_number, shown, to_text, truthy, type_of


def _keyed(v: Any, args: list[Argument], name: str) -> list[tuple[Any, Any]]:
    expect(name, v, "array")
    return [(args[0].all(item), item) for item in v]


def _sort_pairs(env: Env, pairs: list[tuple[Any, Any]]) -> None:
    def order(left: tuple[Any, Any], right: tuple[Any, Any]) -> int:
        env.clock.tick()
        return compare(left[0], right[0])

    pairs.sort(key=cmp_to_key(order))


def _sort_by(
    env: Env, args: list[Argument], v: Any, path: Path | None, emit: Emit, need: bool
) -> None:
    pairs = _keyed(v, args, "sort_by")
    _sort_pairs(env, pairs)
    emit([item for _, item in pairs], None)


def _group_by(
    env: Env, args: list[Argument], v: Any, path: Path | None, emit: Emit, need: bool
) -> None:
    pairs = _keyed(v, args, "group_by")
    _sort_pairs(env, pairs)
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
            env.clock.tick()
            emit(jv.numeric(at), None)
            at += 1

    def step(start: Any, end: Any, by: Any) -> None:
        direction = compare(0, by)
        if direction == 0:
            return
        at = start
        while (compare(at, end) > 0) == (direction > 0) and compare(at, end) != 0:
            env.clock.tick()
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
        env.clock.tick()
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

    clock = Clock()
    for path in sorted(paths, key=cmp_to_key(compare), reverse=True):
        clock.tick()
        out = mutate(out, checked(path), delete, False)
    return without_deleted(out)


def _now(v: Any) -> Any:
    from time import time

    return time()


def _iso_date(v: Any) -> str:
    from flowrt.java.time.local import NANOS
    from flowrt.java.time.temporal import LocalDateTime

    expect("todateiso8601", v, "number")
    if not LONG_MIN <= v <= LONG_MAX:
        raise JqError(NO_WORDS)
    moment = LocalDateTime.of_epoch_nanos(int(v) * NANOS)
    time = moment.time
    return f"{moment.date}T{time.hour:02d}:{time.minute:02d}:{time.second:02d}Z"


def _of_iso_date(v: Any) -> int:
    from flowrt.java.errors import RawError
    from flowrt.java.time.isoparse import parse_instant
    from flowrt.java.time.local import NANOS

    expect("fromdateiso8601", v, "string")
    if len(v) > len("2015-03-05T23:51:47Z"):
        raise JqError(f'date "{v}" does not match format "%Y-%m-%dT%H:%M:%SZ"')
    try:
        return int(parse_instant(v).epoch_nanos // NANOS)
    except RawError:
        raise JqError(NO_WORDS) from None


def _builtins(v: Any) -> list[str]:
    from flowrt.jq.formats import FORMATS

    own = {"_flagged/1"}  # what is defined here alone, and what is defined there alone
    theirs = {"_match_impl/3", "_modify/2", "_sub_impl/3", "debug_scope/0"}
    return sorted({*_NATIVES, *DEFINED, *FORMATS, *theirs} - own)


def _tostring(
    env: Env, args: list[Argument], v: Any, path: Path | None, emit: Emit, need: bool
) -> None:
    if isinstance(v, str):
        emit(v, None)
    else:
        written(to_text(v), emit)


def _tojson(
    env: Env, args: list[Argument], v: Any, path: Path | None, emit: Emit, need: bool
) -> None:
    written(to_text(v), emit)


_NATIVES: dict[str, Native] = {
    **PLAIN,
    **MATHEMATICS,
    "empty/0": _empty,
    "select/1": _select,
    "map/1": _map,
    "error/0": _error,
    "error/1": _error,
    "not/0": plain(lambda v: not truthy(v)),
    "type/0": plain(type_of),
    "tostring/0": _tostring,
    "tojson/0": _tojson,
    "builtins/0": plain(_builtins),
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
    "delpaths/1": with_argument(_delpaths),
    "now/0": plain(_now),
    "todateiso8601/0": plain(_iso_date),
    "fromdateiso8601/0": plain(_of_iso_date),
}

_root = Env(None, lambda key: builtin(key))


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
        return None if format is None else plain(format)
    if key in ("_match_impl/3", "_sub_impl/3"):
        from flowrt.jq import regex

        return regex.match_impl if key[1] == "m" else regex.sub_impl
    return None
