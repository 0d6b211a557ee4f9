"""The entry of lowering: a flow becomes a module of blocks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flowc.front import model
from flowc.front.nodes import Scalar
from flowc.gen.python.expr import compile_template
from flowc.ir.nodes import (
    Arg,
    Block,
    Const,
    Disabled,
    Listener,
    ListOf,
    MapOf,
    Module,
    Policy,
    Step,
    Value,
)
from flowc.lower.flowables import BUILDERS, Common, leaf
from flowc.lower.inputs import (
    lower_check,
    lower_concurrency,
    lower_inputs,
    lower_output,
    lower_sla,
    sure_types,
)
from flowc.lower.values import Values, has_expressions, symbol
from flowc.source import Span
from flowrt.tasks.base import RETRY, Task

if TYPE_CHECKING:
    from flowc.diag.model import Sink
    from flowc.gen.python.expr import Compiled

_OWN = frozenset({"id", "description", "disabled"})
_POLICIES = frozenset(Task.properties) - _OWN


class Library:
    """The stored templates that flows may name."""

    def __init__(self, templates: Iterable[model.Flow] = ()) -> None:
        self._templates = {(each.namespace, each.id): each for each in templates}

    def template(self, namespace: str, template_id: str) -> model.Flow | None:
        """A template by name."""
        return self._templates.get((namespace, template_id))


def lower_flow(flow: model.Flow, sink: Sink, library: Library | None = None) -> Module:
    """The intermediate form of a flow. Findings go to the sink; the result is whole in any case."""
    return Lowering(flow, sink, library or Library()).module()


class Lowering:
    """One flow on its way; the builders of flowables call back into it."""

    def __init__(self, flow: model.Flow, sink: Sink, library: Library) -> None:
        self._flow = flow
        self._sink = sink
        self._library = library
        self._compiled: dict[tuple[str, bool], Compiled] = {}
        self._types: dict[str, str] = {}
        self.values = Values(self._compile)

    # ---- the flow -------------------------------------------------------------------------------------------------

    def module(self) -> Module:
        """The flow as a module."""
        flow = self._flow
        digest = hashlib.sha256(flow.source.text.encode("utf-8", "surrogatepass")).hexdigest()
        return Module(
            span=flow.span,
            id=flow.id,
            namespace=flow.namespace,
            description=flow.description,
            comments=flow.comments,
            args=tuple(self._declarations()),
            tasks=self.block(flow.tasks, (), flow.span),
            errors=self.handlers(flow.errors, (), flow.span),
            finally_=self.handlers(flow.finally_, (), flow.span),
            after_execution=self.handlers(flow.after_execution, (), flow.span),
            listeners=tuple(self._listener(each) for each in flow.listeners),
            source_name=flow.source.name,
            source_digest=digest,
        )

    def _declarations(self) -> Iterable[Arg]:
        flow, values, span = self._flow, self.values, self._flow.span

        def several(name: str, items: tuple[Value, ...], key: str) -> Iterable[Arg]:
            if items:
                yield Arg(name, ListOf(span=span, items=items), key)

        if flow.labels:
            pairs = tuple(
                (Const(span=span, value=key), Const(span=span, value=text))
                for key, text in flow.labels
            )
            yield Arg("labels", MapOf(span=span, items=pairs), "labels")
        yield from several("inputs", lower_inputs(flow.inputs, values), "inputs")
        # while inputs are resolved one may still be missing; everywhere else those that must be given are there
        self._types = sure_types(flow.inputs)
        self._compiled.clear()
        if flow.variables is not None:
            yield Arg("variables", values.literal(flow.variables), "variables")
        yield from several(
            "outputs", tuple(lower_output(each, values) for each in flow.outputs), "outputs"
        )
        if flow.retry is not None:
            yield Arg("retry", values.value(flow.retry, RETRY, static=True), "retry")
        if flow.concurrency is not None:
            yield Arg("concurrency", lower_concurrency(flow.concurrency, values), "concurrency")
        yield from several("sla", tuple(lower_sla(each, values) for each in flow.sla), "sla")
        yield from several(
            "checks", tuple(lower_check(each, values) for each in flow.checks), "checks"
        )
        if flow.revision != 1:
            yield Arg("revision", Const(span=span, value=flow.revision), "revision")
        if flow.disabled:
            yield Arg("disabled", Const(span=span, value=True), "disabled")

    def _listener(self, given: model.Listener) -> Listener:
        conditions = tuple(self.values.literal(each) for each in given.conditions)
        return Listener(
            span=given.span, conditions=conditions, body=self.block(given.tasks, (), given.span)
        )

    # ---- tasks ----------------------------------------------------------------------------------------------------

    def block(self, tasks: tuple[model.Task, ...], path: tuple[str, ...], span: Span) -> Block:
        """A list of tasks."""
        entries = tuple(
            Disabled(span=task.span, id=task.id) if task.disabled else self.step(task, path)
            for task in tasks
        )
        return Block(span=span, entries=entries)

    def handlers(
        self, tasks: tuple[model.Task, ...] | None, path: tuple[str, ...], span: Span
    ) -> Block | None:
        """A list of tasks that may be absent."""
        return self.block(tasks, path, span) if tasks else None

    def step(self, task: model.Task, path: tuple[str, ...]) -> Step:
        """One task with all that is below it."""
        inside = (*path, task.id)
        args = self.values.arguments(task.cls, list(task.properties.items()), skip=_OWN)
        common = Common(
            span=task.span,
            id=task.id,
            path=path,
            op=symbol(task.cls),
            args=tuple(arg for arg in args if arg.name not in _POLICIES),
            policy=Policy(tuple(arg for arg in args if arg.name in _POLICIES)),
            errors=self.handlers(task.children.get("errors"), inside, task.span),
            finally_=self.handlers(task.children.get("finally"), inside, task.span),
            description=task.description,
            comments=task.comments,
            packages=tuple(task.cls.packages),
        )
        return BUILDERS.get(task.cls, leaf)(self, task, common, inside)

    # ---- templates ------------------------------------------------------------------------------------------------

    def template(self, task: model.Task) -> model.Flow | None:
        """The stored template that a Template task names; a finding when there is none."""
        template_id = task.text("templateId") or ""
        namespace = task.text("namespace") or self._flow.namespace
        name = (namespace, template_id)
        found = self._library.template(*name)
        if has_expressions(namespace + template_id):
            self._sink.report("FC411", "a template must be named by plain text", task.span)
            return None
        if found is None:
            message = f"Can't find flow template '{namespace}.{template_id}'"
            self._sink.report("FC410", message, task.span, hint="name its folder with --templates")
        return found

    # ---- expressions ----------------------------------------------------------------------------------------------

    def _compile(self, node: Scalar, typed: bool) -> Compiled:
        text = str(node.value)
        found = self._compiled.get((text, typed))
        if found is None:
            name = (
                f"template_{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
            )
            found = compile_template(text, self._types, typed, name)
            self._compiled[text, typed] = found
        return found
