"""What `tests/fuzz` makes of filters, tests, operators, dates and jq with values of every kind, as the engine answered."""

from __future__ import annotations

import json
import lzma
import sys
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
sys.path.append(str(TESTS / "fuzz"))

import date_patterns  # noqa: E402
import jq_programs  # noqa: E402
import values  # noqa: E402
from test_grammar import answer  # noqa: E402

SETS = {"values": values, "dates": date_patterns, "jq": jq_programs}
RECORDED = "recorded/{}.jsonl.xz"
"""A line a template: the template, whether it gave something, what. Where a failure names its place it ends with `@`."""

DIFFERENCES: dict[str, str] = {
    "{{ range(1, big) }}": "the engine's memory ends; ours is limited",
    "{{ range(1, huge) }}": "the engine's memory ends; ours is limited",
    "{{ m | merge(lm) }}": "maps and lists as keys of a map: they count as their texts, in the order of texts",
    "{{ fromIon(u) }}": "the words of a parser",
    "{{ te | jq('@sh') }}": "nothing at all is not escaped for a shell; here it is null",
}
"""Templates that give something else, and why."""

CUT = {
    "Unable to obtain LocalDate from TemporalAccessor": "what a text holds instead of a date follows",
    "Field ": "the name of a field of a pattern follows",
}
"""How messages go on is a detail of Java there, and why."""

PARTS = 8


@cache
def rows(name: str) -> list[tuple[str, bool, str]]:
    with lzma.open(TESTS / RECORDED.format(name), "rt", encoding="utf-8") as file:
        return [tuple(json.loads(line)) for line in file]


def cut(text: str) -> str:
    for mark in CUT:
        before, found, _ = text.partition(mark)
        if found:
            return before + found
    return text


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("name", SETS)
def test_answers_are_those_of_the_engine(name: str, part: int) -> None:
    wrong = []
    for template, given, text in rows(name)[part::PARTS]:
        if not given and text.endswith(" @"):
            text = f"{text[:-1]}({template}:1)"
        kind, found = answer(template, False, SETS[name].VARIABLES)
        if not given:
            text, found = cut(text), cut(found)
        equal = kind == ("ok" if given else "error") and found == text
        if equal is (template in DIFFERENCES):
            wrong.append((template, text, found))
    assert not wrong


@pytest.mark.parametrize("name", SETS)
def test_what_is_recorded_is_what_is_made(name: str) -> None:
    assert [row[0] for row in rows(name)] == list(dict.fromkeys(SETS[name].templates()))
