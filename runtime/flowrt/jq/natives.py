"""Functions of jq that are written in Python: their shape, and how plain ones get it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flowrt.java.growth import checked
from flowrt.jq.env import Argument, Env
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


def expect(name: str, value: Any, *types: str) -> None:
    if type_of(value) not in types:
        raise JqError(f"{name}() is not applicable to {type_of(value)}")
