"""The task runs of an execution as a picture of boxes in boxes, for the report: no script, no image, only HTML."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_BOXES = 400
"""More runs than that are no picture any more; the table below it shows all of them."""

STYLE = """
.graph { overflow-x: auto; padding: .2rem; } .row { display: flex; gap: .5rem; align-items: flex-start; }
.box { border: 1px solid var(--line); border-left: 4px solid #888; border-radius: 4px; padding: .15rem .5rem;
margin: .1rem 0; width: fit-content; } .then { margin: -.1rem 0 -.1rem .7rem; opacity: .6; }
.box.SUCCESS { border-left-color: #2a7f3f; } .box.WARNING { border-left-color: #a66a00; }
.box.FAILED, .box.KILLED, .box.CANCELLED { border-left-color: #c0392b; } .box.PAUSED, .box.RUNNING { border-left-color:
#2471a3; } .box small { opacity: .75; }
""".strip()


def graph_html(runs: list[dict[str, Any]], escape: Callable[[Any], str]) -> list[str]:
    """Boxes for the first runs: below each other with an arrow when one followed the other, else side by side."""
    shown = runs[:MOST_BOXES]
    children: dict[str, list[dict[str, Any]]] = defaultdict(list)
    known = {run["id"] for run in shown}
    for run in shown:
        parent = run.get("parentTaskRunId", "")
        children[parent if parent in known else ""].append(run)
    parts = ['<div class="graph">']
    # a stack of texts and lists of runs: executions may be nested deeper than Python's calls
    waiting: list[str | list[dict[str, Any]]] = [children[""]]
    while waiting:
        top = waiting.pop()
        if isinstance(top, str):
            parts.append(top)
            continue
        inside: list[str | list[dict[str, Any]]] = []
        for number, group in enumerate(_groups(top)):
            if number:
                inside.append('<div class="then" aria-hidden="true">↓</div>')
            inside.append('<div class="row">')
            for run in group:
                state = escape(run["state"]["current"])
                value = f" [{run['value']}]" if "value" in run else ""
                name = escape(run["taskId"] + value)
                inside.append(f'<div class="box {state}">{name} <small>{state}</small>')
                if run["id"] in children:
                    inside.append(children[run["id"]])
                inside.append("</div>")
            inside.append("</div>")
        waiting.extend(reversed(inside))
    parts.append("</div>")
    if len(runs) > len(shown):
        parts.append(f"<p>… and {len(runs) - len(shown)} more task runs</p>")
    return parts


def _groups(runs: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Runs that were at work at the same time stand together; the next group began when the one before had ended."""
    groups: list[list[dict[str, Any]]] = []
    end = ""
    for run in runs:
        history = run["state"]["histories"]
        if not groups or history[0]["date"] >= end:
            groups.append([])
        groups[-1].append(run)
        end = max(end, history[-1]["date"])
    return groups
