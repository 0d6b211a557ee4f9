#!/usr/bin/env python3
"""Executions made comparable, and compared.

    compare.py normal FILE             print the comparable form of an execution document (or of a recording)
    compare.py diff EXPECTED ACTUAL    print the differences of two documents or comparable forms; exit 1 if there are any

A document is what Kestra's API gives for an execution, with the log entries of the execution under `logs` and the documents of the
executions that it started, in the order of their start, under `children`. The comparable form drops what differs from run to run
(ids, dates, durations, folders, stack traces) and keeps what a user can rely on: task runs in creation order, states and histories,
attempts, outputs, messages from DEBUG up.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

DATE = re.compile(r"20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d(\[[^\]]+\])?)?")
# working folders lie in one of the process, which is part of where they all lie
WORKPLACE = re.compile(r"/wd/[0-9A-Za-z]{19,22}/(?=[0-9A-Za-z]{19,22}(?![0-9A-Za-z.]))")
FOLDER = re.compile(r"(?:/[\w.@+-]+)*/(?:tmp|wd|work)(?:/[\w.@+-]+)+")
UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
DURATION = re.compile(r"(?<=in )\d\d:\d\d:\d\d\.\d{3}\b")
ID = re.compile(
    r"\b(?=[0-9A-Za-z]*\d)(?=[0-9A-Za-z]*[A-Z])(?=[0-9A-Za-z]*[a-z])[0-9A-Za-z]{19,22}\b"
)
STORED = re.compile(
    r"(kestra:///(?:[^\s\"'<]|<[^>]*>)*/)(?=\d*[A-Za-z])[0-9A-Za-z]{19,22}(?=[-.][^/\s]*)"
)
"""The id before the name of a stored file; two ids in a hundred have no digit and are seen by their place alone."""
TEMP_NAME = re.compile(r"(?<=/)\d{14,20}(?=\.)")
PID = re.compile(r"(?<=pid )\d+")
NOISE = ("SUBMITTED",)  # a hand-over inside the server, not a state that a flow can see


def run_names(runs: list[dict[str, Any]]) -> dict[str, str]:
    """Name each task run by its task and the loop values around it, outermost first: `load[eu][2]`."""
    by_id = {r["id"]: r for r in runs}
    names: dict[str, str] = {}
    for r in runs:
        values, at = [], r
        while at is not None:
            if at.get("value") is not None:
                values.append(at["value"])
            at = by_id.get(at.get("parentTaskRunId"))
        names[r["id"]] = r["taskId"] + "".join(f"[{v}]" for v in reversed(values))
    return names


class Scrub:
    """Replaces what differs between two runs of one flow by a stable name."""

    def __init__(self, day: str) -> None:
        self.ids: dict[str, str] = {}
        self.day = day

    def learn(self, execution: dict[str, Any], label: str) -> None:
        self.ids[execution["id"]] = f"<{label}>"
        runs = execution.get("taskRunList") or []
        for rid, name in run_names(runs).items():
            self.ids.setdefault(rid, f"<run {name}>")

    def text(self, s: str) -> str:
        if self.ids:
            s = self._ids.sub(lambda m: self.ids[m.group()], s)
        s = DATE.sub(
            lambda m: "<now>" if abs(days(m.group()[:10]) - days(self.day)) <= 1 else m.group(), s
        )
        s = WORKPLACE.sub("/wd/", s)
        s = STORED.sub(r"\1<id>", s)
        s = TEMP_NAME.sub("<n>", ID.sub("<id>", UUID.sub("<uuid>", s)))
        s = PID.sub("<pid>", FOLDER.sub("<folder>", s))
        return DURATION.sub("<duration>", s)

    def freeze(self) -> None:
        self._ids = re.compile(
            "|".join(map(re.escape, sorted(self.ids, key=len, reverse=True))) or r"(?!)"
        )

    def value(self, v: Any) -> Any:
        if isinstance(v, str):
            return self.text(v)
        if isinstance(v, dict):
            return {self.text(str(k)): self.value(x) for k, x in v.items()}
        if isinstance(v, list):
            return [self.value(x) for x in v]
        return v


def days(text: str) -> int:
    """The number of a day, `2024-02-29`; 0 for what is none."""
    try:
        return date.fromisoformat(text).toordinal()
    except ValueError:
        return 0


def history(state: dict[str, Any]) -> list[str]:
    return [h["state"] for h in state.get("histories", []) if h["state"] not in NOISE]


def first_line(message: str) -> str:
    """Stack traces follow the message from the second line on."""
    lines = message.split("\n")
    keep = [entry for entry in lines if not re.match(r"\s+(at |\.\.\. \d+ )|Caused by: ", entry)]
    return "\n".join(keep).rstrip()


def tree(
    execution: dict[str, Any], children: list[dict[str, Any]], label: str, scrub: Scrub
) -> None:
    scrub.learn(execution, label)
    for n, c in enumerate(children, 1):
        tree(
            c["execution"],
            c.get("children") or [],
            f"{label}.{n} {c['execution']['flowId']}",
            scrub,
        )


def body(
    execution: dict[str, Any],
    logs: list[dict[str, Any]],
    children: list[dict[str, Any]],
    scrub: Scrub,
) -> dict[str, Any]:
    runs = execution.get("taskRunList") or []
    names = run_names(runs)
    out: dict[str, Any] = {
        "flow": f"{execution['namespace']}.{execution['flowId']}",
        "state": execution["state"]["current"],
    }
    out["history"] = history(execution["state"])
    for key in ("inputs", "outputs", "variables"):
        if execution.get(key):
            out[key] = scrub.value(execution[key])
    labels = {entry["key"]: entry["value"] for entry in execution.get("labels") or []}
    out["labels"] = scrub.value(labels)
    out["runs"] = []
    for r in runs:
        item: dict[str, Any] = {"run": scrub.text(names[r["id"]]), "state": r["state"]["current"]}
        if r.get("parentTaskRunId"):
            item["parent"] = scrub.text(names.get(r["parentTaskRunId"], "?"))
        for key in ("value", "iteration"):
            if r.get(key) is not None:
                item[key] = scrub.value(r[key])
        item["history"] = history(r["state"])
        if r.get("attempts"):
            item["attempts"] = [a["state"]["current"] for a in r["attempts"]]
        if r.get("outputs"):
            item["outputs"] = scrub.value(r["outputs"])
        out["runs"].append(item)
    out["logs"] = [
        {
            "run": scrub.text(names.get(entry.get("taskRunId"), entry.get("taskId") or "")),
            "level": entry["level"],
            "message": scrub.text(first_line(entry.get("message") or "")),
        }
        for entry in logs
        if entry["level"] != "TRACE"
    ]
    if children:
        out["children"] = [
            body(c["execution"], c.get("logs") or [], c.get("children") or [], scrub)
            for c in children
        ]
    return out


def normal(doc: dict[str, Any]) -> dict[str, Any]:
    """The comparable form of one document: `{"execution": …, "logs": […], "children": […]}` or an execution with both inside."""
    execution = doc.get("execution", doc)
    logs = doc.get("logs") or execution.get("logs") or []
    children = [
        (
            c
            if "execution" in c
            else {"execution": c, "logs": c.get("logs"), "children": c.get("children")}
        )
        for c in doc.get("children") or execution.get("children") or []
    ]
    scrub = Scrub(
        (execution["state"].get("startDate") or execution["state"]["histories"][0]["date"])[:10]
    )
    tree(execution, children, "execution", scrub)
    scrub.freeze()
    return body(execution, logs, children, scrub)


def document(run: dict[str, Any]) -> dict[str, Any]:
    """The document of one run of a recording, its child executions in the order of their start."""
    others = sorted(run.get("others") or [], key=lambda e: str(e["state"]["histories"][0]["date"]))
    logs = run.get("otherLogs") or {}
    return {
        "execution": run["execution"],
        "logs": run["logs"],
        "children": [{"execution": e, "logs": logs.get(e["id"]) or []} for e in others],
    }


# ---- comparison ---------------------------------------------------------------------------------------------------------


def differences(
    want: dict[str, Any], got: dict[str, Any], ordered: bool = True
) -> dict[str, list[str]]:
    """Differences by kind: state, runs (which, in which order, with which state), history, outputs, logs, labels.

    `{"$any": [...]}` in `want` accepts each of the values that the real engine showed; `"$skip"` accepts everything.
    """
    if "$any" in want:
        tried = [differences(each, got, ordered) for each in want["$any"]]
        return min(tried, key=lambda found: sum(map(len, found.values())))
    out: dict[str, list[str]] = {}

    def note(kind: str, text: str) -> None:
        out.setdefault(kind, []).append(text)

    def same(a: Any, b: Any) -> bool:
        if a == "$skip":
            return True
        if isinstance(a, dict) and "$any" in a:
            return any(same(x, b) for x in a["$any"])
        if isinstance(a, dict) and isinstance(b, dict):
            return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
        if isinstance(a, list) and isinstance(b, list):
            return len(a) == len(b) and all(map(same, a, b))
        if isinstance(a, bool) or isinstance(b, bool):
            return a is b
        return bool(a == b)

    for key, kind in (
        ("state", "state"),
        ("history", "history"),
        ("inputs", "inputs"),
        ("outputs", "outputs"),
        ("variables", "outputs"),
        ("labels", "labels"),
    ):
        if not same(want.get(key), got.get(key)):
            note(kind, f"{key}: expected {short(want.get(key))}, got {short(got.get(key))}")
    wr, gr = want.get("runs") or [], got.get("runs") or []
    if isinstance(wr, dict):  # several lists were seen
        wr = nearest(wr["$any"], lambda w: differences({"runs": w}, {"runs": gr}, ordered))
    wr = [fitting(run, gr, same) for run in wr]
    if not ordered:
        wr, gr = sorted(wr, key=lambda r: r["run"]), sorted(gr, key=lambda r: r["run"])
    if not same([(r["run"]) for r in wr], [(r["run"]) for r in gr]):
        note(
            "runs",
            f"expected {' '.join(r['run'] for r in wr)}\n         got {' '.join(r['run'] for r in gr)}",
        )
    left = {}
    for r in gr:
        left.setdefault(r["run"], []).append(r)
    for r in wr:
        twins = left.get(r["run"])
        if not twins:
            continue
        g = twins.pop(0)
        for key, kind in (
            ("state", "runs"),
            ("parent", "runs"),
            ("value", "runs"),
            ("iteration", "runs"),
            ("history", "history"),
            ("attempts", "history"),
            ("outputs", "outputs"),
        ):
            if not same(r.get(key), g.get(key)):
                note(
                    kind, f"{r['run']} {key}: expected {short(r.get(key))}, got {short(g.get(key))}"
                )
    wl, gl = want.get("logs", []), got.get("logs", [])
    if isinstance(wl, dict):  # several lists were seen
        wl = next((w for w in wl["$any"] if same(sorted_logs(w), sorted_logs(gl))), wl["$any"][0])

    def line(entry: dict[str, Any]) -> str:
        return f"{entry['level']} {entry['run']}: {short(entry['message'])}"

    if not (same(wl, gl) or (not ordered and same(sorted(wl, key=line), sorted(gl, key=line)))):
        missing, extra = unmatched(wl, gl, same)
        for entry in missing:
            note("logs", f"missing {line(entry)}")
        for entry in extra:
            note("logs", f"extra   {line(entry)}")
        if ordered and not (missing or extra):
            note("log order", "same entries in another order")
    wc, gc = want.get("children", []), got.get("children", [])
    if isinstance(wc, dict):  # several families were seen
        wc = nearest(wc["$any"], lambda w: differences({"children": w}, {"children": gc}, ordered))
    if not ordered:
        wc, gc = sorted(wc, key=lambda c: json.dumps(c, sort_keys=True)), sorted(
            gc, key=lambda c: json.dumps(c, sort_keys=True)
        )
    if len(wc) != len(gc):
        note("children", f"expected {len(wc)} child executions, got {len(gc)}")
    for n, (a, b) in enumerate(zip(wc, gc, strict=False), 1):
        for kind, texts in differences(a, b, ordered).items():
            for text in texts:
                note(kind, f"child {n} {a.get('flow')}: {text}")
    return out


def fitting(
    run: dict[str, Any], got: list[dict[str, Any]], same: Callable[[Any, Any], bool]
) -> dict[str, Any]:
    """A wanted run; of several that were seen, the one that fits."""
    if "$any" not in run:
        return run
    forms: list[dict[str, Any]] = run["$any"]
    return next((form for form in forms if any(same(form, each) for each in got)), forms[0])


def nearest(
    forms: list[Any], compared: Callable[[Any], dict[str, list[str]]]
) -> list[dict[str, Any]]:
    """Of several forms that were seen, the one with the fewest differences."""
    return list(min(forms, key=lambda form: sum(map(len, compared(form or []).values()))) or [])


def unmatched(
    want: list[dict[str, Any]],
    got: list[dict[str, Any]],
    same: Callable[[Any, Any], bool],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The wanted log entries that nothing fits, and those that fit none; exact texts are matched first."""
    left = list(got)
    missing = []
    for entry in sorted(
        want, key=lambda e: e["message"] == "$skip" or isinstance(e["message"], dict)
    ):
        fit = next((g for g in left if same(entry, g)), None)
        if fit is None:
            missing.append(entry)
        else:
            left.remove(fit)
    return missing, left


def sorted_logs(logs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(logs, key=lambda entry: f"{entry['level']} {entry['run']}: {entry['message']}")


def short(v: Any) -> str:
    text = v if isinstance(v, str) else json.dumps(v, ensure_ascii=False, default=str)
    return text if len(text) < 300 else text[:297] + "..."


if __name__ == "__main__":
    verb, *paths = sys.argv[1:]
    docs = [json.loads(Path(p).read_text("utf-8")) for p in paths]
    if verb == "normal":
        (doc,) = docs
        forms = (
            [normal(document(r)) for r in doc["runs"] if "execution" in r]
            if "runs" in doc
            else [normal(doc)]
        )
        print(json.dumps(forms if len(forms) != 1 else forms[0], indent=1, ensure_ascii=False))
    else:
        found = differences(*(d if "runs" in d else normal(d) for d in docs))
        for kind, texts in found.items():
            for text in texts:
                print(f"{kind}: {text}")
        sys.exit(1 if found else 0)
