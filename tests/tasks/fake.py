"""A run context over a folder, for tests of single tasks: the real one, with a channel that keeps what it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from flowrt.catalog import canonical, find
from flowrt.engine.execution import Execution
from flowrt.engine.services import Services
from flowrt.engine.work import Work
from flowrt.expr.context import Context
from flowrt.expr.render import template_of
from flowrt.model.flow import Flow
from flowrt.worker.context import WorkContext

MADE: list[FakeRun] = []
"""The runs of the test that is going on; `conftest` dismisses what they have started."""


class FakeRun(WorkContext):
    """Renders with `variables`; keeps logs and metrics in lists. It is its own channel."""

    def __init__(self, root: Path, **variables: Any) -> None:
        self.root = root
        self.logs: list[tuple[str, str]] = []
        self.metrics: list[tuple[str, str, float]] = []
        self.tags: list[dict[str, str]] = []
        execution: Any = SimpleNamespace(id="E1", namespace="a.b", flow_id="my_flow")
        run: Any = SimpleNamespace(
            id="T1", value=None, task=SimpleNamespace(id="t"), execution=execution
        )
        services = Services(
            root, namespaces=("a.b",), task_class=lambda name: find(canonical(name))
        )
        work = Work(run.task, run, services, lambda: Context(variables), 0)
        channel: Any = SimpleNamespace(
            log=lambda level, message: self.logs.append((level, message)),
            trace=lambda error: None,
            alive=lambda: None,
            sleep=asyncio.sleep,
            log_entries=lambda id: [
                {"taskId": "t", "level": level, "message": text} for level, text in self.logs
            ],
        )
        super().__init__(work, channel)
        MADE.append(self)

    def close(self) -> None:
        """End the processes that are kept for scripts to come, and give back what they work in."""
        self.services.close()

    def metric(self, kind: str, name: str, value: float, tags: Any = None) -> None:
        self.metrics.append((kind, name, value))
        self.tags.append(tags)

    @property
    def working_dir(self) -> Path:
        folder = self.root / "wd"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

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
        return self.wait_for(result) if asyncio.iscoroutine(result) else result

    def wait_for(self, work: Coroutine[Any, Any, Any]) -> Any:
        """What comes of work that waits; the processes that it has kept go."""
        try:
            return asyncio.run(work)
        finally:
            self.services.workplace.dismiss()


def execution_with(labels: dict[str, str], variables: dict[str, Any]) -> Execution:
    """The document that updating tasks change."""
    execution = Execution(Flow("f", "a.b"))
    execution.labels = labels
    execution.variables = variables
    return execution


def t(text: str, typed: bool = False) -> Any:
    """A compiled template."""
    return template_of(text, typed)


def task(name: str, /, **properties: Any) -> Any:
    """A task of a plugin; its type is named without what all of them begin with."""
    found = find(f"io.kestra.plugin.{name}")
    assert found is not None
    return found("t", **properties)
