"""What a task run may do, wherever it runs: render, log, reach files and services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from flowrt.engine.rendering import Rendering
from flowrt.model.failures import TaskFailure

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flowrt.engine.services import Services
    from flowrt.expr.context import Context
    from flowrt.model.archive import Archive
    from flowrt.model.task import Task
    from flowrt.services.keyvalues import KeyValues
    from flowrt.services.nsfiles import NamespaceFiles
    from flowrt.services.storage import Storage


class Named(Protocol):
    """An execution, as far as a worker knows it."""

    id: str
    namespace: str
    flow_id: str


class Running(Protocol):
    """A task run, as far as a worker knows it."""

    task: Task
    value: str | None

    @property
    def id(self) -> str: ...
    @property
    def execution(self) -> Named: ...


class Channel(Protocol):
    """The way back to the engine from a task at work."""

    def log(self, level: str, message: str) -> None: ...
    def trace(self, error: BaseException) -> None: ...
    def log_entries(self, execution_id: str) -> list[dict[str, Any]]: ...
    def alive(self) -> None:
        """Raises `Abandoned` when nobody waits for the task any more."""


class RunContext(Rendering):
    """The face of the engine to a task run; a worker adds what only work needs (`flowrt.worker.context`)."""

    def __init__(
        self,
        run: Running,
        services: Services,
        channel: Channel,
        variables: Callable[[], Context],
        attempt: int = 0,
        folder: Path | None = None,
    ) -> None:
        super().__init__(variables)
        self.taskrun = run
        self.attempt = attempt
        self.services = services
        self._channel = channel
        self._folder = folder

    # ---- logs -----------------------------------------------------------------------------------------------------

    def log(self, level: str, message: str) -> None:
        self._channel.log(level, self.services.masks.hide(message))

    def trace(self, error: BaseException) -> None:
        self._channel.trace(error)

    def log_entries(self, execution_id: str) -> list[dict[str, Any]]:
        return self._channel.log_entries(execution_id)

    def metric(
        self, kind: str, name: str, value: float, tags: dict[str, str] | None = None
    ) -> None:
        """Metrics are kept by servers; a single process has no use for them."""

    def task_class(self, name: str) -> type[Task] | None:
        return self.services.task_class(name)

    # ---- identity -------------------------------------------------------------------------------------------------

    @property
    def namespace(self) -> str:
        return self.taskrun.execution.namespace

    @property
    def flow_id(self) -> str:
        return self.taskrun.execution.flow_id

    @property
    def execution_id(self) -> str:
        return self.taskrun.execution.id

    @property
    def taskrun_id(self) -> str:
        return self.taskrun.id

    @property
    def value(self) -> str | None:
        return self.taskrun.value

    # ---- files and services ---------------------------------------------------------------------------------------

    @property
    def storage(self) -> Storage:
        self._channel.alive()
        return self.services.storage

    @property
    def kv(self) -> KeyValues:
        self._channel.alive()
        return self.services.kv

    @property
    def files(self) -> NamespaceFiles:
        self._channel.alive()
        return self.services.files

    @property
    def archive(self) -> Archive | None:
        self._channel.alive()
        return None if self.services.archive is None else self.services.archive()

    def resume(self, execution_id: str, inputs: dict[str, Any] | None) -> None:
        self._channel.alive()
        if self.services.resume is None:
            raise TaskFailure("What is paused here is resumed by the engine that runs the flow")
        self.services.resume(execution_id, inputs)

    @property
    def namespaces(self) -> set[str]:
        return self.services.namespaces

    def _execution_path(self) -> str:
        from flowrt.services.uris import execution_path

        return execution_path(self.namespace, self.flow_id, self.execution_id)

    def output_base(self) -> str:
        """The path in the storage below which this run puts its files."""
        from flowrt.services.uris import slug

        return f"{self._execution_path()}/tasks/{slug(self.taskrun.task.id)}/{self.taskrun_id}"

    def put_file(self, source: Path | bytes, name: str, *, keep: bool = False) -> str:
        from flowrt.services.uris import whole_path

        uri = "kestra://" + whole_path(f"{self.output_base()}/{name}")
        if keep or isinstance(source, bytes):
            return self.storage.write(uri, source)
        return self.storage.adopt(uri, source)

    def open_file(self, uri: str) -> bytes:
        if uri.startswith("nsfile://"):
            namespace, _, path = uri[len("nsfile://") :].partition("/")
            return self.files.read(namespace or self.namespace, path)
        if uri.startswith("file://"):
            from flowrt.java.uri import split_uri, unescape

            return self._local_file(unescape(split_uri(uri)[2]))
        return self.storage.read(uri)

    def _local_file(self, path: str) -> bytes:
        """The bytes of a file of this machine. Raises TaskFailure unless it may be read."""
        from flowrt.services.local import read_local

        return read_local(str(self.local_path(path)))

    def seal(self, text: str) -> dict[str, str]:
        self.services.masks.add(text)
        return self.services.sealer.seal(text)

    def local_path(self, path: str) -> Path:
        """A file or folder of this machine that the flow may use. Raises TaskFailure for any other."""
        from pathlib import Path

        from flowrt.services.local import NOT_ALLOWED, is_below

        own = self._folder is not None and is_below(path, self._folder)
        if not own and not self.services.allows(path):
            raise TaskFailure(NOT_ALLOWED.format(path=path))
        return Path(path)

    def delete_file(self, uri: str) -> bool:
        """Delete a stored file, or a folder that belongs to the execution or to its namespace files."""
        from flowrt.services.storage import is_within
        from flowrt.services.uris import namespace_path

        own = (self._execution_path(), f"/{namespace_path(self.namespace)}/_files")
        within = any(is_within(uri, f"kestra://{each}") for each in own)
        if self.storage.is_folder(uri) and not within:
            raise TaskFailure(
                f"The folder '{uri}' cannot be deleted: it is neither one of this execution nor of its namespace files"
            )
        return self.storage.delete(uri)

    def delete_execution_files(self) -> list[str]:
        return self.storage.delete_tree(f"kestra://{self._execution_path()}")
