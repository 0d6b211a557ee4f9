"""What is in scope while a program runs, and the shape of its parts.

Every node of the syntax tree becomes a function `(env, value, path, emit, need)`. It calls `emit(result, path of the
result)` per result; the path is None where a result is computed rather than found, and `need` tells that a path is
asked for. A node that always gives one result has a shorter form too, `(env, value) -> result`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flowrt.java.limits import Clock, check_items
from flowrt.jq.paths import Emit, Path
from flowrt.jq.values import JqError

Run = Callable[["Env", Any, Path | None, Emit, bool], None]
Single = Callable[["Env", Any], Any]


class Break(Exception):
    """`break $label`."""

    def __init__(self, label: object) -> None:
        super().__init__()
        self.label = label


Builtins = Callable[[str], "Callable[..., None] | None"]
"""Gives the function of a name and number of arguments (`map/1`) that every program has."""


class Env:
    """Variables and functions in scope."""

    __slots__ = ("builtin", "clock", "functions", "parent", "variables")

    def __init__(self, parent: Env | None, builtin: Builtins | None = None) -> None:
        self.parent = parent
        self.clock: Clock = Clock() if parent is None else parent.clock
        self.builtin: Builtins | None = builtin if parent is None else parent.builtin
        self.variables: dict[str, Any] = {}
        self.functions: dict[str, Callable[..., None]] = {}

    def variable(self, name: str) -> Any:
        env: Env | None = self
        while env is not None:
            if name in env.variables:
                return env.variables[name]
            env = env.parent
        raise JqError(f"${name} is not defined")

    def function(self, key: str) -> Callable[..., None]:
        env: Env | None = self
        while env is not None:
            if key in env.functions:
                return env.functions[key]
            env = env.parent
        found = None if self.builtin is None else self.builtin(key)
        if found is None:
            if key[0] == "@":
                raise JqError(f"Formatting operator {key.partition('/')[0]} does not exist")
            raise JqError(f"Function {key} does not exist")
        return found


def collector(out: list[Any]) -> Emit:
    """What keeps results in a list, as many as a list may have."""

    def collect(result: Any, _: Any) -> None:
        out.append(result)
        if not len(out) & 0xFFF:
            check_items(len(out))

    return collect


class Argument:
    """An argument of a call: an expression with the environment of the caller; `single` where it gives one result."""

    __slots__ = ("env", "run", "single")

    def __init__(self, env: Env, run: Run, single: Single | None = None) -> None:
        self.env = env
        self.run = run
        self.single = single

    def __call__(self, value: Any, emit: Callable[[Any], None]) -> None:
        """Calls `emit` with each result for an input."""
        self.run(self.env, value, None, lambda result, _: emit(result), False)

    def all(self, value: Any) -> list[Any]:
        """All results for an input."""
        out: list[Any] = []
        self(value, out.append)
        return out
