"""Templates of `tests/fuzz/expressions.py`, as the engine answered them: 11,920 recorded answers."""

import json
import lzma
import sys
from pathlib import Path
from typing import Any

import pytest

from flowc.expressions import value_of
from flowrt.expr.context import Context
from flowrt.expr.environment import DictEnvironment
from flowrt.expr.render import render_text
from flowrt.java.errors import ExpressionError
from flowrt.java.printing import text_of

TESTS = Path(__file__).resolve().parents[1]
sys.path.append(str(TESTS / "fuzz"))

from expressions import VARIABLES, templates  # noqa: E402

RECORDED = TESTS / "recorded" / "grammar.jsonl.xz"
"""A line a template: the template, whether it was rendered with its kind, its variables (null for those of the grammar),
and the answer: `["ok", text, class]`, or `["error", message]`. Both of two passes of the engine gave it."""

WRAPPED = ("io.pebbletemplates.", "Unable to find ")
"""How messages begin that the engine words. All others are plain failures of Java: that there is one must be equal."""

DIFFERENCES: dict[str, str] = {
    "chunk(2)": "the class of the list that `chunk` gives is one of a Java library",
    "MAX_VALUE": "constants of Java classes",
    "fromIon('a::[1]')": "an annotation of a list is dropped",
}
"""What a template holds that may give something else, and why."""


def rows() -> list[list[Any]]:
    with lzma.open(RECORDED, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def answer(template: str, typed: bool, variables: dict[str, Any] | None) -> list[str]:
    given = json.loads(json.dumps(VARIABLES if variables is None else variables))
    v = Context(given, DictEnvironment())
    try:
        if not typed:
            return ["ok", render_text(template, v) or ""]
        value = value_of(template, v)
        return ["ok", text_of(value)]
    except ExpressionError as error:
        return ["error", str(error)]


@pytest.mark.parametrize("part", range(4))
def test_answers_are_those_of_the_engine(part: int) -> None:
    wrong, words, plain = [], 0, 0
    for template, typed, variables, (kind, text, *_) in rows()[part::4]:
        found = answer(template, typed, variables)
        if kind == "error" == found[0] and not text.startswith(WRAPPED):
            plain += 1
            words += found[1] == text
        elif found != [kind, text or ""] and not any(mark in template for mark in DIFFERENCES):
            wrong.append((template, [kind, text], found))
    assert not wrong
    assert plain > 100
    assert words / plain > 0.95


def test_the_grammar_gives_the_recorded_templates() -> None:
    """The generator and the recording belong together."""
    recorded = {row[0] for row in rows()}
    made = [template for template, _ in templates(1, 500)]
    assert sum(template in recorded for template in made) > 450


def test_the_grammar_makes_no_template_that_crashes() -> None:
    """A seed that was not recorded: whatever it is, it gives a value or a failure in words."""
    for template, typed in templates(7, 1500):
        assert answer(template, typed, None)[0] in ("ok", "error")
