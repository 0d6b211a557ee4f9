"""The invariants: the verifier finds each broken one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from flowc.expr import read_template
from flowc.ir.nodes import (
    Block,
    Call,
    Const,
    Disabled,
    Expr,
    Graph,
    Group,
    ListOf,
    Loop,
    Module,
    Property,
    Record,
    Start,
    Stored,
    Switch,
)
from flowc.ir.text import print_module
from flowc.ir.verify import InvalidIR, verify
from flowc.source import SourceFile, Span

SPAN = Span(SourceFile("flow.yaml", "id: x\n"), 0, 5)
CORE = "io.kestra.plugin.core."


def _call(name: str, path: tuple[str, ...] = (), **fields: Any) -> Call:
    return Call(**{"span": SPAN, "id": name, "path": path, "type": f"{CORE}log.Log", **fields})


def _block(*entries: Any) -> Block:
    return Block(span=SPAN, entries=entries)


def _const(value: Any) -> Const:
    return Const(span=SPAN, value=value)


def _property(key: str, value: Any) -> Property:
    return Property(span=SPAN, key=key, kind="string", value=value)


def _module(*entries: Any, **fields: Any) -> Module:
    given: dict[str, Any] = {
        "span": SPAN,
        "id": "f",
        "namespace": "n",
        "description": None,
        "labels": (),
        "inputs": (),
        "variables": None,
        "outputs": (),
        "retry": None,
        "concurrency": None,
        "sla": (),
        "checks": (),
        "triggers": (),
        "revision": 1,
        "disabled": False,
        "tasks": _block(*entries),
        "errors": None,
        "finally_": None,
        "after_execution": None,
        "listeners": (),
        "source_name": "flow.yaml",
        "source_digest": "0",
    }
    return Module(**{**given, **fields})


def _graph(*after: tuple[str, tuple[str, ...]]) -> Graph:
    body = _block(_call("a", ("g",)), _call("b", ("g",)), _call("c", ("g",)))
    return Graph(span=SPAN, id="g", path=(), type=f"{CORE}flow.Dag", body=body, after=after)


def _start(namespace: Any) -> Start:
    return Start(
        span=SPAN,
        id="s",
        path=(),
        type=f"{CORE}flow.Subflow",
        namespace=_property("namespace", namespace),
        flow_id=_property("flowId", _const("x")),
    )


def _expression(text: str, of: str) -> Expr:
    return Expr(span=SPAN, text=text, typed=False, tree=read_template(of))


def test_a_good_module() -> None:
    message = _expression("{{ a }}", "{{ a }}")
    module = _module(
        _call("a", properties=(_property("message", message),), comments=("why",)),
        _graph(("b", ("a",)), ("c", ("a", "b"))),
        Disabled(span=SPAN, id="off"),
        _start(_const("n")),
        labels=(("k", "v"),),
    )
    verify(module)
    assert print_module(module) == (
        'flow n.f\n  label "k" = "v"\n  tasks:\n    # "why"\n'
        "    call a: io.kestra.plugin.core.log.Log\n"
        '      with message: string = text<"{{ a }}">\n'
        "    graph g: io.kestra.plugin.core.flow.Dag\n      body:\n"
        "        call a: io.kestra.plugin.core.log.Log\n"
        "        call b: io.kestra.plugin.core.log.Log after a\n"
        "        call c: io.kestra.plugin.core.log.Log after a, b\n"
        "    disabled off\n"
        "    start s: io.kestra.plugin.core.flow.Subflow\n"
        '      operand namespace: string = "n"\n      operand flowId: string = "x"\n'
    )


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (_module(_call("a", ("x",))), "path"),
        (_module(_call("a"), _call("a")), "two steps"),
        (_module(_graph(("a", ("b",)), ("b", ("a",)))), "cycle"),
        (_module(_graph(("a", ("z",)))), "no step of the graph"),
        (_module(_call("a", type="os; system")), "no type"),
        (_module(_call("a", properties=(_property("b c", _const(1)),))), "no name of a property"),
        (_module(_call("a", properties=(_property("b", _const(1)),) * 2)), "named twice"),
        (_module(_call("a", properties=(_property("b", _const(object())),))), "constant of type"),
        (_module(_call("a", properties=(_property("b", "x"),))), "no value"),
        (
            _module(_call("a", properties=(_property("b", _expression("{{ a }}", "{{ b }}")),))),
            "tree of another text",
        ),
        (_module(replace(_call("a"), span=Span(SPAN.file, 3, 99))), "outside the file"),
        (_module(_call("a", comments=("one\ntwo",))), "several lines"),
        (_module(_start(ListOf(span=SPAN, items=()))), "no text"),
        (
            _module(
                Loop(
                    span=SPAN,
                    id="l",
                    path=(),
                    type="t",
                    body=_block(),
                    values=_property("values", Record(span=SPAN, type=None, properties=())),
                )
            ),
            "loop over a record",
        ),
        (
            _module(
                Stored(
                    span=SPAN,
                    id="t",
                    path=(),
                    type="t",
                    body=_block(_call("a", ("t",))),
                    missing=True,
                )
            ),
            "missing template",
        ),
        (
            _module(
                Switch(
                    span=SPAN,
                    id="s",
                    path=(),
                    type="t",
                    value=_property("value", _const("x")),
                    cases=(("x", _block()), ("x", _block())),
                )
            ),
            "equal cases",
        ),
        (_module(Group(span=SPAN, id="s", path=(), type="t", body=_block(_call("a")))), "path"),
    ],
)
def test_broken_modules(module: Module, message: str) -> None:
    with pytest.raises(InvalidIR, match=message):
        verify(module)
