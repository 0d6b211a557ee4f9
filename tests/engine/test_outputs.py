"""In which order the variables of an execution print, and who may hide them."""

from __future__ import annotations

from typing import Any

import pytest
from running import ran

from flowrt.engine.labels import label_pairs
from flowrt.engine.outputs import OutputsTree
from flowrt.engine.variables import hash_copy, nested, vars_view
from flowrt.expr.context import Context, assign, scoped
from flowrt.expr.environment import DictEnvironment
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
    # a table that has grown to three keys has four places, one that was copied has eight
    assert list(vars_view({"a": 1, "d": 2, "f": 3})) == ["d", "a", "f"]


def test_the_tree_is_shown_as_it_was() -> None:
    runs: list[Any] = [Run(a=1), Run(b=2), Run(c=3)]
    tree = OutputsTree(runs)
    versions = [tree.version]
    for run in runs:
        tree.add(run)
        versions.append(tree.version)
    assert [dict(tree.at(version).get("t", {})) for version in versions] == [
        {},
        {"a": 1},
        {"a": 1, "b": 2},
        {"a": 1, "b": 2, "c": 3},
    ]


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


class At(Run):
    """A task run at an address: the values of its loops, and its own where it has one."""

    def __init__(
        self,
        path: str,
        outputs: dict[str, Any] | None,
        *,
        iteration: int | None = None,
        own: bool = True,
    ) -> None:
        self._values = path.split()
        self.value = self._values[-1] if self._values and own else None  # type: ignore[assignment]
        self.iteration = iteration  # type: ignore[assignment]
        self.outputs = outputs  # type: ignore[assignment]

    def values(self) -> list[str]:
        return self._values


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ([], {}),
        ([At("", None)], {}),
        ([At("", {})], {"t": {}}),
        ([At("", {"a": 1})], {"t": {"a": 1}}),
        # Without an iteration the later run takes the place of the earlier one, field by field at the first level.
        ([At("", {"a": 1, "b": 2}), At("", {"a": 3})], {"t": {"a": 3, "b": 2}}),
        ([At("x", {"a": 1}), At("y", {"a": 2})], {"t": {"x": {"a": 1}, "y": {"a": 2}}}),
        ([At("x", {"a": 1}), At("x", {"b": 2})], {"t": {"x": {"b": 2}}}),
        # Below two loops the later round loses what the earlier one of the same outer value had.
        ([At("x 1", {"a": 1}), At("x 2", {"a": 2})], {"t": {"x": {"2": {"a": 2}}}}),
        ([At("x 1 z", {"a": 1})], {"t": {"x": {"1": {"z": {"a": 1}}}}}),
        ([At("x", {"a": 1}, own=False)], {"t": {"x": {"a": 1}}}),
        # With one, what is there stays: maps merge, lists grow, nulls change nothing.
        ([At("", {"a": 1}, iteration=0), At("", {"b": 2}, iteration=1)], {"t": {"a": 1, "b": 2}}),
        (
            [
                At("x 1", {"a": 1}, iteration=0),
                At("x 2", {"a": 2}, iteration=0),
                At("y 1", {"a": 3}, iteration=1),
            ],
            {"t": {"x": {"1": {"a": 1}, "2": {"a": 2}}, "y": {"1": {"a": 3}}}},
        ),
        (
            [
                At("", {"l": [1], "m": {"p": 1, "q": 2}, "n": 1}, iteration=0),
                At("", {"l": [2], "m": {"q": 3}, "n": None}, iteration=1),
            ],
            {"t": {"l": [1, 2], "m": {"p": 1, "q": 3}, "n": 1}},
        ),
        (
            [
                At("x", {"m": {"p": [1]}}, iteration=0, own=False),
                At("x", {"m": {"p": [2], "q": 1}}, iteration=1, own=False),
            ],
            {"t": {"x": {"m": {"p": [1, 2], "q": 1}}}},
        ),
    ],
)
def test_where_outputs_lie(runs: list[At], expected: dict[str, Any]) -> None:
    givers: list[Any] = []
    tree = OutputsTree(givers)
    for run in runs:
        givers.append(run)
        tree.add(run)  # type: ignore[arg-type]
    assert tree.read() == expected
    tree.stale()
    assert tree.read() == expected  # built anew


def test_who_has_begun_sees_the_outputs_of_then() -> None:
    first, second = At("", {"a": 1}), At("x", {"b": 2})
    givers: list[Any] = [first]
    tree = OutputsTree(givers)
    empty = tree.version
    tree.add(first)  # type: ignore[arg-type]
    one = tree.version
    givers.append(second)
    tree.add(second)  # type: ignore[arg-type]
    both = tree.version
    tree.replace(first, {"a": 9})  # type: ignore[arg-type]
    changed = tree.version
    assert len({empty, one, both, changed}) == 4
    seen = [tree.at(version) for version in (empty, one, both, changed)]
    assert seen == [
        {},
        {"t": {"a": 1}},
        {"t": {"a": 1, "x": {"b": 2}}},
        {"t": {"a": 9, "x": {"b": 2}}},
    ]
    tree.take_back(first)  # type: ignore[arg-type]
    assert tree.read() == seen[2]


def test_what_is_sealed_is_shown_in_clear() -> None:
    run: Any = At("", {"a": "sealed"})
    run.task = Task()
    tree = OutputsTree([run])
    tree.reveal = lambda outputs: dict.fromkeys(outputs, "clear")
    tree.add(run)
    assert tree.read() == {"t": {"a": "sealed"}}
    run.task.seals = True
    tree.stale()
    assert tree.read() == {"t": {"a": "clear"}}


@pytest.mark.parametrize("outputs", [{"zz": 1, "nest": 2, "list": 3}, {"m": {"zz": 1, "nest": 2}}])
def test_maps_in_outputs_print_in_hash_order(outputs: dict[str, Any]) -> None:
    run: Any = At("x", outputs)
    tree = OutputsTree([run])
    tree.add(run)
    found = tree.read()["t"]["x"]
    inner = found.get("m", found)
    assert list(inner) == [key for key in ("zz", "list", "nest") if key in inner]


@pytest.mark.parametrize(("ids", "first"), [("kq", "q2"), ("qk", "q2"), ("ab", "a2"), ("ba", "a2")])
def test_the_first_output_that_fails_is_that_of_a_java_map(ids: str, first: str) -> None:
    """As executed: the required ones are rendered as one map, before those that may fail."""
    optional = '  - {id: z, type: STRING, required: false, value: "{{ outputs.none }}"}\n'
    outputs = "".join(
        f'  - {{id: {id}, type: STRING, value: "{{{{ outputs.{id}2 }}}}"}}\n' for id in ids
    )
    flow = f"outputs:\n{optional}{outputs}"
    document = ran("  - {id: a, type: debug.Return, format: a}\n", flow)
    errors = [entry["message"] for entry in document["logs"] if entry["level"] != "DEBUG"]
    assert len(errors) == 1 and f"Unable to find `{first}` used in" in errors[0]
