"""When everything happened, as text: the histories of an execution, its runs and their attempts.

A state is a letter with its second behind it. After the runs come the executions that were started, indented.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

LETTERS = {
    "CREATED": "c", "SUBMITTED": "u", "RUNNING": "r", "SUCCESS": "S", "WARNING": "W", "FAILED": "F",
    "KILLED": "K", "PAUSED": "p", "RETRYING": "g", "RESTARTED": "t", "KILLING": "k", "SKIPPED": "X", "CANCELLED": "N",
}  # fmt: skip


def states(state: dict[str, Any]) -> str:
    return " ".join(
        f"{LETTERS[each['state']]}{datetime.fromisoformat(each['date']).timestamp():g}"
        for each in state["histories"]
    )


def lines(document: dict[str, Any]) -> Iterator[str]:
    yield states(document["state"])
    for run in document["taskRunList"]:
        value = f"[{run['value']}]" if "value" in run else ""
        attempts = ", ".join(states(each["state"]) for each in run.get("attempts", ()))
        yield f"{run['taskId']}{value}: {states(run['state'])} | {attempts}"
    for child in document.get("children", ()):
        yield from ("  " + line for line in lines(child))
