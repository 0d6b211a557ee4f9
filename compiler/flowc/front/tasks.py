"""Tasks: their types, properties and children."""

from __future__ import annotations

import re

from flowc.atlas import Nowhere, Unsupported
from flowc.diag.model import Fix, Sink
from flowc.front import model
from flowc.front.inputs import read_inputs
from flowc.front.nodes import Mapping, Node, Scalar, Sequence, without_nulls
from flowc.front.retries import check_retry
from flowc.front.types import task_class
from flowc.front.values import Values, head, is_null, properties
from flowc.source import Span
from flowrt.catalog import canonical
from flowrt.java.printing import text_of as printed
from flowrt.model.declare import Kind, written
from flowrt.model.task import Task

TASK_ID = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]*")
_CHILDREN = frozenset({"task", "tasks", "cases", "dag", "inputs"})
_OWN = frozenset({"id", "type", "disabled", "description"})
_IDS = written()
_MAY_BE_EMPTY = frozenset({"until"})
"""The shapes whose lists of tasks may be empty."""

WORKING = frozenset({"leaf", "update", "exit"})
"""The shapes of tasks that have no children and start no flows."""

_SAID_OF_EMPTY = {
    "folder": "{id}.{key}: The 'tasks' property cannot be empty",
    "loop": "{id}.{key}: The 'tasks' property cannot be empty",
    "group": "{id}.{key}: The 'tasks' property cannot be empty",
    "graph": "{id}: No task defined",
}
"""What the engine says of an empty list, by shape."""
_FROM_SOURCE = re.compile(r"tasks\[\d+\]")
"""The paths of tasks whose worker groups are read from the source, too, where what is null is there."""
_WITHOUT_EFFECT = ("timeout", "taskCache", "workerGroup")


def report_no_id(text: str, span: Span, sink: Sink) -> None:
    """Say of a text that it is no id of a task or a trigger."""
    sink.report(
        "FC206",
        f"`{text}` is not an id: ids begin with a letter or digit and go on with letters, digits, `-` and `_`",
        span,
        kestra=f'{text}.id: must match "^{TASK_ID.pattern}"',
    )


class TaskReader:
    """Reads tasks and the lists of them; keeps reading after a problem."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._values = Values(sink)

    def tasks(self, node: Node | None, path: str) -> tuple[model.Task, ...]:
        """A list of tasks."""
        if node is None or is_null(node):
            return ()
        if not isinstance(node, Sequence):
            self._sink.report("FC203", f"{path}: expected a list of tasks", node.span)
            return ()
        if self._split_items(node):
            return ()
        found = (self.task(each, f"{path}[{index}]") for index, each in enumerate(node.items))
        return tuple(each for each in found if each is not None)

    def _split_items(self, node: Sequence) -> bool:
        """Whether a task fell into two items of the list, because its `type` has a dash of its own."""
        for first, second in zip(node.items, node.items[1:], strict=False):
            if (
                not isinstance(first, Mapping)
                or not isinstance(second, Mapping)
                or not second.entries
            ):
                continue
            key = second.entries[0][0]
            if first.get("type") is None and second.get("id") is None and key.value == "type":
                text, at = key.span.file.text, key.span.start
                dash = text.rfind("-", 0, at)
                apart = text[dash + 1 : at]
                self._sink.report(
                    "FC205",
                    "`type` begins an item of its own here, so the task above has none",
                    key.span,
                    hint="remove the dash before `type`",
                    kestra="Invalid type: null",
                    fix=(
                        Fix(Span(key.span.file, dash, dash + 1), " ") if not apart.strip() else None
                    ),
                )
                return True
        return False

    def task(self, node: Node, path: str) -> model.Task | None:
        """One task; None when it cannot even be told what it is."""
        if not isinstance(node, Mapping):
            self._sink.report(
                "FC203", f"{path}: expected a task, an object with `id` and `type`", node.span
            )
            return None
        found = task_class(node, self._sink)
        task_id = self._id(node, path)
        if found is None:
            return None
        name, cls = found
        if cls in (Unsupported, Nowhere):
            return self._unsupported(node, task_id, name, cls, path)
        return self._supported(node, task_id, name, cls, path)

    def _id(self, node: Mapping, path: str) -> str:
        given = node.get("id")
        if not isinstance(given, Scalar) or given.value is None:
            self._sink.report(
                "FC202",
                "the task has no `id`",
                head(node),
                kestra=f"{path}.id: must not be null",
            )
            return ""
        text = text_of(given) or ""
        if not text.strip():
            self._sink.report(
                "FC206", "the `id` is empty", given.span, kestra=f"{path}.id: must not be blank"
            )
        elif not TASK_ID.fullmatch(text):
            report_no_id(text, given.span, self._sink)
        elif len(text) > 256:
            self._sink.report("FC206", "the id is longer than 256 characters", given.span)
        return text

    def _supported(
        self, node: Mapping, task_id: str, name: str, cls: type[Task], path: str
    ) -> model.Task:
        known = properties(cls)
        values: dict[str, Node] = {}
        children: dict[str, tuple[model.Task, ...]] = {}
        inputs: tuple[model.Input, ...] = ()
        given: dict[str, Node] = {}
        for key, value in node.entries:
            text = str(key.value)
            declared = known.get(text)
            if text == "type":
                continue
            if declared is None:
                if text == "assets" and not is_null(value):
                    self._assets(key, task_id)
                else:
                    self._values.unknown(key, name, known, warning=is_null(value))
                continue
            given[declared.yaml] = value
            if declared.kind.name == "inputs":
                # those of a flow are read from its source, too, where null is not the same as absent
                inputs = read_inputs(without_nulls(value), f"{path}.{text}", self._sink)
            elif declared.kind.name in _CHILDREN:
                children.update(
                    self._children(declared.yaml, declared.kind, value, f"{path}.{text}")
                )
            elif text != "id":
                where = f"{task_id}.{text}"
                if text == "workerGroup" and not _FROM_SOURCE.fullmatch(path):
                    value = without_nulls(value)
                checked = self._values.check(value, declared.kind, where, static=declared.static)
                values[declared.yaml] = checked
        self._values.required(cls, given, path, node)
        if "retry" in values:
            check_retry(values["retry"], f"{path}.retry", self._sink)
        self._elsewhere(cls, given)
        self._rules(node, task_id, cls, given, values)
        return self._model(node, task_id, name, cls, values, children, inputs)

    def _model(
        self,
        node: Mapping,
        task_id: str,
        name: str,
        cls: type[Task],
        values: dict[str, Node],
        children: dict[str, tuple[model.Task, ...]],
        inputs: tuple[model.Input, ...],
    ) -> model.Task:
        disabled, description = values.get("disabled"), values.get("description")
        properties = {key: value for key, value in values.items() if key not in _OWN}
        written = node.get("type")
        if isinstance(written, Scalar) and written.value != name:
            properties["type"] = written
        return model.Task(
            id=task_id,
            type=name,
            cls=cls,
            span=node.span,
            properties=properties,
            children=children,
            disabled=isinstance(disabled, Scalar) and disabled.value is True,
            description=text_of(description),
            inputs=inputs,
        )

    def _unsupported(
        self, node: Mapping, task_id: str, name: str, cls: type[Task], path: str
    ) -> model.Task:
        """Everything below it that looks like a task is read, so that references to it are not called wrong."""
        values: dict[str, Node] = {}
        children: dict[str, tuple[model.Task, ...]] = {}
        for key, value in node.entries:
            text = str(key.value)
            if _are_tasks(value):
                children[text] = self.tasks(value, f"{path}.{text}")
                continue
            if text not in ("id", "type"):
                values[text] = value
        return self._model(node, task_id, name, cls, values, children, ())

    # ---- children -------------------------------------------------------------------------------------------------

    def _children(
        self, name: str, kind: Kind, value: Node, path: str
    ) -> dict[str, tuple[model.Task, ...]]:
        if isinstance(value, Scalar) and value.value is None:
            return {}
        if kind.name == "task" and not isinstance(value, Mapping):
            message = f"{path}: no task, an object with `id` and `type`; it is ignored"
            self._sink.report("FC203", message, value.span, warning=True)
            return {}
        if kind.name == "task":
            one = self.task(value, path)
            return {name: (one,)} if one is not None else {}
        if kind.name == "cases":
            return self._cases(value, path)
        if kind.name == "dag":
            return {name: self._dag(value, path)}
        return {name: self.tasks(value, path)}

    def _cases(self, value: Node, path: str) -> dict[str, tuple[model.Task, ...]]:
        if not isinstance(value, Mapping):
            self._sink.report(
                "FC203", f"{path}: expected a map of a text to a list of tasks", value.span
            )
            return {}
        found: dict[str, tuple[model.Task, ...]] = {"cases": ()} if not value.entries else {}
        for key, tasks in value.entries:
            if not is_null(tasks):
                found[f"case:{key.value}"] = self.tasks(tasks, f"{path}.{key.value}")
        return found

    def _dag(self, value: Node, path: str) -> tuple[model.Task, ...]:
        if not isinstance(value, Sequence):
            self._sink.report(
                "FC203", f"{path}: expected a list of `task` and `dependsOn`", value.span
            )
            return ()
        found = []
        for index, item in enumerate(value.items):
            here = f"{path}[{index}]"
            if not isinstance(item, Mapping):
                self._sink.report("FC203", f"{here}: expected `task` and `dependsOn`", item.span)
                continue
            for key, given in item.entries:
                if key.value not in ("task", "dependsOn"):
                    name = "io.kestra.plugin.core.flow.Dag$DagTask"
                    known = ["task", "dependsOn"]
                    self._values.unknown(key, name, known, warning=is_null(given))
            inner = item.get("task")
            if inner is None:
                self._sink.report(
                    "FC202",
                    "the item has no `task`",
                    head(item),
                    kestra=f"{here}.task: must not be null",
                )
                continue
            task = self.task(inner, f"{here}.task")
            if task is not None:
                found.append(_depending(task, self._names(item.get("dependsOn"), here)))
        return tuple(found)

    def _names(self, node: Node | None, path: str) -> tuple[str, ...]:
        if node is None or is_null(node):
            return ()
        checked = self._values.check(node, _IDS, f"{path}.dependsOn", static=True)
        items = checked.items if isinstance(checked, Sequence) else ()
        return tuple(str(each.value) for each in items if isinstance(each, Scalar))

    def _elsewhere(self, cls: type[Task], given: dict[str, Node]) -> None:
        """Say which properties have no effect here: one finding for all that ask for the same."""
        for group in cls.elsewhere:
            asked = {name: given[name] for name in group.properties if self._asks(given.get(name))}
            if asked and not any(_said(each) in group.here for each in asked.values()):
                names = " and ".join(f"`{name}`" for name in asked)
                verb = "has" if len(asked) == 1 else "have"
                self._sink.report(
                    "FC502",
                    f"{names} {verb} no effect: {group.instead}",
                    next(iter(asked.values())).span,
                    label="no effect",
                    hint=group.hint,
                )

    def _asks(self, node: Node | None) -> bool:
        """Whether a value says something, and nothing was found wrong with it."""
        kind = node.get("type") if isinstance(node, Mapping) else None
        return bool(_said(node)) and not (kind is not None and self._sink.knows(kind.span))

    # ---- rules of single classes ----------------------------------------------------------------------------------

    def _rules(
        self,
        node: Mapping,
        task_id: str,
        cls: type[Task],
        given: dict[str, Node],
        values: dict[str, Node],
    ) -> None:
        """`given` is what stands in the flow, `values` what that is read as."""
        shape = cls.shape
        chosen = _filled(given.get("cases")) or _filled(given.get("defaults"))
        if shape == "switch" and not chosen:
            self._sink.report(
                "FC209",
                f"`{task_id}` has tasks neither in `cases` nor in `defaults`",
                head(node),
                kestra=f"{task_id}: No task defined, neither cases or default have any tasks",
            )
        for key in ("tasks", "then"):
            declared = properties(cls).get(key)
            value = given.get(key)
            if declared is None or not declared.required or value is None:
                continue
            if shape not in _MAY_BE_EMPTY and isinstance(value, Sequence) and not value.items:
                said = _SAID_OF_EMPTY.get(shape, "{id}.{key}: must not be empty")
                kestra = said.format(id=task_id, key=key)
                message = f"`{key}` of `{task_id}` has no tasks"
                self._sink.report("FC209", message, value.span, kestra=kestra)
        for key in cls.not_blank:
            value = given.get(key)
            if isinstance(value, Scalar) and isinstance(value.value, str):
                is_text = properties(cls)[key].kind.name == "string"
                if not (value.value if is_text else value.value.strip()):
                    what = "empty" if is_text else "null"
                    kestra = f"{task_id}.{key}: must not be {what}"
                    message = f"`{key}` of `{task_id}` is blank"
                    self._sink.report("FC202", message, value.span, kestra=kestra)
        for key in ("concurrencyLimit", "concurrent", "revision"):
            bound = values.get(key)
            if key == "revision" and shape == "batch":
                continue  # of those who start others for a file the engine does not look at it
            if isinstance(bound, Scalar) and isinstance(bound.value, int):
                self._bound(key, bound, task_id)
        if cls.shape not in WORKING:
            for key in _WITHOUT_EFFECT:
                if key in given and not (key == "timeout" and shape == "wait"):
                    message = f"The task '{task_id}' cannot use the '{key}' property as it's only relevant for runnable tasks."
                    self._sink.report("FC219", message, given[key].span)

    def _bound(self, key: str, bound: Scalar, task_id: str) -> None:
        assert isinstance(bound.value, int)
        least = 1 if key == "revision" else 0
        if bound.value < least:
            self._sink.report(
                "FC223" if key == "concurrent" else "FC208",
                f"`{key}` of `{task_id}` is less than {least}",
                bound.span,
                kestra=f"{task_id}.{key}: must be greater than or equal to {least}",
            )

    def _assets(self, key: Scalar, task_id: str) -> None:
        self._sink.report(
            "FC220",
            "`assets` exist in the Enterprise Edition alone",
            key.span,
            kestra=f"Invalid Flow: Task '{task_id}' can't have any `assets` because assets are only available in "
            "Enterprise Edition.",
        )


def text_of(node: Node | None) -> str | None:
    """A scalar as text, as Kestra prints it."""
    if not isinstance(node, Scalar) or node.value is None:
        return None
    return printed(node.value)


def _are_tasks(node: Node) -> bool:
    """Whether a list looks like one of tasks."""
    items = node.items if isinstance(node, Sequence) else ()
    return bool(items) and all(
        isinstance(each, Mapping)
        and each.get("id") is not None
        and isinstance(kind := each.get("type"), Scalar)
        and "." in str(kind.value)
        for each in items
    )


def _said(node: Node | None) -> str:
    """The text of a value, or the type of an object; empty when nothing is said."""
    if isinstance(node, Mapping):
        kind = node.get("type")
        return canonical(str(kind.value)) if isinstance(kind, Scalar) else "object"
    if isinstance(node, Scalar):
        return "" if node.value is None else str(node.value)
    return "" if node is None else "list"


def _filled(node: Node | None) -> bool:
    if isinstance(node, Mapping):
        return not all(is_null(value) for _, value in node.entries)
    return isinstance(node, Sequence) and bool(node.items)


def _depending(task: model.Task, names: tuple[str, ...]) -> model.Task:
    from dataclasses import replace

    return replace(task, depends_on=names)
