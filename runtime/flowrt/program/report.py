"""`--report`: an execution as one HTML page that needs nothing else."""

from __future__ import annotations

from typing import Any

from flowrt.program import graph

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --bar: #6aa7; }
body { font: 14px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.05rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; } td, th { padding: .2rem .6rem; text-align: left;
border-bottom: 1px solid var(--line); vertical-align: top; } th { font-weight: 600; }
pre { margin: 0; white-space: pre-wrap; word-break: break-word; font: 12px/1.4 ui-monospace, monospace; }
.state { font-weight: 600; } .SUCCESS { color: #2a7f3f; } .WARNING, .WARN { color: #a66a00; }
.FAILED, .KILLED, .CANCELLED, .ERROR { color: #c0392b; } .PAUSED, .RUNNING { color: #2471a3; }
.track { position: relative; width: 100%; min-width: 12rem; height: .9rem; }
.bar { position: absolute; top: 0; height: 100%; background: var(--bar); min-width: 2px; }
""".strip()


def report_html(document: dict[str, Any]) -> str:
    """The page of an execution document: summary, inputs and outputs, timeline of the task runs, log."""
    state = document["state"]
    title = f"{document['namespace']}.{document['flowId']}"
    parts = [
        "<!doctype html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{_escape(title)}</title>',
        f"<style>{_STYLE}\n{graph.STYLE}</style></head><body>",
        f"<h1>{_escape(title)} {_state(state['current'])}</h1>",
        "<table>",
        _row("execution", _escape(document["id"])),
        _row("states", _escape(" → ".join(each["state"] for each in state["histories"]))),
        _row("started", _escape(state["startDate"])),
    ]
    if "endDate" in state:
        parts.append(_row("ended", f"{_escape(state['endDate'])} ({state['duration']:.3f} s)"))
    labels = ", ".join(f"{each['key']}: {each['value']}" for each in document.get("labels") or ())
    parts += [_row("labels", _escape(labels)), "</table>"]
    for name in ("inputs", "outputs"):
        parts += _values(name, document.get(name) or {})
    parts += _graph(document)
    parts += _timeline(document)
    parts += _log(document.get("logs") or [])
    for child in document.get("children") or ():
        inner = child["state"]["current"]
        parts.append(
            f"<h2>started {_escape(child['namespace'])}.{_escape(child['flowId'])} {_state(inner)}</h2>"
        )
        parts += _graph(child)
        parts += _timeline(child)
        parts += _log(child.get("logs") or [])
    return "\n".join([*parts, "</body></html>", ""])


def _escape(text: Any) -> str:
    from html import escape

    return escape(str(text))


def _row(*cells: str) -> str:
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _state(state: str) -> str:
    return f'<span class="state {_escape(state)}">{_escape(state)}</span>'


def _values(name: str, values: dict[str, Any]) -> list[str]:
    if not values:
        return []
    from flowrt.program.console import value_text

    rows = [
        _row(_escape(key), f"<pre>{_escape(value_text(value))}</pre>")
        for key, value in values.items()
    ]
    return [f"<h2>{name}</h2>", "<table>", *rows, "</table>"]


def _graph(document: dict[str, Any]) -> list[str]:
    runs = document.get("taskRunList") or []
    return ["<h2>graph</h2>", *graph.graph_html(runs, _escape)] if runs else []


def _moment(text: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(text).timestamp()


def _timeline(document: dict[str, Any]) -> list[str]:
    runs = document.get("taskRunList") or []
    if not runs:
        return []
    begin = _moment(document["state"]["startDate"])
    ends = [_moment(run["state"]["histories"][-1]["date"]) for run in runs]
    span = max(max(ends) - begin, 1e-6)
    depth: dict[str, int] = {}
    rows = ["<tr><th>task</th><th>state</th><th>attempts</th><th>seconds</th><th>when</th></tr>"]
    for run, end in zip(runs, ends, strict=True):
        level = depth[run["id"]] = depth.get(run.get("parentTaskRunId", ""), -1) + 1
        start = _moment(run["state"]["startDate"])
        name = _escape(run["taskId"] + (f" [{run['value']}]" if "value" in run else ""))
        left, width = 100 * (start - begin) / span, 100 * (end - start) / span
        bar = f'<div class="bar" style="left:{left:.2f}%;width:{width:.2f}%"></div>'
        rows.append(
            _row(
                f'<span style="padding-left:{level * 1.2:.1f}em">{name}</span>',
                _state(run["state"]["current"]),
                str(len(run.get("attempts") or ())),
                f"{end - start:.3f}",
                f'<div class="track">{bar}</div>',
            )
        )
    return ["<h2>tasks</h2>", "<table>", *rows, "</table>"]


def _log(entries: list[dict[str, Any]]) -> list[str]:
    if not entries:
        return []
    rows = [
        _row(
            _escape(entry["timestamp"][11:23]),
            _state(entry["level"]),
            _escape(entry.get("taskId", "")),
            f"<pre>{_escape(entry['message'])}</pre>",
        )
        for entry in entries
    ]
    return ["<h2>log</h2>", "<table>", *rows, "</table>"]
