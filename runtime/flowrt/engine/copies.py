"""Copies of what a task run sees, for tasks whose expressions change it: `sort` and `reverse` work in place.

The engine sends each attempt to its worker as a copy of its own, so a list that one task has sorted is as before in the
next. Here attempts share what they see, and only those that would change it get a copy.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flowrt.expr.template import Template
from flowrt.model.declare import Declared

if TYPE_CHECKING:
    from flowrt.engine.ports import Engine
    from flowrt.engine.variables import Variables
    from flowrt.model.task import Task

_IN_PLACE = re.compile(r"\|\s*(?:r?sort|reverse)\b")
_SHARED = ("inputs", "vars", "trigger")
"""What tasks that one worker runs one after the other see as those before have left it."""


def changes_lists(engine: Engine, task: Task) -> bool:
    """Whether an expression of the task changes the lists that it is given."""
    found = engine.changers.get(task)
    if found is None:
        found = engine.changers[task] = _changes(vars(task))
    return found


def _changes(given: Any) -> bool:
    if isinstance(given, Template):
        return _IN_PLACE.search(given.source) is not None
    if isinstance(given, dict):
        return any(_changes(key) or _changes(value) for key, value in given.items())
    if isinstance(given, (list, tuple)):
        return any(map(_changes, given))
    return isinstance(given, Declared) and _changes(vars(given))


def keep_apart(variables: Variables) -> dict[str, Any]:
    """Give the variables lists of their own; those that later tasks of the same worker see, too."""
    for name in (*_SHARED, "outputs"):
        value = variables.get(name)
        if value is not None:
            variables[name] = _own(value)
    return {name: variables[name] for name in _SHARED if name in variables}


def _own(value: Any) -> Any:
    from copy import copy

    mine: Any = value
    if isinstance(value, dict):
        mine = copy(value)
        for key in list(dict.keys(value)):
            dict.__setitem__(mine, key, _own(value[key]))
    elif isinstance(value, list):
        mine = copy(value)
        mine[:] = [_own(each) for each in value]
    return mine
