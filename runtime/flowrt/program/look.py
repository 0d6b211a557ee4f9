"""The commands that look at the executions of a store: `list`, `show`, `logs`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from flowrt.model.states import TERMINAL
from flowrt.program.console import levels_from, short, value_text
from flowrt.verbs.look import document_of, executions, listed
from flowrt.verbs.options import RunOptions

if TYPE_CHECKING:
    from flowrt.model.flow import Flow
    from flowrt.program.arguments import Arguments
    from flowrt.services.masks import Masks


def show(flow: Flow, arguments: Arguments, store: str | None) -> int:
    """Print what a command asks for. Raises `Refusal` when there is no such execution."""
    if arguments.command.name == "list":
        return _list(flow, arguments, RunOptions(store=store))
    document = document_of(flow, arguments.words[0], RunOptions(store=store))
    if arguments.command.name == "logs":
        return _logs(document, arguments)
    hide = _secrets().hide
    report = arguments.one("--report")
    if report is not None:
        from flowrt.program.report import report_html
        from flowrt.program.streams import write_file

        if not write_file(report, [hide(report_html(document))], "--report"):
            return 1
    if arguments.flag("--json"):
        return _json(document)
    print(hide("\n".join(document_lines(document))))
    return 0


def _secrets() -> Masks:
    """What hides the secrets of this process: a task may have put one into a label or an output."""
    from flowrt.services.masks import Masks
    from flowrt.services.secrets import EnvironmentSecrets

    masks, secrets = Masks(), EnvironmentSecrets()
    for name in secrets.names():
        masks.add(secrets.get(name) or "")
    return masks


def _list(flow: Flow, arguments: Arguments, options: RunOptions) -> int:
    """One by one: a store may hold more than memory does."""
    write = sys.stdout.write
    if not arguments.flag("--json"):
        for each in listed(flow, options):
            note = f"  ({each.stands})" if each.stands else ""
            write(f"{each.id:<22}  {each.state:<9}  {each.started}  {each.flow_id}{note}\n")
        return 0
    import json

    opened = False
    for document in executions(flow, options):
        write(", " if opened else "[")
        opened = True
        write(json.dumps(document, ensure_ascii=False))
    write("]\n" if opened else "[]\n")
    return 0


def _logs(document: dict[str, Any], arguments: Arguments) -> int:
    shown = levels_from(arguments.one("--log-level") or "INFO")
    as_json = arguments.one("--log-format") == "json"
    for entry in document.get("logs", ()):
        if entry["level"] not in shown:
            continue
        if as_json:
            _json(entry)
        else:
            task = entry.get("taskId", "-")
            print(f"{entry['timestamp']} {entry['level']:<5} {task}: {entry['message']}")
    return 0


def document_lines(document: dict[str, Any]) -> list[str]:
    """An execution as text: its state, labels, inputs, outputs, task runs."""
    state = document["state"]
    history = " → ".join(each["state"] for each in state["histories"])
    lines = [
        f"{document['namespace']}.{document['flowId']} {document['id']}",
        f"state:   {state['current']} ({history})",
        f"started: {state['startDate']}",
    ]
    if "interrupted" in document:
        lines.append(f"         its process is gone; go on with: resume {document['id']}")
    if state["current"] in TERMINAL:
        lines.append(f"ended:   {state['endDate']} after {state['duration']:.3f}s")
    labels = [f"{each['key']}={each['value']}" for each in document.get("labels") or ()]
    if labels:
        lines.append("labels:  " + ", ".join(labels))
    for name in ("inputs", "outputs"):
        if document.get(name):
            lines.append(f"{name}:")
            lines += [f"  {key}: {value_text(value)}" for key, value in document[name].items()]
    runs = document.get("taskRunList") or []
    if runs:
        lines.append("tasks:")
    depth: dict[str, int] = {}
    for run in runs:
        depth[run["id"]] = depth.get(run.get("parentTaskRunId", ""), -1) + 1
        value = f"[{short(run['value'])}]" if "value" in run else ""
        lines.append(
            f"  {'  ' * depth[run['id']]}{run['taskId']}{value}  {run['state']['current']}"
        )
    return lines


def _json(value: Any) -> int:
    import json

    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    return 0
