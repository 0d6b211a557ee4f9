"""The invariants: the verifier finds each broken one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from flowc.ir.nodes import Arg, Block, Call, Const, Disabled, Graph, Group, Module, Switch, Symbol
from flowc.ir.text import print_module
from flowc.ir.verify import InvalidIR, verify
from flowc.source import SourceFile, Span

SPAN = Span(SourceFile("flow.yaml", "id: x\n"), 0, 5)
LOG = Symbol("flowrt.tasks.log", "Log")


def _call(name: str, path: tuple[str, ...] = (), **fields: Any) -> Call:
    return Call(span=SPAN, id=name, path=path, op=LOG, **fields)


def _block(*entries: Any) -> Block:
    return Block(span=SPAN, entries=entries)


def _module(*entries: Any, **fields: Any) -> Module:
    given: dict[str, Any] = {
        "span": SPAN,
        "id": "f",
        "namespace": "n",
        "description": None,
        "comments": (),
        "args": (),
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
    return Graph(
        span=SPAN, id="g", path=(), op=Symbol("flowrt.control.dag", "Dag"), body=body, after=after
    )


def test_a_good_module() -> None:
    module = _module(
        _call("a"), _graph(("b", ("a",)), ("c", ("a", "b"))), Disabled(span=SPAN, id="off")
    )
    verify(module)
    assert print_module(module) == (
        "flow n.f\n  tasks:\n    call a: Log\n    graph g: Dag\n      body:\n        call a: Log\n"
        "        call b: Log after a\n        call c: Log after a, b\n    disabled off\n"
    )


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (_module(_call("a", ("x",))), "path"),
        (_module(_call("a"), _call("a")), "two steps"),
        (_module(_graph(("a", ("b",)), ("b", ("a",)))), "cycle"),
        (_module(_graph(("a", ("z",)))), "no step of the graph"),
        (_module(replace(_call("a"), op=Symbol("os", "system"))), "no class of the runtime"),
        (
            _module(_call("a", args=(Arg("b c", Const(span=SPAN, value=1), "b"),))),
            "no name of an argument",
        ),
        (_module(_call("a", args=(Arg("b", Const(span=SPAN, value=1), "b"),) * 2)), "named twice"),
        (_module(_call("a", args=(Arg("b", Const(span=SPAN, value=object()), "b"),))), "constant of type"),  # type: ignore[arg-type]
        (_module(replace(_call("a"), span=Span(SPAN.file, 3, 99))), "outside the file"),
        (
            _module(
                Switch(
                    span=SPAN,
                    id="s",
                    path=(),
                    op=Symbol("flowrt.control.switch", "Switch"),
                    cases=(("x", _block()), ("x", _block())),
                )
            ),
            "equal cases",
        ),
        (_module(Group(span=SPAN, id="s", path=(), op=LOG, body=_block(_call("a")))), "path"),
    ],
)
def test_broken_modules(module: Module, message: str) -> None:
    with pytest.raises(InvalidIR, match=message):
        verify(module)
