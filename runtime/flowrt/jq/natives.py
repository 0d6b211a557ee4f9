"""Functions of jq that are written in Python: their shape, and how plain ones get it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flowrt.java.growth import checked
from flowrt.jq.env import Argument, Break, Env
from flowrt.jq.paths import Emit, Path
from flowrt.jq.values import JqError, type_of

Native = Callable[[Env, list[Argument], Any, "Path | None", Emit, bool], None]


def _bounded(result: Any) -> Any:
    return checked(result) if type(result) is str else result


def plain(function: Callable[[Any], Any]) -> Native:
    """A function of the input alone."""

    def call(
        env: Env, args: list[Argument], v: Any, path: Path | None, emit: Emit, need: bool
    ) -> None:
        emit(_bounded(function(v)), None)

    return call


def with_argument(function: Callable[[Any, Any], Any]) -> Native:
    """A function of the input and of each result of its argument."""

    def call(
        env: Env, args: list[Argument], v: Any, path: Path | None, emit: Emit, need: bool
    ) -> None:
        args[0](v, lambda arg: emit(_bounded(function(v, arg)), None))

    return call


def expect(name: str, value: Any, *types: str, containing: bool = False) -> None:
    """Refuses an input (or what it contains) of another type, in the words that all functions share."""
    if type_of(value) not in types:
        wanted = ", ".join(types).upper()
        what = f"input which contains {node_type(value)}" if containing else node_type(value)
        raise JqError(f"{name} is not applicable to {what}; expected one of [{wanted}]")


def expect_argument(name: str, number: int, value: Any, *types: str) -> None:
    """Refuses an argument of another type; `number` is the one that the message tells."""
    if type_of(value) not in types:
        place = {1: "1st", 2: "2nd", 3: "3rd"}.get(number, f"{number}th")
        raise JqError(
            f"cannot accept {node_type(value)} as {place} argument of {name}; "
            f"expected one of [{', '.join(types).upper()}]"
        )


def node_type(value: Any) -> str:
    """How messages of functions call a type."""
    return type_of(value).upper()


def written(text: str, emit: Emit) -> None:
    """Emits a text that was made of a value.

    The engine guards the making together with what follows it: whatever fails there, or breaks off, is a failure
    without words.
    """
    checked(text)
    try:
        emit(text, None)
    except (JqError, Break):
        raise JqError(NO_WORDS) from None


NO_WORDS = "N/A"
"""What the engine calls a failure that has no message of its own."""
