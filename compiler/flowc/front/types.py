"""Type names: which exist, which are supported, which one was meant."""

from __future__ import annotations

from flowc import atlas
from flowc.atlas import Nowhere, Unsupported
from flowc.diag.model import Fix, Sink
from flowc.front.nodes import Mapping, Scalar
from flowc.front.suggest import nearest
from flowc.front.values import head
from flowrt.catalog import CORE, canonical, find, own, places
from flowrt.model.task import Task

_PLUGINS = "io.kestra.plugin."
_SURE = 0.9
"""How like a known name a name must be to be taken for a slip where nothing else is known of its package."""
WAY_OUT = "`flowc stubs` writes a class to fill in; `--tasks FILE` gives it to the compiler"
_REFUSED = {
    "io.kestra.plugin.debezium.": (
        "it runs Debezium, a library of Java that follows the log of a database; a query for what has changed does without"
    ),
    "io.kestra.plugin.graalvm.": (
        "it evaluates code in the JVM of a worker; here the Script tasks of `io.kestra.plugin.scripts` run it, as a process"
    ),
    "io.kestra.plugin.kestra.ee.": "it asks a server of Kestra's enterprise edition, and there is none here",
    "io.kestra.plugin.scripts.groovy.": (
        "it evaluates Groovy in the JVM of a worker; here `io.kestra.plugin.scripts.groovy.Script` runs it, as a process"
    ),
    "io.kestra.plugin.scripts.jython.": (
        "it evaluates Python 2 in the JVM of a worker; here `io.kestra.plugin.scripts.python.Script` runs Python, as a process"
    ),
    "io.kestra.plugin.scripts.nashorn.": (
        "it evaluates JavaScript in the JVM of a worker; here `io.kestra.plugin.scripts.node.Script` runs it, as a process"
    ),
}
"""Why tasks of a package are not run, where it is not for want of a class."""
_NO_TASKS = {
    "trigger": "a trigger: it belongs under `triggers`",
    "condition": "a condition of a trigger",
    "taskRunner": "a task runner: it belongs under `taskRunner` of a script",
    "additional": "no task, but part of the properties of one",
}


def task_class(node: Mapping, sink: Sink) -> tuple[str, type[Task]] | None:
    """The current type name and the class of a task; None when it has no type that could be one."""
    given = node.get("type")
    if not isinstance(given, Scalar) or given.value is None or given.value == "":
        sink.report("FC205", "the task has no `type`", head(node), kestra="Invalid type: null")
        return None
    written = str(given.value)
    name = canonical(written)
    try:
        cls = find(name) or find(written) or find(atlas.current(written))
    except (ImportError, AttributeError) as error:
        message = f"the class of `{written}` cannot be loaded: {error}"
        sink.report("FC503", message, given.span)
        return name, Unsupported
    if cls is not None:
        return cls.type_name if own(cls.type_name) else name, cls
    name = atlas.current(written)
    known = atlas.find(name)
    if known is not None:
        sink.report(
            "FC501",
            f"flowc cannot run tasks of type `{written}`",
            given.span,
            label="not supported",
            hint=next((why for start, why in _REFUSED.items() if name.startswith(start)), WAY_OUT),
        )
        return name, known
    unknown = _unknown(name, written, given, sink)
    if not unknown:
        sink.report(
            "FC501",
            f"flowc does not know the task type `{written}`",
            given.span,
            label="not supported",
            hint=WAY_OUT,
        )
    return name, Nowhere if unknown == "FC205" else Unsupported


def _unknown(name: str, written: str, given: Scalar, sink: Sink) -> str | None:
    """Report a name that neither the runtime nor the atlas has as a task, where more can be said than that: the code."""
    if name in atlas.LATER:
        hint = "write a ForEach" if name.endswith(".Loop") else None
        message = f"`{written}` came with Kestra 2.0; flowc compiles flows of Kestra 1.3"
        sink.report("FC501", message, given.span, label="not in Kestra 1.3", hint=hint)
        return "FC501"
    kind = atlas.kind(name)
    if kind is None and (".ee." in name or name.startswith("io.kestra.ee.")):
        message = f"`{written}` belongs to the Enterprise Edition of Kestra"
        sink.report("FC501", message, given.span, label="not supported", hint=WAY_OUT)
        return "FC501"
    if kind is not None:
        message = f"`{written}` is {_NO_TASKS[kind]}"
        sink.report(
            "FC205", message, given.span, label="no task type", kestra=f"Invalid type: {written}"
        )
        return "FC205"
    meant = _meant(name)
    # of plugins that the atlas does not have, Kestra's or other people's, nothing can be said
    foreign = name.count(".") > 1 and not name.startswith("io.kestra.")
    unread = name.startswith(_PLUGINS) and not atlas.has_package(name)
    if meant is None and (foreign or unread):
        return None
    hint = f"did you mean `{meant}`?" if meant else None
    if meant is None and "." not in name:
        hint = "task types are written in full, such as `io.kestra.plugin.core.log.Log`"
    sink.report(
        "FC205",
        f"there is no task type `{written}`",
        given.span,
        label="no such type",
        hint=hint,
        kestra=f"Invalid type: {written}",
        fix=Fix(given.span, meant) if meant and meant.endswith(f".{written}") else None,
    )
    return "FC205"


def _meant(name: str) -> str | None:
    """The type that a name was meant to be."""
    from difflib import get_close_matches

    package, _, short = name.rpartition(".")
    types = sorted({*atlas.tasks(), *(each for each in places() if "$" not in each)})
    if atlas.has_package(name):
        beside = [each for each in types if each.rpartition(".")[0] == package]
        last = nearest(short, (each.rpartition(".")[2] for each in beside))
        if last is not None:
            return f"{package}.{last}"
    sure = get_close_matches(name, types, 1, _SURE)
    if sure or name.startswith(_PLUGINS):
        return sure[0] if sure else None
    same = [each for each in types if each.rpartition(".")[2].casefold() == short.casefold()]
    core = [each for each in same if each.startswith(CORE)]
    return (core or same)[0] if len(core) == 1 or len(same) == 1 else None
