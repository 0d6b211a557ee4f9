"""A run context over a folder, for tests of single tasks."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from flowrt.declare import ANY, STRING
from flowrt.expr.context import Context, scoped
from flowrt.expr.properties import convert_constant, convert_list, convert_map, convert_scalar
from flowrt.expr.render import render_structure, template_of
from flowrt.expr.truth import truthy
from flowrt.services.keyvalues import LocalKeyValues
from flowrt.services.nsfiles import LocalNamespaceFiles
from flowrt.services.storage import LocalStorage
from flowrt.services.uris import whole_path


class FakeRun:
    """Renders with `variables`; keeps logs and metrics in lists."""

    namespace = "a.b"
    flow_id = "my_flow"
    execution_id = "E1"
    taskrun_id = "T1"
    value: str | None = None
    attempt = 0

    def __init__(self, root: Path, **variables: Any) -> None:
        self.root = root
        self.variables = Context(variables)
        self.logs: list[tuple[str, str]] = []
        self.metrics: list[tuple[str, str, float]] = []
        self.storage = LocalStorage(root / "storage")
        self.kv = LocalKeyValues(root / "kv", known=("a.b",))
        self.files = LocalNamespaceFiles(root / "files")
        self.kept: dict[str, Any] | None = None

    def parse(self, text: str, typed: bool = False) -> Any:
        return template_of(text, typed) if "{" in text else text

    def text(self, value: Any) -> str | None:
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, (int, float)):
            return str(value)
        if isinstance(value, (dict, list)):
            from flowrt.formats.jsonwrite import to_json

            return to_json(render_structure(value, self.variables))
        return value.text(self.variables)

    def text_with(self, value: Any, variables: dict[str, Any]) -> str | None:
        if isinstance(value, str):
            return value
        v = scoped(self.variables)
        v.stack[-1].update(variables)
        return value.text(v)

    def typed(self, value: Any) -> Any:
        if isinstance(value, (dict, list)):
            return self.text(value)
        return value.value(self.variables) if hasattr(value, "value") else value

    def integer(self, value: Any) -> Any:
        return convert_scalar("integer", self.text(value))

    def double(self, value: Any) -> Any:
        return convert_scalar("double", self.text(value))

    def flag(self, value: Any, default: bool = False) -> bool:
        return default if value is None else convert_scalar("boolean", self.text(value))

    def duration(self, value: Any) -> float | None:
        found = convert_scalar("duration", self.text(value))
        return None if found is None else found.nanos / 1e9

    def listing(self, value: Any, item: Any = STRING) -> Any:
        return None if value is None else convert_list(item.name, value, self.variables)

    def mapping(self, value: Any, item: Any = ANY) -> Any:
        return None if value is None else convert_map(item.name, value, self.variables)

    def constant(self, value: Any, kind: Any) -> Any:
        return convert_constant(kind.values, self.text(value))

    def structure(self, value: Any) -> Any:
        return render_structure(value, self.variables)

    def truthy(self, value: Any) -> bool:
        return truthy(self.text(value))

    def log(self, level: str, message: str) -> None:
        self.logs.append((level, message))

    def trace(self, error: BaseException) -> None:
        pass

    def metric(self, kind: str, name: str, value: float, tags: Any = None) -> None:
        self.metrics.append((kind, name, value))

    @property
    def working_dir(self) -> Path:
        folder = self.root / "wd"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def put_file(self, source: Path | bytes, name: str) -> str:
        uri = "kestra://" + whole_path(f"/a/b/my-flow/executions/E1/tasks/t/T1/{name}")
        if isinstance(source, bytes):
            return self.storage.write(uri, source)
        return self.storage.adopt(uri, source)

    def open_file(self, uri: str) -> bytes:
        return self.storage.read(uri)

    async def in_thread(self, work: Any) -> Any:
        return await asyncio.to_thread(work)

    def keep_outputs(self, outputs: dict[str, Any]) -> None:
        self.kept = outputs

    def log_entries(self) -> list[dict[str, Any]]:
        return [{"taskId": "t", "level": level, "message": text} for level, text in self.logs]

    def delete_execution_files(self) -> list[str]:
        return self.storage.delete_tree("kestra:///a/b/my-flow/executions/E1")

    def store(self, text: str, name: str = "in.txt") -> str:
        """Store a text; its URI."""
        return self.put_file(text.encode(), name)

    def content(self, uri: str) -> str:
        """The text of a stored file."""
        return self.storage.read(uri).decode()

    def messages(self, level: str) -> list[str]:
        """The messages of a level."""
        return [message for found, message in self.logs if found == level]

    def run(self, task: Any) -> Any:
        """Run a task to its end."""
        result = task.run(self)
        return asyncio.run(result) if asyncio.iscoroutine(result) else result


class FakeExecution:
    """The document that updating tasks change."""

    def __init__(self, labels: dict[str, str], variables: dict[str, Any]) -> None:
        self.labels = labels
        self.variables = variables


def t(text: str, typed: bool = False) -> Any:
    """A compiled template."""
    return template_of(text, typed)
