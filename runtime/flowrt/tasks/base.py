"""What every task shares: the common properties, and the face that the engine shows to a running task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from flowrt.declare import (
    ANY,
    BOOLEAN,
    DOUBLE,
    DURATION,
    INTEGER,
    STRING,
    Declared,
    Kind,
    enum,
    prop,
    record,
    tagged,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from flowrt.declare import Flag, Listing, Mapping, Text
    from flowrt.engine.executor import Executor
    from flowrt.engine.runs import TaskRun
    from flowrt.expr.context import Context

LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR")
"""Log levels, the least severe first."""

LEVEL = enum(*LEVELS)


class Retry(Declared):
    """When a failed task run is tried again. Literal values only."""

    max_attempts: int | None = prop(INTEGER, static=True, aliases=("maxAttempt",), default=None)
    max_duration: str | None = prop(DURATION, static=True, default=None)
    warning_on_retry: bool = prop(BOOLEAN, static=True, default=False)
    behavior: str = prop(
        enum("RETRY_FAILED_TASK", "CREATE_NEW_EXECUTION"), static=True, default="RETRY_FAILED_TASK"
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

    key: str | None = prop(STRING, default=None)
    fallback: str | None = prop(STRING, default=None)


_COROUTINE = 0x80
"""The flag of a function that was defined with `async` (inspect.CO_COROUTINE)."""


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
    """How its children run, which is what a compiler must know of it: a leaf has none, `group` runs one after the
    other, `fork` all at once, `graph` by dependencies, `branch` and `switch` choose, `loop` and `spread` repeat for values,
    `until` for a condition, `wait` pauses; `subflow` and `batch` start other flows, `template` runs stored tasks."""
    needs_child: ClassVar[bool] = False
    """In Kestra it never ends when all of its tasks are disabled."""
    adds_variables: ClassVar[bool] = False
    """Its expressions may see more names than those that every task sees."""
    changes_variables: ClassVar[bool] = False
    """It sets entries of `vars`."""
    packages: ClassVar[tuple[str, ...]] = ()
    """Packages that the task imports when it runs, as requirements; the generated file names them."""
    is_flowable: ClassVar[bool] = False
    """It decides what runs next and does no work (`flowrt.control`)."""
    updating: ClassVar[bool] = False
    """It changes the execution itself and never sees a worker."""
    executable: ClassVar[bool] = False
    """It starts other executions."""
    retryable: ClassVar[bool] = True
    """A failed run of it may be tried again."""
    runs_children: ClassVar[bool] = False
    """It is a flowable whose children run within its own work."""
    is_loop: ClassVar[bool] = False
    """It is a flowable with rounds that do not look at each other."""
    starts_over: ClassVar[bool] = False
    """It is a flowable that begins anew when it is restarted."""
    seals: ClassVar[bool] = False
    """Its outputs may hold sealed secrets."""
    exits: ClassVar[bool] = False
    """It ends the execution."""
    renders_once: ClassVar[bool] = False
    """Of several runs in one pass all use what the first rendered, so only that one changes the execution."""
    waits: ClassVar[bool] = False
    """Its `run` is a coroutine: it needs an event loop."""
    here: ClassVar[bool] = False
    """It needs the engine at hand, so no other process does its work."""
    block: Any = None
    """The lists of a flowable, set when the flow is declared."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        code = getattr(getattr(cls, "run", None), "__code__", None)
        cls.waits = code is not None and bool(code.co_flags & _COROUTINE)

    def taken_up(self, executor: Executor, run: TaskRun) -> None:
        """A run of it that has begun goes on in another process: timers and links are made anew."""

    def killed_while_paused(self, executor: Executor, run: TaskRun) -> None:
        """A paused run of it is about to be killed."""

    def waits_for_people(self) -> bool:
        """Whether it stands still until somebody resumes it, however long that takes."""
        return False

    def graph(self) -> dict[str, tuple[str, ...]] | None:
        """For a flowable whose children do not follow each other: which ones each child waits for."""
        return None

    def inner(self) -> tuple[Task, ...]:
        """Tasks that it runs by itself, which the flow does not declare."""
        return ()

    id: str = prop(STRING, static=True, kw_only=False)
    description: str | None = prop(STRING, static=True, default=None)
    disabled: bool = prop(BOOLEAN, static=True, default=False)
    run_if: Text = prop(STRING, default="true")
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


class TaskFailure(Exception):
    """A task failed; `outputs` are kept on the failed run (exit code and variables of a script).

    `logged=True` when the message stands in the log already. When the failure has a cause (`raise … from error`), the
    log gets a second ERROR record with the messages of the chain of causes, one a line, as Kestra writes it.
    `checked` names the Java class of a failure that Kestra wraps when the task has a timeout.
    """

    checked: str | None = None

    def __init__(
        self, message: str, outputs: dict[str, Any] | None = None, logged: bool = False
    ) -> None:
        super().__init__(message)
        self.outputs = outputs
        self.logged = logged


class PlainFailure(TaskFailure):
    """A failure that a task declares without a class of its own."""

    checked = "java.lang.Exception"


class Outcome:
    """What a task returns when its outputs decide the final state (WARNING, for example)."""

    __slots__ = ("outputs", "state")

    def __init__(self, outputs: dict[str, Any] | None, state: str) -> None:
        self.outputs = outputs
        self.state = state


class RunContext(Protocol):
    """What a task may do while it runs; the engine hands one to `run`.

    Rendering follows `reference/expressions.md` 13.3: texts are rendered, then converted.
    """

    @property
    def variables(self) -> Context:
        """The variables that expressions see; a task may add its own before it renders (`workingDir`)."""

    def text(self, value: Text | None) -> str | None:
        """Render to text; None when the property is absent or only nulls were printed."""

    def parse(self, text: str, typed: bool = False) -> Text:
        """A template out of a text that does not exist before run time; `typed` if its value shall keep its type."""

    def text_with(self, value: Text, variables: dict[str, Any]) -> str | None:
        """Render with more variables for this one text (the fields of a row)."""

    def typed(self, value: Any) -> Any:
        """Typed rendering; maps and lists arrive as their JSON text (`kv.Set`)."""

    def integer(self, value: Any) -> int | None: ...
    def double(self, value: Any) -> float | None: ...
    def flag(self, value: Flag | None, default: bool = False) -> bool: ...
    def duration(self, value: Any) -> float | None:
        """Seconds."""

    def listing(self, value: Listing | None, item: Kind = STRING) -> list[Any] | None: ...
    def mapping(self, value: Mapping | None, item: Kind = ANY) -> dict[str, Any] | None: ...
    def constant(self, value: Text | None, kind: Kind) -> str | None:
        """One of the constants of an enumeration; None when the property is absent or renders to nothing."""

    def structure(self, value: Any) -> Any:
        """Structure rendering of any YAML value: keys and texts rendered, the rest unchanged."""

    def truthy(self, value: Text | None) -> bool:
        """Kestra's truth of rendered text: false for `false`, `0`, `-0`, nothing, and null."""

    def log(self, level: str, message: str) -> None:
        """One log record of this task run; secrets are masked."""

    def trace(self, error: BaseException) -> None:
        """The stack of an error, at TRACE."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""

    def metric(
        self, kind: str, name: str, value: float, tags: dict[str, str] | None = None
    ) -> None:
        """Record a counter, timer (seconds) or gauge."""

    @property
    def namespace(self) -> str:
        """The namespace of the flow."""

    @property
    def flow_id(self) -> str: ...
    @property
    def execution_id(self) -> str: ...
    @property
    def taskrun_id(self) -> str: ...
    @property
    def value(self) -> str | None:
        """The loop value of this run, if it has one."""

    @property
    def attempt(self) -> int:
        """Attempts made before this one."""

    @property
    def working_dir(self) -> Path:
        """A folder of this run alone (or of the WorkingDirectory around it), made at first use, removed at the end."""

    @property
    def storage(self) -> Storage: ...
    @property
    def kv(self) -> KeyValueStore: ...
    @property
    def files(self) -> NamespaceFiles: ...

    def put_file(self, source: Path | bytes, name: str) -> str:
        """Move a file (or bytes) into the storage of this task run; answers its `kestra:///` URI."""

    def open_file(self, uri: str) -> bytes:
        """The bytes of a `kestra://`, `nsfile://` or `file://` address."""

    async def in_thread(self, work: Callable[[], Any]) -> Any:
        """Run blocking work beside the event loop."""

    def on_kill(self, stop: Callable[[], None]) -> None:
        """Called when the run is killed or times out, before its coroutine is cancelled."""

    def keep_outputs(self, outputs: dict[str, Any]) -> None:
        """Outputs that stay on the run although it is interrupted (a response that arrives after the timeout)."""

    def log_entries(self) -> list[dict[str, Any]]:
        """The log records of this execution so far, in Kestra's shape, oldest first (`log.Fetch`)."""

    def delete_execution_files(self) -> list[str]:
        """Delete the stored files of this execution; answers their URIs."""


class ExecutionDocument(Protocol):
    """The part of the running execution that an updating task may change: others in their place, none within."""

    labels: dict[str, str]
    """Labels, in order."""
    variables: dict[str, Any]
    """What expressions see as `vars`."""


class UpdatingTask(Task):
    """A task that changes the execution itself, instead of doing work.

    Subclasses define `update`. Its text names the state in which the whole execution ends; None: the run succeeds and
    the flow goes on. There is no retry and no `allowFailure` for it.
    """

    updating: ClassVar[bool] = True
    retryable: ClassVar[bool] = False

    def update(self, run: RunContext, execution: ExecutionDocument) -> str | None:
        raise NotImplementedError


class Storage(Protocol):
    """Internal storage: files by `kestra:///` URI, below one root that no path leaves."""

    def read(self, uri: str) -> bytes:
        """The bytes of a file; `FileNotFoundError` when there is none, `ValueError` for a bad URI."""

    def path(self, uri: str) -> Path:
        """The local path of a URI, inside the root."""

    def write(self, uri: str, data: bytes) -> str: ...
    def adopt(self, uri: str, source: Path) -> str:
        """Move a local file to the URI."""

    def exists(self, uri: str) -> bool: ...
    def size(self, uri: str) -> int: ...
    def delete(self, uri: str) -> bool: ...
    def delete_tree(self, uri: str) -> list[str]:
        """Delete a folder; answers the URIs of all files and folders that went, the last in order first."""

    def list_files(self, prefix: str) -> list[str]: ...


class KeyValueStore(Protocol):
    """Key-value entries by namespace; values keep their type."""

    def check_namespace(self, namespace: str, origin: str) -> None:
        """`ValueError` when a flow of namespace `origin` names a namespace that does not exist."""

    def get(self, namespace: str, key: str) -> Any:
        """The value; `KeyError` when missing, `ValueError` when expired or the key is malformed."""

    def find(self, namespace: str, key: str) -> tuple[str, Any] | None:
        """The nearest namespace, from this one up its parents, that has the key, and the value."""

    def put(
        self,
        namespace: str,
        key: str,
        value: Any,
        *,
        overwrite: bool = True,
        ttl: float | None = None,
        description: str | None = None,
    ) -> None: ...
    def delete(self, namespace: str, key: str) -> bool: ...
    def keys(self, namespace: str, prefix: str = "") -> list[str]:
        """The keys that are not expired, sorted."""

    def purge(self, namespace: str, keys: list[str]) -> int:
        """Remove entries for good, also expired ones; answers how many."""

    def entries(self, namespace: str) -> dict[str, bool]:
        """Every key, expired ones too, with whether it is expired."""

    def namespaces(self) -> list[str]:
        """The namespaces that hold entries."""


class NamespaceFiles(Protocol):
    """The files of a namespace, by path with a leading slash or without."""

    def read(self, namespace: str, path: str) -> bytes: ...
    def exists(self, namespace: str, path: str) -> bool: ...
    def paths(self, namespace: str) -> list[str]:
        """The paths of all files, each with a leading slash, sorted."""

    def write(self, namespace: str, path: str, data: bytes) -> str: ...
    def delete(self, namespace: str, path: str) -> bool: ...
    def delete_empty_folders(self, namespace: str, path: str) -> list[str]:
        """Delete the folders around a path that hold nothing any more; answers their paths."""


NO_VALUE = "No value present"
"""What the engine says when a required property renders to nothing."""


def misfit(kind: str, value: Any) -> TaskFailure:
    """The failure of a JSON value that is of another kind than it must be, to be raised."""
    if isinstance(value, bool):
        shown, token = "Boolean", f"VALUE_{str(value).upper()}"
    elif isinstance(value, dict):
        shown, token = "Object", "START_OBJECT"
    elif isinstance(value, list):
        shown, token = "Array", "START_ARRAY"
    else:
        shown, token = "String", "VALUE_STRING"
    return TaskFailure(
        f"Cannot deserialize value of type `{kind}` from {shown} value (token `JsonToken.{token}`)"
    )


def required(value: Any) -> Any:
    """A rendered property that must be there. Raises TaskFailure when it is not."""
    if value is None:
        raise TaskFailure(NO_VALUE)
    return value


Runnable = Any
"""The type of `run` methods: `def run(self, run: RunContext) -> dict | Outcome | None`, or the coroutine form."""

if TYPE_CHECKING:
    Result = dict[str, Any] | Outcome | None | Awaitable[dict[str, Any] | Outcome | None]
