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
    packages: ClassVar[tuple[str, ...]] = ()
    """Packages that the task imports when it runs, as requirements; the generated file names them."""

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

    `logged=True` when the message stands in the log already.
    """

    def __init__(
        self, message: str, outputs: dict[str, Any] | None = None, logged: bool = False
    ) -> None:
        super().__init__(message)
        self.outputs = outputs
        self.logged = logged


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

    variables: Context
    """The variables that expressions see; a task may add its own before it renders (`workingDir`)."""

    def text(self, value: Text | None) -> str | None:
        """Render to text; None when the property is absent or only nulls were printed."""

    def typed(self, value: Any) -> Any:
        """Typed rendering; maps and lists arrive as their JSON text (`kv.Set`)."""

    def integer(self, value: Any) -> int | None: ...
    def double(self, value: Any) -> float | None: ...
    def flag(self, value: Flag | None, default: bool = False) -> bool: ...
    def duration(self, value: Any) -> float | None:
        """Seconds."""

    def listing(self, value: Listing | None, item: Kind = STRING) -> list[Any] | None: ...
    def mapping(self, value: Mapping | None, item: Kind = ANY) -> dict[str, Any] | None: ...
    def structure(self, value: Any) -> Any:
        """Structure rendering of any YAML value: keys and texts rendered, the rest unchanged."""

    def truthy(self, value: Text | None) -> bool:
        """Kestra's truth of rendered text: false for `false`, `0`, `-0`, nothing, and null."""

    def log(self, level: str, message: str) -> None:
        """One log record of this task run; secrets are masked."""

    def trace(self, error: BaseException) -> None:
        """The stack of an error, at TRACE."""

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
    def list_files(self, prefix: str) -> list[str]: ...


class KeyValueStore(Protocol):
    """Key-value entries by namespace; values keep their type."""

    def get(self, namespace: str, key: str) -> Any:
        """The value; `KeyError` when missing, `ValueError` when expired."""

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
    def keys(self, namespace: str, prefix: str = "") -> list[str]: ...


class NamespaceFiles(Protocol):
    """The files of a namespace, by path with a leading slash or without."""

    def read(self, namespace: str, path: str) -> bytes: ...
    def paths(self, namespace: str) -> list[str]: ...
    def write(self, namespace: str, path: str, data: bytes) -> str: ...
    def delete(self, namespace: str, path: str) -> bool: ...


Runnable = Any
"""The type of `run` methods: `def run(self, run: RunContext) -> dict | Outcome | None`, or the coroutine form."""

if TYPE_CHECKING:
    Result = dict[str, Any] | Outcome | None | Awaitable[dict[str, Any] | Outcome | None]
