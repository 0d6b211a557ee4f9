"""Identifiers."""

from __future__ import annotations

import builtins
import keyword

import pytest

from flowc.gen.python.names import FIXED, Names, identifier


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("extract", "extract"),
        ("camelCase", "camelCase"),
        ("my-task", "my_task"),
        ("1st", "t_1st"),
        ("class", "class_"),
        ("print", "print_"),
        ("match", "match_"),
        ("flow", "flow_"),
        ("", "t_"),
        ("é", "_"),
        ("__name__", "t__name__"),
    ],
)
def test_identifier(text: str, name: str) -> None:
    assert identifier(text) == name


def test_no_identifier_means_something_else() -> None:
    taken = {*dir(builtins), *keyword.kwlist, *FIXED}
    for text in taken:
        name = Names().give(text)
        assert name.isidentifier()
        assert name not in taken


def test_names_are_given_once() -> None:
    names = Names(["Log"])
    given = [names.give(text) for text in ("a-b", "a_b", "a.b", "Log", "Log_", "a_b_2", "errors")]
    assert given == ["a_b", "a_b_2", "a_b_3", "Log_", "Log__2", "a_b_2_2", "errors_"]
    assert len(set(given)) == len(given)


def test_many_equal_names_take_linear_time() -> None:
    names = Names()
    given = {names.give("task") for _ in range(5000)}
    assert len(given) == 5000
