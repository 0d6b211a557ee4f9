"""The face of the engine to a running task: rendering, logs, files, services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.declare import ANY, STRING
from flowrt.engine.variables import Variables
from flowrt.expr.truth import truthy
from flowrt.java.time.duration import SECOND
from flowrt.tasks.base import TaskFailure, required

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flowrt.declare import Flag, Kind, Listing, Mapping, Text
    from flowrt.engine.executor import Executor
    from flowrt.engine.jobs import Job
    from flowrt.engine.runs import TaskRun
    from flowrt.services.keyvalues import LocalKeyValues
    from flowrt.services.nsfiles import LocalNamespaceFiles
    from flowrt.services.storage import LocalStorage
    from flowrt.tasks.base import TaskCache


MAX_MESSAGE = 15 * 1024
"""The characters of one log record; longer messages become several."""


def _converted(convert: Callable[..., Any], *arguments: Any) -> Any:
    """Convert a property; a failure names the reader of JSON that gave up, as Kestra's do."""
    from flowrt.java.errors import RawError

    try:
        return convert(*arguments)
    except RawError as error:
        if error.java_class.startswith("com.fasterxml."):
            raise TaskFailure(f"{error.java_class}: {error}") from None
        raise


class TaskContext:
    """What a task run may do; made anew for each attempt."""

    def __init__(
        self,
        executor: Executor,
        run: TaskRun,
        job: Job | None = None,
        folder: Path | None = None,
    ) -> None:
        self._executor = executor
        self._run = run
        self._job = job
        self._variables: Variables | None = None
        self._folder = folder
        self._own_folder: Any = None
        self._stops: list[Callable[[], None]] = []
        self._cache_key: str | None = None
        self.kept: dict[str, Any] | None = None
        """Outputs that stay although the work was interrupted."""

    # ---- rendering ------------------------------------------------------------------------------------------------

    @property
    def variables(self) -> Variables:
        """The variables of the run, made at the first expression."""
        if self._variables is None:
            v = Variables(self._executor, self._run, in_worker=self._job is not None)
            if self._job is not None:
                v.attempts = self._job.made
                v.freeze(self._job.seen, self._job.version)
            self._variables = v
        return self._variables

    def use(self, variables: Variables) -> None:
        """Render with other variables from now on."""
        self._variables = variables

    def text(self, value: Any) -> str | None:
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int):
            return str(value)
        if isinstance(value, (float, dict, list)):
            from flowrt.formats.jsonwrite import to_json

            return to_json(self.structure(value) if isinstance(value, (dict, list)) else value)
        text: str | None = value.text(self.variables)
        return text

    def parse(self, text: str, typed: bool = False) -> Text:
        if "{" not in text:
            return text
        from flowrt.expr.render import template_of

        return template_of(text, typed)

    def text_with(self, value: Text, variables: dict[str, Any]) -> str | None:
        if isinstance(value, str):
            return value
        from flowrt.expr.context import scoped

        v = scoped(self.variables)
        v.stack[-1].update(variables)
        return value.text(v)

    def typed(self, value: Any) -> Any:
        if isinstance(value, (dict, list)):
            return self.text(value)
        return value.value(self.variables) if hasattr(value, "value") else value

    def _scalar(self, kind: str, value: Any) -> Any:
        if value is None:
            return None
        from flowrt.expr.properties import convert_scalar

        return _converted(convert_scalar, kind, self.text(value))

    def integer(self, value: Any) -> int | None:
        if type(value) is int:
            return value
        found = self._scalar("integer", value)
        return None if found is None else int(found)

    def double(self, value: Any) -> float | None:
        found = self._scalar("double", value)
        return None if found is None else float(found)

    def flag(self, value: Flag | None, default: bool = False) -> bool:
        if isinstance(value, bool):
            return value
        if value is None:
            return default
        return bool(required(self._scalar("boolean", value)))

    def duration(self, value: Any) -> float | None:
        found = self._scalar("duration", value)
        return None if found is None else float(found.nanos) / SECOND

    def listing(self, value: Listing | None, item: Kind = STRING) -> list[Any] | None:
        if value is None:
            return None
        from flowrt.expr.properties import convert_list

        found = _converted(convert_list, item.name, value, self.variables)
        return None if found is None else list(found)

    def mapping(self, value: Mapping | None, item: Kind = ANY) -> dict[str, Any] | None:
        if value is None:
            return None
        from flowrt.expr.properties import convert_map

        found = _converted(convert_map, item.name, value, self.variables)
        return None if found is None else dict(found)

    def constant(self, value: Text | None, kind: Kind) -> str | None:
        if isinstance(value, str) and value in kind.values:
            return value
        from flowrt.expr.properties import convert_constant

        text: str | None = _converted(convert_constant, kind.values, self.text(value))
        return text

    def structure(self, value: Any) -> Any:
        if isinstance(value, (str, int, float, bool)) or value is None:
            return value
        from flowrt.expr.render import render_structure

        return render_structure(value, self.variables)

    def truthy(self, value: Text | None) -> bool:
        return truthy(self.text(value))

    # ---- logs -----------------------------------------------------------------------------------------------------

    def log(self, level: str, message: str) -> None:
        for start in range(0, max(len(message), 1), MAX_MESSAGE):
            self._executor.log(self._run, level, message[start : start + MAX_MESSAGE], self.attempt)

    def trace(self, error: BaseException) -> None:
        self._executor.trace(self._run, error)

    def metric(
        self, kind: str, name: str, value: float, tags: dict[str, str] | None = None
    ) -> None:
        """Metrics are kept by servers; a single process has no use for them."""

    # ---- identity -------------------------------------------------------------------------------------------------

    @property
    def namespace(self) -> str:
        return self._executor.execution.namespace

    @property
    def flow_id(self) -> str:
        return self._executor.execution.flow_id

    @property
    def execution_id(self) -> str:
        return self._executor.execution.id

    @property
    def taskrun_id(self) -> str:
        return self._run.id

    @property
    def value(self) -> str | None:
        return self._run.value

    @property
    def attempt(self) -> int:
        return self._job.made if self._job is not None else self._run.attempt_count

    @property
    def executor(self) -> Executor:
        """The executor of the execution, for flowables."""
        return self._executor

    @property
    def run(self) -> TaskRun:
        """The task run."""
        return self._run

    # ---- files and services ---------------------------------------------------------------------------------------

    @property
    def working_dir(self) -> Path:
        if self._folder is None:
            from flowrt.engine.runs import new_id

            self._folder = self._executor.host.services.root / "wd" / new_id()
            self._folder.mkdir(parents=True)
            self._own_folder = self._folder
        return self._folder

    def folder_of(self, run: TaskRun, *, fresh: bool) -> Path:
        """A working directory that another process finds for the same run; emptied first when `fresh`."""
        from hashlib import blake2b

        from flowrt.engine.runs import id_text

        name = id_text(int.from_bytes(blake2b(run.id.encode(), digest_size=16).digest(), "big"))
        self._folder = self._own_folder = self._executor.host.services.root / "wd" / name
        if fresh and self._folder.exists():
            from shutil import rmtree

            rmtree(self._folder)
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder

    @property
    def storage(self) -> LocalStorage:
        return self._executor.host.services.storage

    @property
    def kv(self) -> LocalKeyValues:
        return self._executor.host.services.kv

    @property
    def files(self) -> LocalNamespaceFiles:
        return self._executor.host.services.files

    def _execution_path(self) -> str:
        from flowrt.services.uris import namespace_path, slug

        namespace = namespace_path(self.namespace)
        return f"/{namespace}/{slug(self.flow_id)}/executions/{self.execution_id}"

    def output_base(self) -> str:
        """The path in the storage below which this run puts its files."""
        from flowrt.services.uris import slug

        return f"{self._execution_path()}/tasks/{slug(self._run.task.id)}/{self.taskrun_id}"

    def put_file(self, source: Path | bytes, name: str) -> str:
        from flowrt.services.uris import whole_path

        uri = "kestra://" + whole_path(f"{self.output_base()}/{name}")
        if isinstance(source, bytes):
            return self.storage.write(uri, source)
        return self.storage.adopt(uri, source)

    def open_file(self, uri: str) -> bytes:
        if uri.startswith("nsfile://"):
            namespace, _, path = uri[len("nsfile://") :].partition("/")
            return self.files.read(namespace or self.namespace, path)
        if uri.startswith("file://"):
            from pathlib import Path
            from urllib.parse import unquote, urlsplit

            return Path(unquote(urlsplit(uri).path)).read_bytes()
        return self.storage.read(uri)

    def delete_execution_files(self) -> list[str]:
        return self.storage.delete_tree(f"kestra://{self._execution_path()}")

    def log_entries(self) -> list[dict[str, Any]]:
        from flowrt.engine.document import log_entry

        return [log_entry(record) for record in self._executor.execution.logs]

    async def in_thread(self, work: Callable[[], Any]) -> Any:
        import asyncio

        return await asyncio.to_thread(work)

    def on_kill(self, stop: Callable[[], None]) -> None:
        self._stops.append(stop)

    def keep_outputs(self, outputs: dict[str, Any]) -> None:
        self.kept = outputs

    def stop(self) -> None:
        """Stop what the task started outside of the event loop."""
        stops, self._stops = self._stops, []
        for stop in stops:
            stop()

    def close(self) -> None:
        """The attempt is over: its folder goes."""
        if self._own_folder is not None:
            from shutil import rmtree

            rmtree(self._own_folder, ignore_errors=True)

    def cached_outputs(self, cache: TaskCache) -> dict[str, Any] | None:
        """The outputs that an earlier run with the same properties left in the cache."""
        from flowrt.engine.taskcache import restore

        return restore(self, cache)
