"""In which order the variables of an execution print, and who may hide them."""

from __future__ import annotations

from typing import Any

import pytest

from flowrt.engine.labels import label_pairs
from flowrt.engine.outputs import OutputsTree
from flowrt.engine.variables import hash_copy, nested, vars_view
from flowrt.expr.context import Context, DictEnvironment, assign, scoped
from flowrt.java.errors import RawError


class Task:
    id = "t"
    seals = False


class Run:
    """What the tree looks at in a task run."""

    task = Task()
    iteration = None
    value = None
    index = 0
    outputs_version = 0

    def __init__(self, **outputs: Any) -> None:
        self.outputs = outputs

    def values(self) -> list[str]:
        return []


def test_outputs_lie_in_a_table_that_just_holds_them() -> None:
    # In Java's table of 4 the first two share a bucket; in one of 16 `droppedItemsTotal` would come first.
    run: Any = Run(uri="u", processedItemsTotal=1, droppedItemsTotal=0)
    tree = OutputsTree([run])
    tree.add(run)
    assert list(tree.read()["t"]) == ["processedItemsTotal", "droppedItemsTotal", "uri"]


def test_variables_print_in_hash_order_at_their_first_level() -> None:
    view = vars_view({"zz": {"y": 1, "x": 2}, "nest": 1, "list": 2})
    assert list(view) == ["zz", "list", "nest"]
    assert list(view["zz"]) == ["y", "x"]


def test_a_trigger_prints_in_hash_order_at_every_level() -> None:
    view = hash_copy({"outer": {"zz": 1, "nest": 2, "list": 3}})
    assert list(view["outer"]) == ["zz", "list", "nest"]


def test_only_a_running_task_hides_a_variable() -> None:
    environment = DictEnvironment()
    variables = scoped(Context({"vars": 1}, environment))
    with pytest.raises(RawError, match="null"):
        assign(variables, "vars", 2)
    environment.in_worker = True
    assign(variables, "vars", 2)
    assert variables["vars"] == 2


def test_labels_nest_in_hash_order_below_the_first_level() -> None:
    found = nested({"b.x": "1", "b.a": "2", "a": "3"})
    assert list(found) == ["a", "b"]
    assert list(found["b"]) == ["a", "x"]


def test_labels_are_texts_as_kestra_prints_them() -> None:
    assert label_pairs({"yes": True, "n": 5, "half": 0.5, "empty": ""}) == {
        "yes": "true",
        "n": "5",
        "half": "0.5",
    }
