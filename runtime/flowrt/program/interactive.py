"""`--interactive`: the values of a Pause, asked for on the terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowrt.engine.execution import TaskRun
    from flowrt.inputs.declaration import Input


def ask(paused: TaskRun, declared: list[Input]) -> dict[str, Any]:
    """Ask for each input of a Pause; what is left empty is not given. The end of the input leaves it paused."""
    from flowrt.inputs.declaration import leaves

    execution = paused.execution
    value = "" if paused.value is None else f" [{paused.value}]"
    what = f"{execution.flow_id} {execution.id} is paused at {paused.task.id}{value}"
    if not declared:
        _line(f"{what}: press Enter to go on ")
        return {}
    sys.stderr.write(f"{what}\n")
    found: dict[str, Any] = {}
    for each in leaves(declared):
        hint = each.type if each.default is None else f"{each.type}, default {each.default}"
        text = _hidden(each.id, hint) if each.type == "SECRET" else _line(f"{each.id} ({hint}): ")
        if text:
            found[each.id] = text
    return found


def _line(prompt: str) -> str:
    sys.stderr.write(prompt)
    sys.stderr.flush()
    text = sys.stdin.readline()
    if not text:
        raise EOFError
    return text.rstrip("\n")


def _hidden(name: str, hint: str) -> str:
    from getpass import getpass

    return getpass(f"{name} ({hint}): ", sys.stderr)
