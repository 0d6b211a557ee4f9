"""The import block of a module."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable

from flowc.gen.python.expr.code import free_name
from flowc.gen.python.layout import INDENT, WIDTH
from flowc.gen.python.symbols import Symbol


class Imports:
    """Names of the runtime that a module uses, in the order that isort gives them."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = frozenset(taken)
        self._names: dict[Symbol, str] = {}
        self._homes: dict[str, Symbol] = {}

    def add(self, symbol: Symbol) -> str:
        """The name by which the module calls a class or function; names of the flow and earlier ones are not free."""
        name = self._names.get(symbol)
        if name is None:
            name = free_name(symbol.name, self.taken)
            number = 2
            while self._homes.get(name, symbol) != symbol:
                name = f"{symbol.name}{number}"
                number += 1
            self._homes[name] = symbol
            self._names[symbol] = name
        return name

    def lines(self) -> list[str]:
        """The import statements: those of the standard library, then the others."""
        modules: dict[str, list[Symbol]] = {}
        for symbol in self._names:
            modules.setdefault(symbol.module, []).append(symbol)
        standard = [each for each in modules if each in sys.stdlib_module_names]
        first = self._statements(modules, standard)
        return [
            *first,
            *([""] if first else []),
            *self._statements(modules, modules.keys() - standard),
        ]

    def _statements(self, modules: dict[str, list[Symbol]], names: Iterable[str]) -> list[str]:
        result = []
        for module in sorted(names, key=_natural):
            plain = sorted((s for s in modules[module] if self._names[s] == s.name), key=_member)
            if plain:
                result.extend(_statement(module, [symbol.name for symbol in plain]))
            renamed = (symbol for symbol in modules[module] if symbol not in plain)
            for symbol in sorted(renamed, key=_member):
                result.append(f"from {module} import {symbol.name} as {self._names[symbol]}")
        return result


def _statement(module: str, names: list[str]) -> list[str]:
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= WIDTH:
        return [line]
    return [f"from {module} import (", *(f"{INDENT}{name}," for name in names), ")"]


def _natural(text: str) -> list[tuple[int, str]]:
    """Numbers by value, letters without case."""
    parts = re.findall(r"\d+|\D+", text.lower())
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]


def _member(symbol: Symbol) -> tuple[int, list[tuple[int, str]], str]:
    """Constants, then classes, then functions."""
    name = symbol.name
    rank = 0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2
    return rank, _natural(name), name
