"""WorkingDirectory: children one after the other in one folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.control.base import Flowable
from flowrt.declare import (
    ANY,
    DURATION,
    STRING,
    TASKS,
    Declared,
    Kind,
    listing,
    mapping,
    prop,
    record,
    task_type,
)
from flowrt.tasks.files import NAMESPACE_FILES

if TYPE_CHECKING:
    from flowrt.declare import Listing, Text
    from flowrt.tasks.files import LoadNamespaceFiles


class Cache(Declared):
    """Files of the folder that are kept for later executions."""

    patterns: Listing = prop(listing(STRING))
    ttl: Text | None = prop(DURATION, default=None)


@task_type(
    "io.kestra.plugin.core.flow.WorkingDirectory",
    "io.kestra.core.tasks.flows.WorkingDirectory",
    "io.kestra.core.tasks.flows.Worker",
)
class WorkingDirectory(Flowable):
    """The children share a folder; only tasks that do work may stand in it."""

    outputs: ClassVar[dict[str, Kind] | None] = {"outputFiles": mapping(STRING)}

    tasks: list[Any] = prop(TASKS, static=True)
    input_files: Any = prop(ANY, default=None)
    output_files: Listing | None = prop(listing(STRING), default=None)
    namespace_files: LoadNamespaceFiles | None = prop(NAMESPACE_FILES, default=None)
    cache: Cache | None = prop(record(Cache), default=None)
