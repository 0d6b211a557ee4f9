"""Maps of a flow with `pluginDefaults`, in the order that the engine gave them: it goes through the flow by hash maps."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flowc.diag.model import Sink
from flowc.front import defaults
from flowc.front.nodes import Mapping, plain
from flowc.front.yaml import parse
from flowc.source import SourceFile

RETURN = "io.kestra.plugin.core.debug.Return"
EACH = "io.kestra.plugin.core.flow.ForEach"
ANY = "- {type: io.kestra.plugin.core, values: {allowFailure: true}}"


def merged(listed: str, tasks: str, more: str = "") -> Any:
    source = f"pluginDefaults:\n{listed}\ntasks:\n{tasks}\n{more}"
    sink = Sink()
    root = parse(SourceFile("flow.yaml", source), sink)
    assert isinstance(root, Mapping)
    found = defaults.merge(root, sink)
    assert not len(sink)
    return plain(found)


def format_of(listed: str, properties: str) -> str:
    [task] = merged(listed, f"- {{id: r, type: {RETURN}{properties}}}")["tasks"]
    return json.dumps(task["format"])


FIVE = (
    f"- {{type: {RETURN}, values: {{format: {{zeta: d, beta: d, alpha: d, gamma: d, delta: d}}}}}}"
)
FORCED = f"- {{type: {RETURN}, forced: true, values: {{format: {{zeta: d, alpha: d, nest: {{z: 1, y: 2, x: 3}}}}}}}}"
NAMED = f"- {{type: {RETURN}, ref: one, values: {{format: {{zeta: d, alpha: d}}}}}}"


@pytest.mark.parametrize(
    ("listed", "properties", "expected"),
    [
        (ANY, ", format: {zz: 1, aa: 2, list: [{z: 1, b: 2, a: 3}]}", '{"zz": 1, "aa": 2, "list": [{"a": 3, "b": 2, "z": 1}]}'),
        (FIVE, ", format: {omega: t, alpha: t, yy: {q: 1, b: 2}}",
         '{"zeta": "d", "yy": {"q": 1, "b": 2}, "alpha": "t", "delta": "d", "beta": "d", "gamma": "d", "omega": "t"}'),
        (FIVE, "", '{"zeta": "d", "delta": "d", "beta": "d", "gamma": "d", "alpha": "d"}'),
        (FIVE, ", format: null", '{"zeta": "d", "delta": "d", "beta": "d", "gamma": "d", "alpha": "d"}'),
        (FORCED, ", format: {omega: t, alpha: t, yy: {q: 1, b: 2, nest: 3}}",
         '{"yy": {"q": 1, "b": 2, "nest": 3}, "zeta": "d", "nest": {"z": 1, "y": 2, "x": 3}, "omega": "t", "alpha": "d"}'),
        (NAMED, ", pluginDefaultsRef: one, format: {omega: t, alpha: t}", '{"zeta": "d", "alpha": "t", "omega": "t"}'),
        (NAMED, ", format: {zz: 1, aa: 2, list: [{z: 1, b: 2, a: 3}]}", '{"zz": 1, "aa": 2, "list": [{"a": 3, "b": 2, "z": 1}]}'),
    ],
)  # fmt: skip
def test_maps_are_in_the_order_of_the_engine(listed: str, properties: str, expected: str) -> None:
    assert format_of(listed, properties) == expected


def test_lists_are_joined_without_what_is_there_already() -> None:
    listed = f"- {{type: {EACH}, values: {{values: [a, b, c]}}}}"
    [task] = merged(listed, f"- {{id: f, type: {EACH}, values: [c, d, a], tasks: []}}")["tasks"]
    assert task["values"] == ["a", "b", "c", "d"]


def test_what_executions_are_created_with_stays_as_it_is_written() -> None:
    written = "{zeta: 1, alpha: 2, mid: {y: 1, x: 2, b: 3}}"
    found = merged(ANY, "- {id: a, type: x}", f"variables: {written}\nlabels: {written}\n")
    for key in ("variables", "labels"):
        assert json.dumps(found[key]) == (
            '{"zeta": 1, "alpha": 2, "mid": {"y": 1, "x": 2, "b": 3}}'
        )


def test_without_defaults_nothing_changes_places() -> None:
    [task] = merged("- {}", f"- {{id: r, type: {RETURN}, format: {{zz: 1, xray: 2, alpha: 3}}}}")[
        "tasks"
    ]
    assert list(task["format"]) == ["zz", "xray", "alpha"]
