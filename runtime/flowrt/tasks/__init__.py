"""All tasks and flowables, and the objects in their properties, under one roof for generated modules.

A class is loaded from its module when it is first used. The modules below hold the leaf tasks: one class a Kestra task
type, which declares its properties and does its work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowrt.control.allow_failure import AllowFailure
    from flowrt.control.dag import Dag
    from flowrt.control.each import EachParallel, EachSequential, ForEach
    from flowrt.control.for_each_item import Batch, ForEachItem
    from flowrt.control.if_ import If
    from flowrt.control.loop_until import CheckFrequency, LoopUntil
    from flowrt.control.parallel import Parallel
    from flowrt.control.pause import Pause
    from flowrt.control.sequential import Sequential
    from flowrt.control.subflow import Subflow
    from flowrt.control.switch import Switch
    from flowrt.control.template import Template
    from flowrt.control.working_directory import Cache, WorkingDirectory
    from flowrt.model.task import Constant, Exponential, Random, TaskCache, WorkerGroup
    from flowrt.scripting.runners import DockerRunner, ProcessRunner
    from flowrt.services.folders import LoadNamespaceFiles
    from flowrt.tasks.archive import Count, PurgeExecutions, PurgeLogs
    from flowrt.tasks.debug import Echo, Return
    from flowrt.tasks.execution import Assert, Exit, Fail, Labels, SetVariables, UnsetVariables
    from flowrt.tasks.http import HttpDownload, HttpRequest, SseRequest
    from flowrt.tasks.http_client import (
        BasicAuth,
        BearerAuth,
        DigestAuth,
        HttpOptions,
        HttpTimeout,
        Proxy,
        Ssl,
    )
    from flowrt.tasks.kv import KvDelete, KvGet, KvGetKeys, KvPut, KvSet
    from flowrt.tasks.log import Log
    from flowrt.tasks.logfetch import Fetch
    from flowrt.tasks.metric import Publish
    from flowrt.tasks.missing import Missing
    from flowrt.tasks.namespace import DeleteFiles, DownloadFiles, UploadFiles
    from flowrt.tasks.output import OutputValues
    from flowrt.tasks.purging import PurgeFiles, PurgeKv, PurgeStorage
    from flowrt.tasks.resuming import Resume
    from flowrt.tasks.script_languages import (
        BunCommands,
        BunScript,
        DenoCommands,
        DenoScript,
        DotnetCommands,
        DotnetScript,
        GoCommands,
        GoScript,
        GroovyCommands,
        GroovyScript,
        JbangCommands,
        JbangScript,
        JuliaCommands,
        JuliaScript,
        LuaCommands,
        LuaScript,
        PerlCommands,
        PerlScript,
        PhpCommands,
        PhpScript,
        PowerShellCommands,
        PowerShellScript,
        RCommands,
        RScript,
        RubyCommands,
        RubyScript,
    )
    from flowrt.tasks.scripts import (
        NodeCommands,
        NodeScript,
        PythonCommands,
        PythonScript,
        ShellCommands,
        ShellScript,
    )
    from flowrt.tasks.sleep import Sleep
    from flowrt.tasks.state import StateDelete, StateGet, StateSet
    from flowrt.tasks.storage import (
        Concat,
        DeduplicateItems,
        FilterItems,
        LocalFiles,
        PurgeCurrentExecutionFiles,
        Reverse,
        Size,
        Split,
        StorageDelete,
        Write,
    )
    from flowrt.tasks.templating import TemplatedTask
    from flowrt.tasks.toggle import Toggle

_RECORDS = {
    "control.for_each_item": "Batch",
    "control.loop_until": "CheckFrequency",
    "control.working_directory": "Cache",
    "scripting.runners": "DockerRunner ProcessRunner",
    "model.task": "Constant Exponential Random TaskCache WorkerGroup",
    "services.folders": "LoadNamespaceFiles",
    "tasks.missing": "Missing",
    "tasks.http_client": "BasicAuth BearerAuth DigestAuth HttpOptions HttpTimeout Proxy Ssl",
}
"""What has no type of its own, by module: objects in properties, mostly. The tasks stand in the catalog."""

__all__ = [
    "AllowFailure",
    "Assert",
    "BasicAuth",
    "Batch",
    "BearerAuth",
    "BunCommands",
    "BunScript",
    "Cache",
    "CheckFrequency",
    "Concat",
    "Constant",
    "Count",
    "Dag",
    "DeduplicateItems",
    "DeleteFiles",
    "DenoCommands",
    "DenoScript",
    "DigestAuth",
    "DockerRunner",
    "DotnetCommands",
    "DotnetScript",
    "DownloadFiles",
    "EachParallel",
    "EachSequential",
    "Echo",
    "Exit",
    "Exponential",
    "Fail",
    "Fetch",
    "FilterItems",
    "ForEach",
    "ForEachItem",
    "GoCommands",
    "GoScript",
    "GroovyCommands",
    "GroovyScript",
    "HttpDownload",
    "HttpOptions",
    "HttpRequest",
    "HttpTimeout",
    "If",
    "JbangCommands",
    "JbangScript",
    "JuliaCommands",
    "JuliaScript",
    "KvDelete",
    "KvGet",
    "KvGetKeys",
    "KvPut",
    "KvSet",
    "Labels",
    "LoadNamespaceFiles",
    "LocalFiles",
    "Log",
    "LoopUntil",
    "LuaCommands",
    "LuaScript",
    "Missing",
    "NodeCommands",
    "NodeScript",
    "OutputValues",
    "Parallel",
    "Pause",
    "PerlCommands",
    "PerlScript",
    "PhpCommands",
    "PhpScript",
    "PowerShellCommands",
    "PowerShellScript",
    "ProcessRunner",
    "Proxy",
    "Publish",
    "PurgeCurrentExecutionFiles",
    "PurgeExecutions",
    "PurgeFiles",
    "PurgeKv",
    "PurgeLogs",
    "PurgeStorage",
    "PythonCommands",
    "PythonScript",
    "RCommands",
    "RScript",
    "Random",
    "Resume",
    "Return",
    "Reverse",
    "RubyCommands",
    "RubyScript",
    "Sequential",
    "SetVariables",
    "ShellCommands",
    "ShellScript",
    "Size",
    "Sleep",
    "Split",
    "SseRequest",
    "Ssl",
    "StateDelete",
    "StateGet",
    "StateSet",
    "StorageDelete",
    "Subflow",
    "Switch",
    "TaskCache",
    "Template",
    "TemplatedTask",
    "Toggle",
    "UnsetVariables",
    "UploadFiles",
    "WorkerGroup",
    "WorkingDirectory",
    "Write",
]


def homes() -> dict[str, str]:
    """Where each class lives."""
    from flowrt.catalog import TASKS

    found = {
        name: f"flowrt.{module}" for module, names in _RECORDS.items() for name in names.split()
    }
    for type_name, place in TASKS.items():
        module, _, name = place.partition(":")
        if "$" not in type_name:
            found[name] = module
    return found


def __getattr__(name: str) -> Any:
    home = homes().get(name) if name[:1].isupper() else None
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from flowrt.missing import lent

    value = globals()[name] = lent(home, name)
    return value
