"""What typed inputs take, and what they make of it, as Kestra 1.3.34 did: `tests/fuzz/defaults.py` has the cases."""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import Any

import pytest
from fuzz.defaults import TEXTS, cases, flow
from running import analysed, loaded, options

from flowrt.engine.document import execution_document
from flowrt.inputs.errors import InputError
from flowrt.verbs.start import execute

RECORDED = Path(__file__).resolve().parents[1] / "recorded" / "defaults.jsonl.xz"


BEYOND = {
    ("DURATION", "text", "1E63"),
    ("DURATION", "value", "1E63"),
    ("DURATION", "expression", "1E63"),
    ("DATETIME", "value", "1E400"),
    ("DURATION", "value", "1E400"),
}
"""-2**63 seconds, which the engine holds and cannot write down; numbers of YAML that no double can hold."""


def recorded() -> list[dict[str, Any]]:
    with lzma.open(RECORDED, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def test_every_case_is_recorded() -> None:
    assert [(row["type"], row["way"], row["text"]) for row in recorded()] == list(cases())


def answer(row: dict[str, Any]) -> dict[str, Any]:
    """What comes of it: refused by the compiler, rejected at the start, or what an execution has."""
    analysis = analysed(flow("a.b", row["type"], row["way"], row["text"]))
    if analysis.program is None:
        return {"refused": True}
    start = options()
    if row["way"] == "given":
        start.inputs = {"v": row["text"]}
    try:
        document = execution_document(execute(loaded(analysis), start))
    except InputError:
        return {"rejected": True}
    [run] = document["taskRunList"]
    return {
        "input": document.get("inputs", {}).get("v"),
        "shown": run["outputs"].get("value"),
        "state": document["state"]["current"],
    }


@pytest.mark.parametrize("kind", TEXTS)
def test_inputs_take_what_the_engine_takes(kind: str) -> None:
    different = []
    for row in recorded():
        if row["type"] != kind:
            continue
        if (kind, row["way"], row["text"]) in BEYOND:
            continue
        wanted = {name: row[name] for name in ("input", "shown", "state") if name in row}
        wanted = wanted or {"refused" if "refused" in row else "rejected": True}
        found = json.loads(json.dumps(answer(row)))
        if found != wanted:
            different.append(f"{row['way']} {row['text']!r}: {found} instead of {wanted}")
    assert not different, "\n".join(different)
