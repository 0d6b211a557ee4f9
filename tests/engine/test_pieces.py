"""Long messages become several log records, cut as Java counts."""

from __future__ import annotations

import pytest

from flowrt.engine.host import MAX_MESSAGE, _pieces


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("", [0]),
        ("x" * MAX_MESSAGE, [MAX_MESSAGE]),
        ("x" * (2 * MAX_MESSAGE + 1), [MAX_MESSAGE, MAX_MESSAGE, 1]),
        ("\u20ac" * (MAX_MESSAGE + 1), [MAX_MESSAGE, 1]),
        ("\U0001f600" * 10_000, [MAX_MESSAGE // 2, 10_000 - MAX_MESSAGE // 2]),
    ],
)
def test_a_piece_has_so_many_units_of_16_bits(text: str, sizes: list[int]) -> None:
    pieces = _pieces(text)
    assert "".join(pieces) == text
    assert [len(piece) for piece in pieces] == sizes


def test_half_a_sign_cannot_be_shown() -> None:
    first, second = _pieces("x" + "\U0001f600" * MAX_MESSAGE)[:2]
    assert (first[-1], second[0]) == ("?", "?")
