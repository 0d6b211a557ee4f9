"""The query language jq 1.6, as the Java implementation that the engine uses behaves.

``run(program, value)`` gives all results as a list.  A program is parsed (:mod:`.parse`) and evaluated
(:mod:`.evaluate`) with a function called per result, as that implementation does: an error raised while a result
is processed further passes through a ``try`` around its producer.
"""

from typing import Any

from flowrt.java.values import MISSING
from flowrt.jq.evaluate import compile_program
from flowrt.jq.values import JqError

_cache: dict[str, Any] = {}


def run(program: str, value: Any) -> list[Any]:
    """All results of a program for a JSON value, or for none at all (`MISSING`). Raises JqError."""
    compiled = _cache.get(program)
    if compiled is None:
        if len(_cache) > 200:
            _cache.clear()
        compiled = _cache[program] = compile_program(program)
    out: list[Any] = []
    try:
        compiled(value, out.append)
    except RecursionError:
        raise JqError("The program recurses too deeply") from None
    return [None if result is MISSING else result for result in out] if value is MISSING else out


__all__ = ["JqError", "run"]
