"""The flow as written, checked for shape: what the passes behind the front end read.

Values of properties stay positioned YAML nodes, because the expressions in them are compiled later and report their
own places. Nothing here is ever mutated.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from flowc.front.nodes import Mapping, Node, Scalar
from flowc.source import SourceFile, Span

TaskClass: TypeAlias = type[Any]
"""A class of the runtime that declares and runs a type of task."""


@dataclass(frozen=True, slots=True)
class Task:
    """A task or flowable.

    `type` is the current type name (aliases resolved), `cls` the runtime class that declares and runs it.
    `properties` holds the given properties that are values, by their declared YAML name, defaults of `pluginDefaults`
    merged in; `children` the child lists by YAML property name (`tasks`, `then`, `else`, `errors`, `finally`,
    `defaults`, `onPause` with one task, `cases` under `case:<text>`). `depends_on` belongs to a child of a Dag.
    """

    id: str
    type: str
    cls: TaskClass
    span: Span
    properties: dict[str, Node]
    children: dict[str, tuple[Task, ...]]
    disabled: bool = False
    description: str | None = None
    depends_on: tuple[str, ...] = ()
    inputs: tuple[Input, ...] = ()
    """The inputs of `onResume`."""

    def text(self, name: str) -> str | None:
        """A property that is a plain text, number or boolean, as text."""
        node = self.properties.get(name)
        if not isinstance(node, Scalar) or node.value is None:
            return None
        if isinstance(node.value, bool):
            return "true" if node.value else "false"
        return str(node.value)


@dataclass(frozen=True, slots=True)
class Input:
    """A typed input of a flow (or of `onResume`); `properties` holds all but id and type."""

    id: str
    type: str
    span: Span
    properties: dict[str, Node]
    children: tuple[Input, ...] = ()
    """The inputs of a FORM."""


@dataclass(frozen=True, slots=True)
class Output:
    """A flow output."""

    id: str
    type: str
    span: Span
    value: Node
    required: bool = True
    description: str | None = None
    display_name: str | None = None


@dataclass(frozen=True, slots=True)
class Listener:
    """Deprecated: tasks that run after the end when their conditions hold."""

    conditions: tuple[Mapping, ...]
    tasks: tuple[Task, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Trigger:
    """What starts executions on a server; kept for `trigger` references and for back ends."""

    id: str
    type: str
    span: Span
    properties: dict[str, Node]


@dataclass(frozen=True, slots=True)
class Flow:
    """A whole flow file."""

    source: SourceFile
    span: Span
    id: str
    namespace: str
    tasks: tuple[Task, ...]
    errors: tuple[Task, ...] = ()
    finally_: tuple[Task, ...] = ()
    after_execution: tuple[Task, ...] = ()
    listeners: tuple[Listener, ...] = ()
    inputs: tuple[Input, ...] = ()
    outputs: tuple[Output, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    variables: Mapping | None = None
    labels: tuple[tuple[str, str], ...] = ()
    """Keys and values as texts, equal keys already merged."""
    concurrency: Mapping | None = None
    retry: Mapping | None = None
    sla: tuple[Mapping, ...] = ()
    checks: tuple[Mapping, ...] = ()
    description: str | None = None
    disabled: bool = False
    revision: int = 1
    declared: dict[str, Span] = field(default_factory=dict)
    """The place of each top-level property."""
    root: Mapping | None = None
    """The file as a tree, with `pluginDefaults` merged into it."""
