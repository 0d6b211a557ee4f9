"""Identifiers from ids: the only place where a name of the flow becomes a name of Python."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable

FIXED = frozenset(
    {"flow", "run", "v", "tasks", "errors", "finally_", "after_execution", "listener"}
)
"""Names that generated modules use themselves."""

_RESERVED = FIXED | frozenset(dir(builtins)) | frozenset(keyword.kwlist) | {"match", "case", "type"}
_UNFIT = re.compile(r"[^A-Za-z0-9_]")


def identifier(text: str) -> str:
    """The nearest Python name: `my-task` is `my_task`, `1st` is `t_1st`; names that mean something get a `_`."""
    name = _UNFIT.sub("_", text)
    if not name or name[0].isdigit():
        name = f"t_{name}"
    if name.startswith("__"):
        name = f"t{name}"
    return f"{name}_" if name in _RESERVED else name


class Names:
    """The names of one module, each given once."""

    def __init__(self, reserved: Iterable[str] = ()) -> None:
        self._reserved = FIXED.union(reserved)
        self._taken = set(self._reserved)
        self._next: dict[str, int] = {}

    def give(self, text: str) -> str:
        """A free name near `text`: a `_` keeps it apart from the names of the module, a number from other ids."""
        name = identifier(text)
        if name in self._reserved:
            name += "_"
        if name in self._taken:
            number = self._next.get(name, 2)
            while f"{name}_{number}" in self._taken:
                number += 1
            self._next[name] = number + 1
            name = f"{name}_{number}"
        self._taken.add(name)
        return name
