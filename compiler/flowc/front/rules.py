"""Rules between the parts of a flow: unique ids, dependencies, references that Kestra refuses by their spelling."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from flowc.diag.model import Note, Sink
from flowc.front import model
from flowc.front.labels import Owner, read_labels
from flowc.front.nodes import Mapping, Node, Scalar, Sequence
from flowc.front.places import id_span
from flowc.front.values import is_null
from flowc.front.walk import child_tasks, descend, scalars, walk_tasks
from flowc.source import Span


def check_rules(flow: model.Flow, sink: Sink) -> None:
    """All rules that need more than one object."""
    listening = (task for each in flow.listeners for task in each.tasks)
    tasks = [*walk_tasks(flow), *descend(listening)]
    _duplicates(((each.id, id_span(each.span)) for each in tasks if each.id), "task id", sink)
    _duplicates(((each.id, id_span(each.span)) for each in flow.triggers), "trigger id", sink)
    _duplicates(((each.id, id_span(each.span)) for each in flow.inputs), "input", sink)
    _duplicates(((each.id, id_span(each.span)) for each in flow.outputs), "output", sink)
    _preconditions(flow, sink)
    _inputs(flow, sink)
    _dashes(flow, tasks, sink)
    _schedules(flow, sink)
    for task in tasks:
        if task.cls.shape == "graph":
            _dag(task, sink)
        elif task.cls.shape == "folder":
            _working_directory(task, sink)
        elif task.cls.shape in ("subflow", "batch"):
            _recursion(flow, task, sink)
            read_labels(task.properties.get("labels"), f"{task.id}.labels", sink, Owner.OTHER)


def _duplicates(named: Iterable[tuple[str, Span]], what: str, sink: Sink) -> None:
    first: dict[str, Span] = {}
    for name, span in named:
        if name in first:
            sink.report(
                "FC207",
                f"{what} `{name}` is declared twice",
                span,
                notes=(Note("first declared", first[name]),),
                kestra=f"Invalid Flow: Duplicate {what} with name [{name}]",
            )
        else:
            first[name] = span


def _preconditions(flow: model.Flow, sink: Sink) -> None:
    first: dict[str, Span] = {}
    for trigger in flow.triggers:
        node = trigger.properties.get("preconditions")
        given = node.get("id") if isinstance(node, Mapping) else None
        if not isinstance(given, Scalar) or given.value is None:
            continue
        name = str(given.value)
        if name in first:
            sink.report(
                "FC207",
                f"preconditions `{name}` are declared twice",
                given.span,
                notes=(Note("first declared", first[name]),),
                kestra=f"Invalid Flow: Duplicate preconditions with id [{name}]",
            )
        first.setdefault(name, given.span)


# ---- inputs -------------------------------------------------------------------------------------------------------


def _leaves(flow: model.Flow) -> Iterator[tuple[str, model.Input]]:
    for each in flow.inputs:
        if each.type == "FORM":
            for child in each.children:
                yield f"{each.id}.{child.id}", child
        else:
            yield each.id, each


def _inputs(flow: model.Flow, sink: Sink) -> None:
    paths: dict[str, model.Input] = {}
    for path, given in _leaves(flow):
        if path in paths and "." in path:
            sink.report(
                "FC207",
                f"input `{path}` is declared twice",
                id_span(given.span),
                kestra=f"Invalid Flow: Duplicate input path [{path}]",
            )
        paths.setdefault(path, given)
    for path, given in paths.items():
        steps = path.split(".")
        for length in range(1, len(steps)):
            above = ".".join(steps[:length])
            if above in paths:
                message = f"Input path '{above}' conflicts with '{path}'; one cannot be nested under the other."
                sink.report(
                    "FC210",
                    f"inputs `{above}` and `{path}` collide: one cannot be nested in the other",
                    id_span(given.span),
                    kestra=f"Invalid Flow: {message}",
                )
    graph: dict[str, tuple[str, ...]] = {}
    for path, given in paths.items():
        graph[path] = tuple(str(each.value) for each in _dependencies(given))
    for path, given in paths.items():
        for name in _dependencies(given):
            if str(name.value) not in graph:
                message = f"Input with id '{path}' depends on a non-existent input '{name.value}'."
                sink.report(
                    "FC211",
                    f"input `{path}` depends on `{name.value}`, which does not exist",
                    name.span,
                    kestra=f"Invalid Flow: {message}",
                )
    for path, circle in _circles(graph):
        message = f"Cycle dependency detected for input with id '{path}': [{', '.join(circle)}]"
        sink.report(
            "FC211",
            f"input `{path}` depends on itself: {', '.join(circle)}",
            id_span(paths[path].span),
            kestra=f"Invalid Flow: {message}",
        )


def _dependencies(given: model.Input) -> list[Scalar]:
    node = given.properties.get("dependsOn")
    names = node.get("inputs") if isinstance(node, Mapping) else None
    if not isinstance(names, Sequence):
        return []
    return [each for each in names.items if isinstance(each, Scalar)]


def _circles(graph: dict[str, tuple[str, ...]]) -> Iterator[tuple[str, list[str]]]:
    """Every node that lies on a circle, with the circle."""
    component = _components(graph)
    sizes: dict[int, list[str]] = {}
    for name, number in component.items():
        sizes.setdefault(number, []).append(name)
    for name in graph:
        circle = sizes[component[name]]
        if len(circle) > 1 or name in graph[name]:
            yield name, circle


def _components(graph: dict[str, tuple[str, ...]]) -> dict[str, int]:
    """Strongly connected components (Tarjan), with a stack of its own."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    found: dict[str, int] = {}
    stack: list[str] = []
    number = 0
    for root in graph:
        if root in index:
            continue
        work: list[tuple[str, Iterator[str]]] = [(root, iter(graph[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        while work:
            name, rest = work[-1]
            step = next((each for each in rest if each in graph), None)
            if step is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[name])
                if low[name] == index[name]:
                    while True:
                        member = stack.pop()
                        found[member] = number
                        if member == name:
                            break
                    number += 1
            elif step not in index:
                index[step] = low[step] = len(index)
                stack.append(step)
                work.append((step, iter(graph[step])))
            elif step not in found:
                low[name] = min(low[name], index[step])
    return found


# ---- spelling of references ---------------------------------------------------------------------------------------

_INPUT = re.compile(r"\{\{\s*inputs.([\w.-]*-[\w.-]*)\s*\}\}")
_OUTPUT = re.compile(r"\{\{\s*outputs\.([\w-]*-[\w-]*)\.[^}]+\}\}")


def _dashes(flow: model.Flow, tasks: list[model.Task], sink: Sink) -> None:
    inputs = {each.id for each in flow.inputs if "-" in each.id}
    outputs = {each.id for each in tasks if "-" in each.id}
    if not inputs and not outputs:
        return
    for task in tasks:
        if not child_tasks(task):
            for name, node in task.properties.items():
                if name not in ("runIf", "timeout"):
                    _dash(node, inputs, outputs, f"tasks: [{task.id}]", sink)
    for output in flow.outputs:
        _dash(output.value, set(), outputs, f"outputs: [{output.id}]", sink)


def _dash(node: Node, inputs: set[str], outputs: set[str], where: str, sink: Sink) -> None:
    for scalar in scalars(node):
        text = scalar.value
        if not isinstance(text, str) or "-" not in text:
            continue
        for pattern, names, what in ((_INPUT, inputs, "input"), (_OUTPUT, outputs, "output")):
            for found in pattern.finditer(text):
                if found[1] in names:
                    message = (
                        f"Invalid {what} reference: use {what}s[key-name] instead of {what}s.key-name — keys with "
                        f"dashes require bracket notation, offending {where}"
                    )
                    sink.report(
                        "FC213",
                        f"`{what}s.{found[1]}` is a subtraction: an id with a dash needs brackets",
                        scalar.place(found.start(), len(found[0])),
                        hint=f"write {what}s['{found[1]}']",
                        kestra=f"Invalid Flow: {message}",
                    )


# ---- single classes -----------------------------------------------------------------------------------------------


def _dag(task: model.Task, sink: Sink) -> None:
    children = task.children.get("tasks", ())
    graph = {each.id: each.depends_on for each in children}
    missing = list(dict.fromkeys(n for each in children for n in each.depends_on if n not in graph))
    if missing:
        message = f"{task.id}: Not existing task id in dependency: {', '.join(missing)}"
        sink.report("FC211", message, id_span(task.span))
        return
    cyclic = [name for name, _ in _circles(graph)]
    if cyclic:
        message = f"{task.id}: Cyclic dependency detected: {', '.join(cyclic)}"
        sink.report("FC211", message, id_span(task.span))


def _working_directory(task: model.Task, sink: Sink) -> None:
    for child in task.children.get("tasks", ()):
        if child.cls.shape != "leaf":
            message = (
                f"{task.id}: Only runnable tasks are allowed as children of a WorkingDirectory task"
            )
            sink.report("FC215", message, id_span(child.span))
        elif "workerGroup" in child.properties and not is_null(child.properties["workerGroup"]):
            message = (
                f"{task.id}: Cannot set a Worker Group in any WorkingDirectory sub-tasks, it is only supported at the "
                "WorkingDirectory level"
            )
            sink.report("FC215", message, child.properties["workerGroup"].span)


def _recursion(flow: model.Flow, task: model.Task, sink: Sink) -> None:
    if task.text("flowId") == flow.id and task.text("namespace") == flow.namespace:
        sink.report(
            "FC212",
            "the flow starts itself",
            id_span(task.span),
            kestra=f"Invalid Flow: Recursive call to flow [{flow.namespace}.{flow.id}]",
        )


def _schedules(flow: model.Flow, sink: Sink) -> None:
    needed = [path for path, given in _leaves(flow) if _must_be_given(given)]
    if not needed:
        return
    for trigger in flow.triggers:
        if not trigger.type.endswith((".trigger.Schedule", ".trigger.ScheduleOnDates")):
            continue
        given = trigger.properties.get("inputs")
        missing = [path for path in needed if not _gives(given, path)]
        if missing:
            listed = ", ".join(f"'{each}'" for each in missing)
            kind = trigger.type.rpartition(".")[2]
            message = f"Missing inputs for {kind} Trigger '{trigger.id}', missing inputs: {listed}"
            sink.report(
                "FC218",
                f"`{trigger.id}` starts the flow without {', '.join(f'`{each}`' for each in missing)}",
                id_span(trigger.span),
                hint="set them in `inputs` of the trigger",
                kestra=message,
            )


def _must_be_given(given: model.Input) -> bool:
    required = given.properties.get("required")
    optional = isinstance(required, Scalar) and required.value in (False, "false")
    chosen = given.properties.get("autoSelectFirst")
    return (
        not optional
        and not ({"defaults", "dependsOn"} & given.properties.keys())
        and chosen is None
    )


def _gives(node: Node | None, path: str) -> bool:
    """Whether a map of inputs has a path, written with dots or as maps in maps."""
    if not isinstance(node, Mapping):
        return False
    if node.get(path) is not None:
        return True
    first, _, rest = path.partition(".")
    return bool(rest) and _gives(node.get(first), rest)
