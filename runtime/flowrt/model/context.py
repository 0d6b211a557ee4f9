"""The protocols that a running task sees: the run itself, the execution, storage, entries and namespace files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from flowrt.model.declare import ANY, STRING, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from pathlib import Path

    from flowrt.expr.context import Context
    from flowrt.model.archive import Archive
    from flowrt.model.declare import Flag, Listing, Mapping, Text


class Companion(Protocol):
    """What tasks of a process share beyond the attempt that has made it (processes that wait for more to do)."""

    def close(self) -> None:
        """The process works no more."""


AnyCompanion = TypeVar("AnyCompanion", bound=Companion)


class Renderer(Protocol):
    """What any task run may do: render its properties, log, reach files and services.

    Texts are rendered, then converted to the kind of the property.
    """

    @property
    def variables(self) -> Context:
        """The variables that expressions see; a task may add its own before it renders (`workingDir`)."""

    def text(self, value: Text | None) -> str | None:
        """Render to text; None when the property is absent, nothing when only nulls were printed."""

    def parse(self, text: str, typed: bool = False) -> Text:
        """A template out of a text that does not exist before run time; `typed` if its value shall keep its type."""

    def text_with(self, value: Text, variables: dict[str, Any]) -> str | None:
        """Render with more variables for this one text (the fields of a row)."""

    def typed(self, value: Any) -> Any:
        """Typed rendering; maps and lists arrive as their JSON text (`kv.Set`)."""

    def integer(self, value: Any) -> int | None: ...
    def double(self, value: Any) -> float | None: ...
    def flag(self, value: Flag | None, default: bool = False, nothing: bool | None = None) -> bool:
        """A truth, `default` where the flow does not say it. `nothing` is what an expression without a value stands for; it is
        refused where that is None."""

    def duration(self, value: Any) -> float | None:
        """Seconds."""

    def listing(self, value: Listing | None, item: Kind = STRING) -> list[Any] | None: ...
    def mapping(self, value: Mapping | None, item: Kind = ANY) -> dict[str, Any] | None: ...
    def constant(self, value: Text | None, kind: Kind) -> str | None:
        """One of the constants of an enumeration; None when the property is absent."""

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
    def storage(self) -> Storage: ...
    @property
    def kv(self) -> KeyValueStore: ...
    @property
    def files(self) -> NamespaceFiles: ...
    @property
    def archive(self) -> Archive | None:
        """The executions of the store; None without one."""

    @property
    def namespaces(self) -> set[str]:
        """The namespaces of the flows at hand, and of the entries that were given."""

    def resume(self, execution_id: str, inputs: dict[str, Any] | None) -> None:
        """Let a paused execution go on, with values for what it waits for.

        Raises PlainFailure when there is none with that id, or it is not paused.
        """

    def put_file(self, source: Path | bytes, name: str, *, keep: bool = False) -> str:
        """Move a file (or bytes) into the storage of this task run, or copy one that is to be kept; answers its `kestra:///` URI."""

    def open_file(self, uri: str) -> bytes:
        """The bytes of a `kestra://`, `nsfile://` or `file://` address."""

    def local_path(self, path: str) -> Path:
        """A file or folder of this machine, by its absolute path, that the flow may use: one of its working folder, or below
        a folder that was allowed by option. Raises TaskFailure for any other."""

    def delete_file(self, uri: str) -> bool:
        """Delete a stored file, and say whether it was there. Folders only where they belong to the run's execution or
        to its namespace files; raises TaskFailure for others."""

    def task_class(self, name: str) -> Any:
        """The class of a task type, by any of its names (`TemplatedTask`)."""

    def log_entries(self, execution_id: str) -> list[dict[str, Any]]:
        """The log records of an execution so far, in Kestra's shape, oldest first; none of one that nobody knows (`log.Fetch`)."""

    def seal(self, text: str) -> dict[str, str]:
        """A secret as an output holds it: encrypted, and read in clear by expressions of this execution."""

    def delete_execution_files(self) -> list[str]:
        """Delete the stored files of this execution; answers their URIs."""


class RunContext(Renderer, Protocol):
    """What a task may do while it runs; the worker hands one to `run`."""

    @property
    def working_dir(self) -> Path:
        """A folder of this run alone (or of the WorkingDirectory around it), made at first use, removed at the end."""

    def private_folder(self) -> Path:
        """A new folder for this run alone, beside its working folder, removed at the end."""

    def companion(self, make: Callable[[Callable[[], int]], AnyCompanion]) -> AnyCompanion:
        """What `make` makes, the same for all tasks of this process. It gets a function that answers a descriptor to start a
        process with, so that it is found should this one die; to be closed then."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""

    async def in_thread(self, work: Callable[[], Any]) -> Any:
        """Run blocking work beside the event loop."""

    def on_kill(self, stop: Callable[[], None]) -> None:
        """Called when the run is killed or times out, before its coroutine is cancelled."""

    def keep_outputs(self, outputs: dict[str, Any]) -> None:
        """Outputs that stay on the run although it is interrupted (a response that arrives after the timeout)."""


class Changes(Protocol):
    """How one map changes another: the entries to set in `old`. `given` are the keys whose values are not copies of its own."""

    def __call__(
        self, old: dict[Any, Any], new: dict[Any, Any], given: Collection[Any]
    ) -> Iterable[tuple[Any, Any]]: ...


class ExecutionDocument(Protocol):
    """The part of the running execution that an updating task may change: others in their place, none within."""

    variables: dict[str, Any]
    """What expressions see as `vars`."""

    @property
    def has_variables(self) -> bool:
        """Whether there are variables, though they may be none by now; to unset one of none at all fails."""

    def add_labels(self, added: dict[str, str]) -> None:
        """More labels, or others in place of those of the same keys."""

    def merge_variables(self, new: dict[str, Any], changes: Changes) -> None:
        """Merge values into the variables, as `changes` has it (`flowrt.services.merge`)."""


class Storage(Protocol):
    """Internal storage: files by `kestra:///` URI, below one root that no path leaves."""

    def read(self, uri: str) -> bytes:
        """The bytes of a file; `FileNotFoundError` when there is none, `ValueError` for a bad URI."""

    def path(self, uri: str) -> Path:
        """A local file with the bytes of a URI, to be read; it is not there when the file is not."""

    def write(self, uri: str, data: bytes | Path) -> str: ...
    def adopt(self, uri: str, source: Path) -> str:
        """Move a local file to the URI."""

    def exists(self, uri: str) -> bool: ...
    def size(self, uri: str) -> int: ...
    def modified(self, uri: str) -> int:
        """When a file was stored (nanoseconds)."""

    def delete(self, uri: str) -> bool: ...
    def delete_tree(self, uri: str) -> list[str]:
        """Delete a folder; answers the URIs of all files and folders that went, the last in order first."""

    def list_files(self, prefix: str) -> list[str]: ...
    def names(self, uri: str) -> tuple[list[str], list[str]]:
        """The names of the folders and of the files in a folder, sorted."""


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
    def change(self, namespace: str, key: str, change: Callable[[Any, bool], Any]) -> None:
        """Set an entry to what is made of its value and of whether it is there; when it expires stays."""

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

    def write(self, namespace: str, path: str, data: bytes | Path) -> str: ...
    def delete(self, namespace: str, path: str) -> bool: ...
    def purge(self, namespace: str, matches: Callable[[str], bool]) -> int:
        """Delete the files whose paths (without a leading slash) match; how many have gone, folders and the top too."""

    def delete_empty_folders(self, namespace: str, path: str) -> list[str]:
        """Delete the folders around a path that hold nothing any more; answers their paths."""
