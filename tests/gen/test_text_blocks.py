"""Text blocks: whatever a text of several lines holds, the block between the marks means that text."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowc.literal import block_literal
from flowrt.expr.texts import expressions_in, text_block

_PIECES = st.sampled_from(
    [
        '"',
        '"""',
        "'",
        "\\",
        '\\"',
        "\n",
        "  ",
        "a",
        "b c ",
        "\t",
        "↩",
        "↩\n",
        "\r",
        "é",
        "{{ x }}",
        "x" * 60,
        " y" * 40,
    ]
)


@given(st.lists(_PIECES, max_size=12).map("".join), st.sampled_from(["", "    ", " " * 24]))
@settings(max_examples=400, deadline=None)
def test_blocks_mean_their_text(text: str, indent: str) -> None:
    lines = block_literal(text, indent, 100)
    if lines is not None:
        source = "\n".join(lines)
        assert text_block(ast.literal_eval(source)) == text
        assert all(line == line.rstrip() for line in source.split("\n"))


def test_what_a_block_looks_like() -> None:
    text = 'echo "{{ inputs.name }}"\nif true; then\n  echo \\$HOME\nfi\n'
    assert block_literal(text, "    ", 100) == [
        'r"""',
        '    echo "{{ inputs.name }}"',
        "    if true; then",
        "      echo \\$HOME",
        "    fi",
        '    """',
    ]
    assert block_literal("one\ntwo", "", 100) == ['"""', "one", 'two"""']
    assert block_literal("one line", "", 100) is None
    wide = block_literal(f"{' '.join(['word'] * 30)}\nx\n", "    ", 60)
    assert wide is not None and all(len(line) <= 60 for line in wide)
    assert [line[-2:] for line in wide[1:4]] == [" ↩", " ↩", "rd"]


def test_expressions_of_a_text() -> None:
    assert expressions_in("a {{ b }} c\n{{ d }}") == ["a ", "{{ b }}", " c\n", "{{ d }}", ""]
    assert expressions_in("plain") == ["plain"]


@pytest.mark.parametrize("indent", ["", "    ", " " * 12])
@pytest.mark.parametrize("before", range(12))
def test_the_marks_behind_the_last_line_fit(indent: str, before: int) -> None:
    """Words just as wide as a line, less and less: marks and a comma stand behind them."""
    width = 60
    words = ("word " * 20)[: width - len(indent) - before].rstrip() + "s"
    lines = block_literal(f"first\n{words}", indent, width)
    assert lines is not None
    assert all(len(line) <= width for line in [*lines[:-1], f"{lines[-1]},"])
