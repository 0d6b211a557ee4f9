"""What every task shares: the common properties, and the face that the engine shows to a running task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from flowrt.model.declare import (
    BOOLEAN,
    DOUBLE,
    DURATION,
    INTEGER,
    PLAIN,
    STRING,
    Declared,
    Kind,
    enum,
    prop,
    record,
    tagged,
)

if TYPE_CHECKING:

    from flowrt.model.context import ExecutionDocument, Renderer
    from flowrt.model.declare import Text

LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR")
"""Log levels, the least severe first."""

LEVEL = enum(*LEVELS)
NEW_EXECUTION = "CREATE_NEW_EXECUTION"
"""A retry by which another execution takes the place of the one that failed."""


class Retry(Declared):
    """When a failed task run is tried again. Literal values only."""

    max_attempts: int | None = prop(INTEGER, static=True, aliases=("maxAttempt",), default=None)
    max_duration: str | None = prop(DURATION, static=True, default=None)
    warning_on_retry: bool = prop(BOOLEAN, static=True, default=False)
    behavior: str = prop(
        enum("RETRY_FAILED_TASK", NEW_EXECUTION), static=True, default="RETRY_FAILED_TASK"
    )


class Constant(Retry):
    """The same pause before each retry."""

    interval: str = prop(DURATION, static=True)


class Exponential(Retry):
    """A pause that grows by `delay_factor`, up to `max_interval`."""

    interval: str = prop(DURATION, static=True)
    max_interval: str = prop(DURATION, static=True)
    delay_factor: float = prop(DOUBLE, static=True, default=2.0)


class Random(Retry):
    """A random pause between two bounds."""

    min_interval: str = prop(DURATION, static=True)
    max_interval: str = prop(DURATION, static=True)


RETRY = tagged(constant=Constant, exponential=Exponential, random=Random)


class TaskCache(Declared):
    """Outputs of an earlier run with the same rendered properties are used again."""

    enabled: bool = prop(BOOLEAN, static=True)
    ttl: str | None = prop(DURATION, static=True, default=None)


class WorkerGroup(Declared):
    """Accepted; there is one worker, the process."""

    key: str | None = prop(STRING, static=True, default=None)
    fallback: str | None = prop(enum("FAIL", "WAIT", "CANCEL"), static=True, default=None)


_COROUTINE = 0x80
"""The flag of a function that was defined with `async` (inspect.CO_COROUTINE)."""


class Elsewhere(NamedTuple):
    """Properties that ask for another place or tool than a single process has, and what happens `instead`.

    `here` are values (texts, or types of objects) that ask for nothing: one of them settles it for all of the properties.
    """

    properties: tuple[str, ...]
    instead: str
    hint: str | None = None
    here: frozenset[str] = frozenset()


class Task(Declared):
    """A task of a flow: its id and the properties that every task has.

    Subclasses that do work define `run`, either a plain method (for work that is over at once) or a coroutine. It
    returns the outputs (a dict, keys as in Kestra; None values are dropped), or an `Outcome`, or None. Any exception
    fails the attempt with its text as the message.
    """

    type_name: ClassVar[str] = ""
    type_aliases: ClassVar[tuple[str, ...]] = ()
    outputs: ClassVar[dict[str, Kind] | None] = {}
    """What `outputs.<id>` offers; None when any name may appear. The compiler checks references against it."""
    shape: ClassVar[str] = "leaf"
    """What a compiler must know of it. A `leaf` works, an `update` changes the execution, an `exit` ends it, a `subflow`
    starts another flow. All others have children: `group` runs one after the other, `folder` does so on one worker, `fork`
    all at once, `graph` by dependencies, `branch` and `switch` choose, `loop` and `spread` repeat for values, `until` for a
    condition, `wait` pauses, `batch` starts flows, `template` runs stored tasks."""
    needs_child: ClassVar[bool] = False
    """In Kestra it never ends when all of its tasks are disabled."""
    adds_variables: ClassVar[bool] = False
    """Its expressions may see more names than those that every task sees."""
    changes_variables: ClassVar[bool] = False
    """It sets entries of `vars`."""
    not_blank: ClassVar[tuple[str, ...]] = ()
    """Properties that the engine refuses to be empty when the flow is saved, by their names in YAML."""
    packages: ClassVar[tuple[str, ...]] = ()
    """Packages that the task imports when it runs, as requirements; the generated file names them."""
    elsewhere: ClassVar[tuple[Elsewhere, ...]] = ()
    """Properties without effect; the compiler warns of a flow that sets them."""
    seals: ClassVar[bool] = False
    """Its outputs may hold sealed secrets."""
    waits: ClassVar[bool] = False
    """Its `run` is a coroutine: it needs an event loop."""
    here: ClassVar[bool] = False
    """It needs the engine at hand, so no other process does its work."""
    reads_log: ClassVar[bool] = False
    """It asks for the log entries of its execution, which are kept in memory then."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        code = getattr(getattr(cls, "run", None), "__code__", None)
        cls.waits = code is not None and bool(code.co_flags & _COROUTINE)

    def shown_type(self) -> str:
        """The type as expressions read it: `task.type`."""
        return self.written_type or self.type_name

    def waits_for_people(self) -> bool:
        """Whether it stands still until somebody resumes it, however long that takes."""
        return False

    def inner(self) -> tuple[Task, ...]:
        """Tasks that it runs by itself, which the flow does not declare."""
        return ()

    id: str = prop(STRING, static=True, kw_only=False)
    description: str | None = prop(STRING, static=True, default=None)
    written_type: str | None = prop(STRING, static=True, default=None, yaml="type")
    """The type as the flow has it, where that is an older name; expressions read it."""
    disabled: bool = prop(BOOLEAN, static=True, default=False)
    run_if: Text = prop(PLAIN, default="true")
    timeout: Text | None = prop(DURATION, default=None)
    retry: Retry | None = prop(RETRY, static=True, default=None)
    allow_failure: bool = prop(BOOLEAN, static=True, default=False)
    allow_warning: bool = prop(BOOLEAN, static=True, default=False)
    log_level: str | None = prop(LEVEL, static=True, default=None)
    log_to_file: bool = prop(BOOLEAN, static=True, default=False)
    task_cache: TaskCache | None = prop(record(TaskCache), static=True, default=None)
    worker_group: WorkerGroup | None = prop(record(WorkerGroup), ignored=True, default=None)
    version: str | None = prop(STRING, static=True, ignored=True, default=None)
    plugin_defaults_ref: str | None = prop(STRING, static=True, ignored=True, default=None)


class UpdatingTask(Task):
    """A task that changes the execution itself, instead of doing work.

    Subclasses define `update`. Its text names the state in which the whole execution ends; None: the run succeeds and
    the flow goes on. There is no retry and no `allowFailure` for it.
    """

    shape: ClassVar[str] = "update"
    exits: ClassVar[bool] = False
    """It ends the execution."""
    renders_once: ClassVar[bool] = False
    """Of several runs in one pass all use what the first rendered, so only that one changes the execution."""
    filled: ClassVar[tuple[str, ...]] = ()
    """Maps in which no value may be empty."""

    def update(self, run: Renderer, execution: ExecutionDocument) -> str | None:
        raise NotImplementedError
