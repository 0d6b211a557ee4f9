"""The query language jq 1.6, as the Java implementation that the engine uses behaves.

``run(program, value)`` gives all results as a list. A program is parsed (:mod:`.parse`) and compiled (:mod:`.compiling`,
with a module for each family of nodes) to functions that call back per result, as that implementation does: an error
raised while a result is processed further passes through a ``try`` around its producer.
"""

from typing import Any

from flowrt.java.limits import check_shape
from flowrt.java.values import MISSING
from flowrt.jq.evaluate import Program
from flowrt.jq.values import JqError, Unrescued, from_value

_cache: dict[str, Program] = {}


def compiled(program: str) -> Program:
    """The program of a text; the last two hundred are kept. Raises JqError for a bad one."""
    found = _cache.get(program)
    if found is None:
        if len(_cache) > 200:
            _cache.clear()
        found = _cache[program] = Program(program)
    return found


def run(program: str, value: Any) -> list[Any]:
    """All results of a program for a JSON value, or for none at all (`MISSING`). Raises JqError."""
    out: list[Any] = []
    try:
        compiled(program)(value, out)
    except RecursionError:
        raise JqError("The program recurses too deeply") from None
    except Unrescued as error:
        raise JqError(str(error)) from None
    check_shape(out)
    return _found(out) if value is MISSING else out


def _found(result: Any) -> Any:
    """A result in which what is not there at all is null."""
    if isinstance(result, list):
        return [_found(item) for item in result]
    if isinstance(result, dict):
        return {key: _found(item) for key, item in result.items() if item is not MISSING}
    return None if result is MISSING else result


def run_on_value(program: str, value: Any) -> list[Any]:
    """All results of a program for a value of an expression. Raises JqError.

    Of a value from which paths are all that is asked for, only what stands there becomes JSON.
    """
    asked = compiled(program)
    if asked.steps is not None:
        found = _at(value, asked.steps)
        if found is not _UNTOLD:
            return [from_value(found)]
    elif asked.mapped is not None and type(value) is list:
        items = [_at(item, asked.mapped) for item in value]
        if not any(item is _UNTOLD for item in items):
            return [from_value(items)]
    return run(program, from_value(value))


_UNTOLD = object()
"""What stands at a path of which JSON has to tell."""


def _at(value: Any, steps: tuple[Any, ...]) -> Any:
    """What stands at a path in a value that is no JSON yet."""
    for step in steps:
        kind = type(value)
        if (
            kind is dict
            and type(step) is str
            and (step in value or all(type(key) is str for key in value))
        ):
            value = value.get(step)
        elif kind is list and type(step) is int:
            value = value[step] if -len(value) <= step < len(value) else None
        elif value is not None:
            return _UNTOLD
    return value


__all__ = ["JqError", "run", "run_on_value"]
