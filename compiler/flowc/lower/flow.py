"""The entry of lowering: a flow becomes a module of blocks."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from flowc.atlas import Unsupported
from flowc.front import model
from flowc.front.comments import Comments
from flowc.front.nodes import Node
from flowc.ir.nodes import (
    Block,
    Disabled,
    Input,
    Listener,
    MapOf,
    Module,
    Policy,
    Property,
    Step,
)
from flowc.lower.flowables import BUILDERS, Common, Shaping
from flowc.lower.inputs import lower_input, lower_output, lower_trigger, record
from flowc.lower.values import Values, has_expressions
from flowc.source import SourceFile, Span
from flowrt.catalog import own
from flowrt.model.declare import ANY
from flowrt.model.task import RETRY, Task

if TYPE_CHECKING:
    from flowc.diag.model import Sink

_OWN = frozenset({"id", "description", "disabled"})
_READS_TYPES = re.compile(r"\btask\s*(?:\.\s*type\b|\[|[|})])|\bprintContext\b|\brender\w*\s*\(")
"""Where an expression may read the type of a task, which is then told as it is written."""
_POLICIES = {
    each.yaml: name
    for name, each in Task.properties.items()
    if name not in (*_OWN, "written_type") and not each.ignored
}
"""The field of `Policy` for each property that every task has."""


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
    """One flow on its way; the builders of the shapes call back into it."""

    def __init__(self, flow: model.Flow, sink: Sink, library: Library) -> None:
        self._flow = flow
        self._sink = sink
        self._library = library
        self._used: list[SourceFile] = [flow.source]
        self._comments: dict[int, Comments] = {
            id(flow.source): Comments(flow.source, flow.root),
        }
        self._values = Values(self._remarks)
        self._reading: dict[int, bool] = {}

    def _remarks(self, node: Node) -> tuple[str, ...]:
        comments = self._comments.get(id(node.span.file))
        return comments.above(node.span.start) if comments else ()

    def _above(self, span: Span) -> tuple[str, ...]:
        comments = self._comments.get(id(span.file))
        return comments.above(span.start) if comments else ()

    def _within(self, span: Span) -> tuple[str, ...]:
        comments = self._comments.get(id(span.file))
        return comments.within(span.start, span.end) if comments else ()

    # ---- the flow -------------------------------------------------------------------------------------------------

    def module(self) -> Module:
        """The flow as a module."""
        flow, values = self._flow, self._values
        variables = None if flow.variables is None else values.literal(flow.variables)
        retry = None if flow.retry is None else values.value(flow.retry, RETRY, static=True)
        concurrency = None if flow.concurrency is None else record(flow.concurrency, values)
        module = Module(
            span=flow.span,
            id=flow.id,
            namespace=flow.namespace,
            description=flow.description,
            labels=flow.labels,
            inputs=self.inputs(flow.inputs),
            variables=variables if isinstance(variables, MapOf) else None,
            outputs=tuple(
                lower_output(each, values, self._above(each.span)) for each in flow.outputs
            ),
            retry=retry,
            concurrency=concurrency,
            sla=tuple(record(each, values, rendered=frozenset({"assert"})) for each in flow.sla),
            checks=tuple(
                record(each, values, typed=frozenset({"condition"})) for each in flow.checks
            ),
            triggers=tuple(
                lower_trigger(each, values, self._above(each.span)) for each in flow.triggers
            ),
            revision=flow.revision,
            disabled=flow.disabled,
            tasks=self.block(flow.tasks, (), flow.span),
            errors=self.handlers(flow.errors, (), flow.span),
            finally_=self.handlers(flow.finally_, (), flow.span),
            after_execution=self.handlers(flow.after_execution, (), flow.span),
            listeners=tuple(self._listener(each) for each in flow.listeners),
            source_name=flow.source.name,
            source_digest=_digest(self._used),
        )
        return replace(module, comments=self._comments[id(flow.source)].rest())

    def inputs(self, given: tuple[model.Input, ...]) -> tuple[Input, ...]:
        """Inputs in the order of the flow."""
        return tuple(lower_input(each, self._values, self._above(each.span)) for each in given)

    def _listener(self, given: model.Listener) -> Listener:
        conditions = tuple(self._values.value(each, ANY) for each in given.conditions)
        return Listener(
            span=given.span, conditions=conditions, body=self.block(given.tasks, (), given.span)
        )

    # ---- tasks ----------------------------------------------------------------------------------------------------

    def block(self, tasks: tuple[model.Task, ...], path: tuple[str, ...], span: Span) -> Block:
        """A list of tasks."""
        behind: tuple[str, ...] = ()
        if tasks:
            # the span of a task reaches to the next one, so they are taken before its own
            last = tasks[-1].span
            comments = self._comments.get(id(last.file))
            behind = comments.behind(last.start) if comments else ()
        entries = tuple(
            self._disabled(task) if task.disabled else self.step(task, path) for task in tasks
        )
        return Block(span=span, entries=entries, comments=behind)

    def handlers(
        self, tasks: tuple[model.Task, ...] | None, path: tuple[str, ...], span: Span
    ) -> Block | None:
        """A list of tasks that may be absent."""
        return self.block(tasks, path, span) if tasks else None

    def _disabled(self, task: model.Task) -> Disabled:
        comments = (*self._above(task.span), *self._within(task.span))
        return Disabled(span=task.span, id=task.id, comments=comments)

    def _reads_types(self, file: SourceFile) -> bool:
        """Whether an expression beside a task, or elsewhere in the flow, may read types."""
        for each in (file, self._flow.source):
            if id(each) not in self._reading:
                self._reading[id(each)] = _READS_TYPES.search(each.text) is not None
        return self._reading[id(file)] or self._reading[id(self._flow.source)]

    def step(self, task: model.Task, path: tuple[str, ...]) -> Step:
        """One task with all that is below it. Comments of what does not reach the step stand above it."""
        inside = (*path, task.id)
        above = self._above(task.span)
        skip = _OWN if self._reads_types(task.span.file) else _OWN | {"type"}
        given = self._values.properties(task.cls, list(task.properties.items()), skip=skip)
        missing = issubclass(task.cls, Unsupported)
        policies = {_POLICIES[each.key]: each for each in given if each.key in _POLICIES}
        common = Common(
            span=task.span,
            comments=above,
            id=task.id,
            path=path,
            type=task.type,
            # nothing reads the properties of a task that cannot run
            properties=tuple(e for e in given if e.key not in _POLICIES and not missing),
            policy=_policy(policies),
            errors=self.handlers(task.children.get("errors"), inside, task.span),
            finally_=self.handlers(task.children.get("finally"), inside, task.span),
            description=task.description,
            packages=(*task.cls.packages, *_distribution(task.type)),
        )
        step = BUILDERS[task.cls.shape](Shaping(self, task, common, inside))
        rest = self._within(task.span)
        return replace(step, comments=(*above, *rest)) if rest else step

    # ---- templates ------------------------------------------------------------------------------------------------

    def template(self, task: model.Task) -> model.Flow | None:
        """The stored template that a Template task names; a finding when there is none."""
        template_id = task.text("templateId") or ""
        namespace = task.text("namespace") or ""
        name = (namespace, template_id)
        given = task.properties.get("templateId")
        span = given.span if given is not None else task.span
        if has_expressions(namespace + template_id):
            self._sink.report("FC411", "a template must be named by plain text", span)
            return None
        found = self._library.template(*name)
        if found is None:
            message = f"Can't find flow template '{namespace}.{template_id}'"
            self._sink.report("FC410", message, span, hint="name its folder with --templates")
        elif found.source not in self._used:
            self._used.append(found.source)
            self._comments[id(found.source)] = Comments(found.source, found.root)
        return found


def _distribution(type_name: str) -> tuple[str, ...]:
    """The package that brings a type, where that is not the runtime."""
    found = own(type_name)
    return (found.distribution,) if found is not None and found.distribution else ()


def _policy(given: dict[str, Property]) -> Policy:
    return Policy(**given)


def _digest(files: Iterable[SourceFile]) -> str:
    """The hash of the flow file, or of it and the templates that became part of the flow."""
    found = hashlib.sha256()
    for number, file in enumerate(files):
        if number:
            found.update(b"\0")
        found.update(file.text.encode("utf-8", "surrogatepass"))
    return found.hexdigest()
