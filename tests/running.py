"""Flows compiled and run within the process of a test, with a clock that jumps and ids that count."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from clock import CountingIds, JumpingClock

from flowc.driver import Result, Sources, analyse, generate, load_program
from flowc.source import SourceFile
from flowrt.engine.document import execution_document
from flowrt.model.flow import Flow
from flowrt.verbs.options import RunOptions
from flowrt.verbs.start import execute

WRITE = {
    "id": "w",
    "type": "io.kestra.plugin.core.storage.Write",
    "content": "1\n2\n3\n",
    "extension": ".txt",
}
"""A file of three lines."""
ITEMS = {
    "id": "i",
    "type": "io.kestra.plugin.core.flow.ForEachItem",
    "items": "{{ outputs.w.uri }}",
    "batch": {"rows": 1},
    "namespace": "a.b",
    "flowId": "child",
}
"""The flow `child`, once for each of its lines."""


def analysed(
    flow: str | dict[str, Any], *others: dict[str, Any], flow_triggers: bool = False
) -> Result:
    """What the compiler makes of a flow, as text or as data, beside flows that it may start, or that listen to it."""
    main = SourceFile("f.yaml", flow) if isinstance(flow, str) else _source(flow)
    sources = Sources(main, tuple(map(_source, others)), ())
    return analyse(sources, flow_triggers=flow_triggers)


def _source(data: dict[str, Any]) -> SourceFile:
    # JSON is YAML, without anchors for what stands twice
    return SourceFile(f"{data['id']}.yaml", json.dumps(data, ensure_ascii=False))


def loaded(analysis: Result) -> Flow:
    """The compiled flow."""
    return load_program(generate(analysis.require(), formatted=False), "case.py")


def options(store: Path | None = None, before: RunOptions | None = None) -> RunOptions:
    """Times without waiting; `store` is where executions are kept, with the clock and ids of a start `before`."""
    return RunOptions(
        keep_logs=True,
        clock=JumpingClock() if before is None else before.clock,
        ids=CountingIds() if before is None else before.ids,
        patience=False,
        store=None if store is None else str(store),
    )


def executed(analysis: Result, store: Path | None = None) -> dict[str, Any]:
    """The document of an execution of a flow."""
    found: dict[str, Any] = json.loads(
        json.dumps(execution_document(execute(loaded(analysis), options(store))))
    )
    return found


def ran(body: str, flow: str = "", *others: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The document of what comes of a flow with these tasks, from zero on by a clock that only jumps; types are short there."""
    tasks = body.replace("type: ", "type: io.kestra.plugin.core.")
    text = f"id: f\nnamespace: a.b\n{flow}tasks:\n{tasks}"
    given = RunOptions(clock=JumpingClock(still=True), ids=CountingIds(), keep_logs=True, **more)
    execution = execute(loaded(analysed(text, *others)), given)
    document: dict[str, Any] = json.loads(json.dumps(execution_document(execution.outcome)))
    return document


def modules_in(paths: Iterable[str]) -> set[str]:
    """The names of the modules at paths below a folder, and of the folders that they lie in."""
    found = set()
    for path in paths:
        name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        while name:
            found.add(name)
            name = name.rpartition(".")[0]
    return found
