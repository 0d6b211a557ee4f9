#!/usr/bin/env python3
"""Judge the recorded cases that ran on engines: `judge.py [--write] TARGET=RESULTS.json ...`.

Fails when a case differs in states or outputs and `differences.yaml` does not say why, or when it says so of a case that is
equal. `--write` writes docs/targets-matrix.md.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent.parent / "docs" / "targets-matrix.md"
KINDS = {
    "states": ("state", "runs", "children", "inputs", "crash"),
    "outputs": ("outputs",),
    "order": ("order",),
    "log": ("logs", "log order"),
}
"""The columns of the matrix, and the kinds of differences behind each."""


def reasons(target: str) -> dict[str, tuple[str, bool]]:
    """Why cases differ on a target, and whether they always do."""
    rows = yaml.safe_load((HERE / "differences.yaml").read_text("utf-8"))
    return {
        case: (row["reason"], bool(row.get("sometimes")))
        for row in rows
        if target in row["targets"]
        for case in row["cases"]
    }


def judged(target: str, results: list[dict[str, Any]]) -> list[str]:
    """What is wrong with the results of a target."""
    known = reasons(target)
    wrong = []
    for each in results:
        name, listed = each["name"], known.get(each["name"])
        if each["left_out"] or (listed and listed[1]):
            continue
        if each["equal"] and listed:
            wrong.append(f"{target} {name}: equal, though it is listed as a difference")
        if not each["equal"] and not listed:
            shown = {k: v for k, v in each["problems"].items() if k not in ("logs", "history")}
            wrong.append(f"{target} {name}: {json.dumps(shown, ensure_ascii=False)[:2000]}")
    return wrong


def page(found: dict[str, list[dict[str, Any]]]) -> str:
    """The matrix."""
    lines = [
        "# Recorded cases on the targets",
        "",
        "Written by `make test-engines`, from runs on a server of Prefect and on Airflow. A case is equal when the states",
        "and outputs of its execution and of all of its task runs are those that Kestra has recorded. The order of task runs",
        "and the texts of the log are columns of their own. A cell that is empty has no difference.",
        "",
        "| Target | Cases | Equal in states and outputs | and in order | and in the log |",
        "|---|---|---|---|---|",
    ]
    for target, results in found.items():
        ran = [each for each in results if not each["left_out"]]
        equal = [each for each in ran if each["equal"]]
        ordered = [each for each in equal if not _differs(each, "order")]
        logged = [each for each in ordered if not _differs(each, "log")]
        share = f"{len(equal)} ({100 * len(equal) / max(1, len(ran)):.0f}%)"
        lines.append(f"| {target} | {len(ran)} | {share} | {len(ordered)} | {len(logged)} |")
    targets = list(found)
    lines += ["", "| Case | " + " | ".join(f"{t}" for t in targets) + " |"]
    lines.append("|---" * (len(targets) + 1) + "|")
    by_name = {t: {each["name"]: each for each in results} for t, results in found.items()}
    for name in sorted({name for each in by_name.values() for name in each}):
        cells = [_cell(t, by_name[t].get(name)) for t in targets]
        lines.append(f"| `{name}` | " + " | ".join(cells) + " |")
    lines += ["", "## Why", ""]
    for row in yaml.safe_load((HERE / "differences.yaml").read_text("utf-8")):
        cases = ", ".join(f"`{case}`" for case in row["cases"])
        lines.append(f"- {cases} ({', '.join(row['targets'])}): {row['reason']}")
    return "\n".join(lines) + "\n"


def _differs(each: dict[str, Any], column: str) -> bool:
    return bool(set(KINDS[column]) & each["problems"].keys())


def _cell(target: str, each: dict[str, Any] | None) -> str:
    if each is None:
        return "not run"
    if each["left_out"]:
        return f"left out: {each['left_out']}"
    return ", ".join(column for column in KINDS if _differs(each, column))


def main(words: list[str]) -> int:
    found = {}
    wrong: list[str] = []
    for word in words:
        target, equals, path = word.partition("=")
        if equals:
            found[target] = json.loads(Path(path).read_text("utf-8"))
            wrong += judged(target, found[target])
    if "--write" in words:
        PAGE.write_text(page(found), "utf-8")
    for target, results in found.items():
        ran = [each for each in results if not each["left_out"]]
        print(f"{target}: {sum(each['equal'] for each in ran)} of {len(ran)} equal")
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
