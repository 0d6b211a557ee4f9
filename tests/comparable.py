"""Execution documents in a form that two runs share: ids, times and folders become placeholders."""

from __future__ import annotations

import re
from typing import Any

_PATTERNS = (
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?"), "<time>"),
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "<uuid>"),
    (re.compile(r"(/[\w.@+-]+)*/(tmp|T)(/[\w.@+-]+)+"), "<folder>"),
    (re.compile(r"(?<=in )\d\d:\d\d:\d\d\.\d{3}\b"), "<duration>"),
    (re.compile(r"\b(?=\w*\d)(?=\w*[A-Z])(?=\w*[a-z])[0-9A-Za-z]{19,22}\b"), "<id>"),
    # beside the name of a file stands an id, which need not hold a digit
    (re.compile(r"(?<=/)(?=\w*[A-Z])(?=\w*[a-z])[0-9A-Za-z]{19,22}(?=-)"), "<id>"),
    (re.compile(r"(?<=/)\d{14,20}(?=\.)"), "<number>"),
    (re.compile(r"(?<=pid )\d+"), "<pid>"),
    (re.compile(r"\bPT\d+(\.\d+)?S(?= exceed)"), "<duration>"),
)


def comparable(document: dict[str, Any]) -> dict[str, Any]:
    """What an execution document says of states, runs, outputs and messages, without what differs each time."""
    ids: dict[str, str] = {}
    _collect(document, "execution", ids)
    return _body(document, _Scrubber(ids))


def _collect(document: dict[str, Any], name: str, ids: dict[str, str]) -> None:
    ids[document["id"]] = f"<{name}>"
    runs = document.get("taskRunList") or []
    names = _names(runs)
    for run in runs:
        ids[run["id"]] = f"<{names[run['id']]}>"
    for number, child in enumerate(document.get("children") or [], 1):
        _collect(child, f"{name} {number}", ids)


def _names(runs: list[dict[str, Any]]) -> dict[str, str]:
    """Task runs by task and the loop values around them, outermost first: `load[eu][2]`."""
    by_id = {run["id"]: run for run in runs}
    names = {}
    for run in runs:
        values: list[str] = []
        at: dict[str, Any] | None = run
        while at is not None:
            if at.get("value") is not None:
                values.append(f"[{at['value']}]")
            at = by_id.get(at.get("parentTaskRunId", ""))
        names[run["id"]] = run["taskId"] + "".join(reversed(values))
    return names


class _Scrubber:
    def __init__(self, ids: dict[str, str]) -> None:
        self._ids = ids
        self._pattern = re.compile("|".join(map(re.escape, ids)))

    def __call__(self, value: Any) -> Any:
        if isinstance(value, str):
            value = self._pattern.sub(lambda match: self._ids[match[0]], value)
            for pattern, placeholder in _PATTERNS:
                value = pattern.sub(placeholder, value)
            return value
        if isinstance(value, dict):
            return {self(key): self(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self(item) for item in value]
        return value


def _history(state: dict[str, Any]) -> str:
    return " ".join(entry["state"] for entry in state["histories"])


def _body(document: dict[str, Any], scrub: _Scrubber) -> dict[str, Any]:
    runs = document.get("taskRunList") or []
    names = _names(runs)
    body: dict[str, Any] = {
        "flow": f"{document['namespace']}.{document['flowId']}",
        "history": _history(document["state"]),
    }
    for key in ("inputs", "outputs", "variables"):
        if document.get(key):
            body[key] = scrub(document[key])
    body["labels"] = {each["key"]: scrub(each["value"]) for each in document["labels"]}
    body["runs"] = [_run(run, names, scrub) for run in runs]
    body["logs"] = [
        f"{entry['level']} {names.get(entry.get('taskRunId')) or entry.get('taskId') or '-'}: {scrub(entry['message'])}"
        for entry in document.get("logs") or []
        if entry["level"] != "TRACE"
    ]
    if document.get("children"):
        body["children"] = [_body(child, scrub) for child in document["children"]]
    return body


def _run(run: dict[str, Any], names: dict[str, str], scrub: _Scrubber) -> dict[str, Any]:
    found: dict[str, Any] = {"run": scrub(names[run["id"]]), "history": _history(run["state"])}
    if run.get("parentTaskRunId"):
        found["parent"] = names[run["parentTaskRunId"]]
    if run.get("iteration") is not None:
        found["iteration"] = run["iteration"]
    if len(run.get("attempts") or []) > 1:
        found["attempts"] = [attempt["state"]["current"] for attempt in run["attempts"]]
    if run.get("outputs"):
        outputs = dict(run["outputs"])
        if "iterations" in outputs:
            # which states were seen on the way depends on when somebody looked
            outputs["iterations"] = {k: n for k, n in outputs["iterations"].items() if n}
        found["outputs"] = scrub(outputs)
    return found
