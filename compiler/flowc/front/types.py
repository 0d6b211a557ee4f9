"""Type names: which exist, which are supported, which one was meant."""

from __future__ import annotations

from flowc.diag.model import Sink
from flowc.front.nodes import Mapping, Scalar
from flowc.front.suggest import nearest
from flowc.front.values import head
from flowrt.catalog import CORE, TASKS, canonical, find
from flowrt.model.task import Task

_NOT_RUN = (
    "execution.Count execution.PurgeExecutions execution.Resume kv.PurgeKV log.Fetch log.PurgeLogs "
    "debug.Echo debug.Return execution.Assert execution.Exit execution.Fail execution.Labels execution.SetVariables "
    "execution.UnsetVariables flow.Sleep http.Download http.Request http.SseRequest kv.Delete kv.Get kv.GetKeys "
    "kv.Put kv.Set metric.Publish namespace.DeleteFiles namespace.DownloadFiles namespace.PurgeFiles "
    "namespace.UploadFiles output.OutputValues state.Delete state.Get state.Set storage.Concat "
    "storage.DeduplicateItems storage.Delete storage.FilterItems storage.LocalFiles "
    "storage.PurgeCurrentExecutionFiles storage.PurgeStorage storage.Reverse storage.Size storage.Split "
    "storage.Write templating.TemplatedTask trigger.Toggle flow.Loop"
)
CORE_TASKS = frozenset(CORE + name for name in _NOT_RUN.split()) | frozenset(
    name for name in TASKS if name.startswith(CORE)
)
"""The task types of the core plugin: with them a wrong name can be told from one that is not supported yet."""


class Unsupported(Task):
    """Stands in the model for a task that cannot be compiled, so that the rest of the flow is checked all the same."""

    outputs = None


def task_class(node: Mapping, sink: Sink) -> tuple[str, type[Task]] | None:
    """The current type name and the class of a task; None when it has no type that could be one."""
    given = node.get("type")
    if not isinstance(given, Scalar) or given.value is None or given.value == "":
        sink.report("FC205", "Invalid type: null", head(node), label="a task needs a `type`")
        return None
    written = str(given.value)
    name = canonical(written)
    cls = find(name)
    if cls is not None:
        return name, cls
    if name in CORE_TASKS or (name.startswith("io.kestra.") and not name.startswith(CORE)):
        likely = _other_case(name)
        hint = f"did you mean `{likely}`?" if likely else None
        message = f"task type `{written}` is not supported"
        sink.report("FC501", message, given.span, label="cannot be compiled", hint=hint)
        return name, Unsupported
    meant = nearest(name, CORE_TASKS | TASKS.keys()) or _by_last_part(name)
    hint = f"did you mean `{meant}`?" if meant else None
    sink.report("FC205", f"Invalid type: {written}", given.span, label="no such type", hint=hint)
    return name, Unsupported


def _other_case(name: str) -> str | None:
    """A supported type whose name differs in a letter or two only."""
    from difflib import get_close_matches

    found = get_close_matches(name, TASKS, 1, 0.95)
    return found[0] if found else None


def _by_last_part(name: str) -> str | None:
    """`Log` alone names `io.kestra.plugin.core.log.Log`."""
    last = name.rpartition(".")[2].casefold()
    same = [
        each for each in sorted(CORE_TASKS | TASKS.keys()) if each.casefold().endswith("." + last)
    ]
    return same[0] if len(same) == 1 else None
