"""Underscores in numbers of Ion: one between two digits, as the engine reads them."""

from __future__ import annotations

import pytest

from flowrt.formats.ion import IonError, read_ion


@pytest.mark.parametrize(
    ("text", "value"), [("1_0", 10), ("1_000_000", 1000000), ("0x1_f", 31), ("0b1_1", 3), ("1_0.2_5e0", 10.25)]
)  # fmt: skip
def test_single_ones_are_read(text: str, value: float) -> None:
    assert read_ion(f"{{k:{text}}}", False) == [{"k": value}]


@pytest.mark.parametrize("text", ["1__0", "1_", "1.0__1", "1._1", "0x_1", "0b1_", "1_.5"])
def test_others_are_refused(text: str) -> None:
    with pytest.raises(IonError):
        read_ion(f"{{k:{text}}}", False)
