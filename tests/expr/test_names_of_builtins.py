"""What is said of a filter or function that does not exist."""

from __future__ import annotations

import pytest

from flowc.expr.builtins import FILTERS, FUNCTIONS, TESTS, suggestion


@pytest.mark.parametrize(
    ("name", "of_filters", "of_functions"),
    [
        ("dateFormat", "use date", "use the filter date"),
        ("size", "use length", "use the filter length"),
        ("fromJson", "use the function fromJson(…)", "use the function fromJson(…)"),
        ("concat", "use ~", "use ~"),
        ("lenght", "did you mean length?", ""),
        ("secrets", "", "did you mean secret?"),
        ("nothing_like_it", "", ""),
    ],
)
def test_what_was_meant_is_told(name: str, of_filters: str, of_functions: str) -> None:
    assert suggestion(name, FILTERS) == of_filters
    assert suggestion(name, FUNCTIONS) == of_functions


def test_what_is_told_in_place_of_foreign_names_exists() -> None:
    for foreign in ("dateFormat", "strftime", "toLowerCase", "unique", "b64decode", "int"):
        told = suggestion(foreign, FILTERS).removeprefix("use ")
        assert told in FILTERS and foreign not in FILTERS.keys() | FUNCTIONS.keys() | TESTS.keys()
