"""Every filter, test, function and operator with values of every kind (`tests/fuzz/values.py`), as the engine answered."""

from __future__ import annotations

import json
import lzma
import sys
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
sys.path.append(str(TESTS / "fuzz"))

from test_grammar import answer  # noqa: E402
from values import VARIABLES, templates  # noqa: E402

RECORDED = TESTS / "recorded" / "values.jsonl.xz"
"""A line a template: the template, whether it gave something, what. Where a failure names its place it ends with `@`."""

DIFFERENCES: dict[str, str] = {
    "{{ range(1, big) }}": "the engine's memory ends; ours is limited",
    "{{ range(1, huge) }}": "the engine's memory ends; ours is limited",
    "{{ m | merge(lm) }}": "maps and lists as keys of a map: they count as their texts, in the order of texts",
    "{{ fromIon(u) }}": "the words of a parser",
}
"""Templates that give something else, and why."""

PARTS = 8


@cache
def rows() -> list[tuple[str, bool, str]]:
    with lzma.open(RECORDED, "rt", encoding="utf-8") as file:
        return [tuple(json.loads(line)) for line in file]


@pytest.mark.parametrize("part", range(PARTS))
def test_answers_are_those_of_the_engine(part: int) -> None:
    wrong = []
    for template, given, text in rows()[part::PARTS]:
        if not given and text.endswith(" @"):
            text = f"{text[:-1]}({template}:1)"
        found = answer(template, False, VARIABLES)
        if (found != ["ok" if given else "error", text]) is not (template in DIFFERENCES):
            wrong.append((template, text, found))
    assert not wrong


def test_what_is_recorded_is_what_is_made() -> None:
    assert [row[0] for row in rows()] == list(dict.fromkeys(templates()))
