"""Properties of tasks against values of every kind, as the engine took them: 475 recorded answers.

Nineteen properties (texts, lists, maps, enumerations, durations, flags, anything) × 25 values: literals of each kind,
empty ones, null, expressions that give them, one that fails.
"""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import Any

import pytest

from flowc.driver import Sources, analyse, generate, load_program
from flowc.source import SourceFile
from flowrt.engine.document import execution_document
from flowrt.verbs.options import RunOptions
from flowrt.verbs.start import execute

RECORDED = Path(__file__).resolve().parents[1] / "recorded" / "properties.jsonl.xz"
"""A line a task: its lines of YAML, the state of its run (or REFUSED), its first error."""

DIFFERENT_STATE = {
    "LocalFiles inputs: {a: 1}": "the engine fails where it takes the number for a text",
}


def rows() -> list[tuple[list[str], str, str]]:
    with lzma.open(RECORDED, "rt", encoding="utf-8") as file:
        return [tuple(json.loads(line)) for line in file]


def shown(lines: list[str]) -> str:
    return f"{lines[0].rpartition('.')[2]} {lines[-1]}"


def analysed(tasks: list[list[str]]) -> Any:
    text = "id: f\nnamespace: a.b\ntasks:\n"
    for number, lines in enumerate(tasks):
        text += f"  - id: t{number}\n    allowFailure: true\n" + "".join(
            f"    {line}\n" for line in lines
        )
    return analyse(Sources(SourceFile("f.yaml", text), (), ()))


def outcomes(tasks: list[list[str]], folder: Path) -> list[tuple[str, str]]:
    """State and first error of each task."""
    result = analysed(tasks)
    assert result.program is not None, result.diagnostics
    flow = load_program(generate(result.program, formatted=False), "f.py")
    document = execution_document(execute(flow, RunOptions(store=str(folder), keep_logs=True)))
    errors: dict[str, str] = {}
    for entry in document["logs"]:
        if entry["level"] == "ERROR" and entry.get("taskId"):
            errors.setdefault(entry["taskId"], entry["message"])
    states = {run["taskId"]: run["state"]["current"] for run in document["taskRunList"]}
    names = [f"t{number}" for number in range(len(tasks))]
    return [(states[name], errors.get(name, "")) for name in names]


def test_what_the_engine_refuses_is_refused() -> None:
    accepted = [
        shown(lines)
        for lines, state, _ in rows()
        if state == "REFUSED" and analysed([lines]).program
    ]
    assert not accepted


def executed() -> list[tuple[list[str], str, str]]:
    """The rows that are run: all but those that are refused, and those that wait."""
    return [
        row
        for row in rows()
        if row[1] != "REFUSED" and ("Sleep" not in row[0][0] or row[1] != "SUCCESS")
    ]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    return outcomes([lines for lines, _, _ in executed()], tmp_path_factory.mktemp("store"))


def test_states_and_words_are_those_of_the_engine(ran: list[tuple[str, str]]) -> None:
    wrong, equal, failures = [], 0, 0
    for (lines, state, words), (own_state, own_words) in zip(executed(), ran, strict=True):
        if own_state != state and shown(lines) not in DIFFERENT_STATE:
            wrong.append((shown(lines), state, own_state, own_words))
        if words:
            failures += 1
            equal += words == own_words
    assert not wrong
    assert failures > 250
    assert equal / failures > 0.85


def test_no_words_of_python_reach_the_log(ran: list[tuple[str, str]]) -> None:
    words = ("object is not", "has no attribute", "expected string", "NoneType")
    assert not [pair for pair in ran if any(word in pair[1] for word in words)]
