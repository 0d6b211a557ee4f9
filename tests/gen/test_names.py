"""Identifiers."""

from __future__ import annotations

import builtins
import keyword

import pytest

import flowc
from flowc.driver import load_program
from flowc.gen.python.names import FIXED, Names, distinct, identifier, module_stem
from flowrt.verbs.options import RunOptions
from flowrt.verbs.start import execute


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


def test_names_depend_on_ids_alone() -> None:
    """No order and no further id changes a name, but for one that would be written alike."""
    ids = ["load-data", "extract", "a_b", "class", "1st", "Log", "upper", "text", "finally"]
    before = distinct(ids)
    assert distinct(reversed(ids)) == before
    assert {text: distinct([*ids, "new", "other-one"])[text] for text in ids} == before
    assert before["load-data"] == "load_data"
    both = distinct(["load-data", "load_data"])
    assert both["load_data"] == "load_data"
    assert both["load-data"].startswith("load_data_") and both == distinct(reversed(list(both)))


def test_helpers_give_way_to_tasks() -> None:
    """A task may be called as a helper or a class is; its own name stays."""
    tasks = "".join(
        f"  - {{id: {name}, type: io.kestra.plugin.core.log.Log, message: \"{{{{ 'x' | upper }}}} y\"}}\n"
        for name in ("upper", "text", "Log", "expr", "Run")
    )
    source = flowc.compile_text(f"id: f\nnamespace: a.b\ntasks:\n{tasks}")
    for name in ("upper", "text", "Log", "expr", "Run"):
        assert (
            f"\n{name} = flow.task(Log_(" in source or f"\n{name} = flow.task(\n    Log_(" in source
        )
    flow = load_program(source, "f.py")
    execution = execute(flow, RunOptions())
    assert execution.state == "SUCCESS"


@pytest.mark.parametrize(
    "stem", ["json", "queue", "flowrt", "asyncio", "duckdb", "pydantic", "yaml", "prefect"]
)
def test_files_hide_no_module(stem: str) -> None:
    assert module_stem(stem) == f"{stem}_"
    assert module_stem("orders") == "orders"
