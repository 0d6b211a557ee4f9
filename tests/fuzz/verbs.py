"""What somebody does with an execution that is over, drawn from a seed: restart, replay, another state for a task run."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

Action = dict[str, Any]


def actions(seed: int, document: dict[str, Any]) -> list[Action]:
    """What is done, one after the other, to the execution whose document this is; nothing when there is nothing to do."""
    dice = Random(seed)
    runs = document.get("taskRunList") or []
    times = Counter(run["taskId"] for run in runs)
    once = [run for run in runs if times[run["taskId"]] == 1]
    failed = [run for run in once if run["state"]["current"] == "FAILED"]
    roll = dice.random()
    if document["state"]["current"] == "FAILED":
        if roll < 0.4:
            return [{"restart": {}}]
        if roll < 0.55:
            return [{"restart": {}}, {"restart": {}}]
        if roll < 0.75 and failed:
            return [_change(dice.choice(failed), dice.choice(["SUCCESS", "WARNING"]))]
    if not once:
        return []
    if roll < 0.9:
        return [{"replay": {"from_task": dice.choice(once)["taskId"]}}]
    return [_change(dice.choice(once), dice.choice(["FAILED", "SUCCESS", "WARNING"]))]


def _change(run: dict[str, Any], state: str) -> Action:
    return {"change_state": {"task": run["taskId"], "state": state}}
