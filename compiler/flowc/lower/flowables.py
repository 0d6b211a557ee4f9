"""The structure of each flowable: one function for each, from children by property to blocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypedDict

from flowc.front import model
from flowc.ir.nodes import (
    Arg,
    Batch,
    Block,
    Branch,
    Call,
    Const,
    Fork,
    Graph,
    Group,
    ListOf,
    Loop,
    Policy,
    Step,
    Switch,
    Symbol,
    TaskRef,
    Until,
)
from flowc.lower.inputs import lower_inputs
from flowc.source import Span
from flowrt.control.allow_failure import AllowFailure
from flowrt.control.dag import Dag
from flowrt.control.each import EachParallel, EachSequential, ForEach
from flowrt.control.for_each_item import ForEachItem
from flowrt.control.if_ import If
from flowrt.control.loop_until import LoopUntil
from flowrt.control.parallel import Parallel
from flowrt.control.pause import Pause
from flowrt.control.sequential import Sequential
from flowrt.control.switch import Switch as SwitchTask
from flowrt.control.template import Template
from flowrt.control.working_directory import WorkingDirectory

if TYPE_CHECKING:
    from flowc.lower.flow import Lowering

_CASE = "case:"


class Common(TypedDict):
    """What all steps have; the fields of `Step`."""

    span: Span
    id: str
    path: tuple[str, ...]
    op: Symbol
    args: tuple[Arg, ...]
    policy: Policy
    errors: Block | None
    finally_: Block | None
    description: str | None
    comments: tuple[str, ...]
    packages: tuple[str, ...]


Builder = Callable[["Lowering", model.Task, Common, tuple[str, ...]], Step]


def _block(low: Lowering, task: model.Task, name: str, inside: tuple[str, ...]) -> Block | None:
    children = task.children.get(name)
    return None if children is None else low.block(children, inside, task.span)


def _body(low: Lowering, task: model.Task, inside: tuple[str, ...]) -> Block:
    return low.block(task.children.get("tasks", ()), inside, task.span)


def _group(low: Lowering, task: model.Task, common: Common, inside: tuple[str, ...]) -> Step:
    return Group(**common, body=_body(low, task, inside))


def _fork(low: Lowering, task: model.Task, common: Common, inside: tuple[str, ...]) -> Step:
    return Fork(**common, body=_body(low, task, inside))


def _until(low: Lowering, task: model.Task, common: Common, inside: tuple[str, ...]) -> Step:
    return Until(**common, body=_body(low, task, inside))


def _spread(low: Lowering, task: model.Task, common: Common, inside: tuple[str, ...]) -> Step:
    return Loop(**common, body=_body(low, task, inside), spread=True)


def _loop(low: Lowering, task: model.Task, common: Common, inside: tuple[str, ...]) -> Step:
    body = _body(low, task, inside)
    limit = next((arg.value for arg in common["args"] if arg.name == "concurrency_limit"), None)
    if (
        body.has_disabled
        and isinstance(limit, Const)
        and isinstance(limit.value, int)
        and limit.value > 1
    ):
        # A disabled child makes the engine take the values in turn, whatever the limit.
        one = Const(span=limit.span, value=1)
        common["args"] = tuple(
            arg._replace(value=one) if arg.value is limit else arg for arg in common["args"]
        )
        note = f"concurrencyLimit {limit.value} acts as 1, because a child is disabled"
        common["comments"] = (*common["comments"], note)
    return Loop(**common, body=body)


def _branch(low: Lowering, task: model.Task, common: Common, inside: tuple[str, ...]) -> Step:
    then = low.block(task.children.get("then", ()), inside, task.span)
    return Branch(**common, then=then, orelse=_block(low, task, "else", inside))


def _switch(low: Lowering, task: model.Task, common: Common, inside: tuple[str, ...]) -> Step:
    cases = tuple(
        (name.removeprefix(_CASE), low.block(children, inside, task.span))
        for name, children in task.children.items()
        if name.startswith(_CASE)
    )
    declared = cases if cases or "cases" in task.children else None
    return Switch(**common, cases=declared, default=_block(low, task, "defaults", inside))


def _graph(low: Lowering, task: model.Task, common: Common, inside: tuple[str, ...]) -> Step:
    body = _body(low, task, inside)
    # A dependency on a disabled task can never be met, it would hang the flow; it is dropped.
    enabled = {step.id for step in body.steps}
    after = []
    for child in task.children.get("tasks", ()):
        names = tuple(dict.fromkeys(name for name in child.depends_on if name in enabled))
        if names and child.id in enabled:
            after.append((child.id, names))
    return Graph(**common, body=body, after=tuple(after))


def _pause(low: Lowering, task: model.Task, common: Common, inside: tuple[str, ...]) -> Step:
    args = list(common["args"])
    for child in task.children.get("onPause", ()):
        if not child.disabled:
            step = low.step(child, inside)
            args.append(Arg("on_pause", TaskRef(span=child.span, step=step), "onPause"))
    if task.inputs:
        inputs = lower_inputs(task.inputs, low.values)
        args.append(Arg("on_resume", ListOf(span=task.span, items=inputs), "onResume"))
    common["args"] = tuple(args)
    return Group(**common, body=_body(low, task, inside))


def _template(low: Lowering, task: model.Task, common: Common, inside: tuple[str, ...]) -> Step:
    found = low.template(task)
    if found is None:
        empty = Block(span=task.span, entries=())
        return Group(**common, body=empty)
    common["errors"] = low.handlers(found.errors, inside, task.span)
    common["finally_"] = low.handlers(found.finally_, inside, task.span)
    return Group(**common, body=low.block(found.tasks, inside, task.span))


def _batch(low: Lowering, task: model.Task, common: Common, inside: tuple[str, ...]) -> Step:
    return Batch(**common)


BUILDERS: dict[type[Any], Builder] = {
    Sequential: _group,
    AllowFailure: _group,
    WorkingDirectory: _group,
    Pause: _pause,
    Template: _template,
    If: _branch,
    SwitchTask: _switch,
    ForEach: _loop,
    EachSequential: _loop,
    EachParallel: _spread,
    LoopUntil: _until,
    Parallel: _fork,
    Dag: _graph,
    ForEachItem: _batch,
}


def leaf(low: Lowering, task: model.Task, common: Common, inside: tuple[str, ...]) -> Step:
    """A task without children of its own in the flow."""
    return Call(**common)
