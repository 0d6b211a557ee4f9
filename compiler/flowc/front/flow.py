"""The flow file as a whole."""

from __future__ import annotations

import re

from flowc import atlas
from flowc.diag.model import Sink
from flowc.front import defaults, model
from flowc.front.inputs import DATA_ID, NO_DATA_ID, TYPE_PROPERTIES, is_plain, read_inputs
from flowc.front.labels import Owner, read_labels
from flowc.front.nodes import Mapping, Node, Scalar, Sequence, plain
from flowc.front.records import validate
from flowc.front.retries import check_retry
from flowc.front.rules import check_rules
from flowc.front.tasks import TaskReader, text_of
from flowc.front.times import instant
from flowc.front.triggers import property_names, read_triggers
from flowc.front.values import Values, head, is_null
from flowc.source import SourceFile, Span
from flowrt.catalog import canonical, find
from flowrt.java.values import INT_MAX
from flowrt.model.declare import BOOLEAN, STRING
from flowrt.model.task import RETRY

PROPERTIES = (
    "id", "namespace", "description", "labels", "inputs", "variables", "tasks", "errors", "finally",
    "afterExecution", "outputs", "triggers", "pluginDefaults", "taskDefaults", "listeners", "concurrency", "retry",
    "sla", "checks", "workerGroup", "disabled", "deleted", "revision", "updated", "tenantId", "source",
)  # fmt: skip
_FORMS = {
    "id": "begin with a letter or digit, go on with letters, digits, `.`, `-` and `_`",
    "namespace": "begin with a lower case letter or digit, go on with those, `.`, `-` and `_`",
}
"""What an id and a namespace are made of."""
RESERVED = (
    "pause", "resume", "force-run", "change-status", "kill", "executions", "search", "source", "disable", "enable",
)  # fmt: skip
_FLOW_ID = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]*")
_NAMESPACE = re.compile(r"[a-z0-9][a-z0-9._-]*")
_CLASS = "io.kestra.core.models.flows.Flow"


def read_flow(source: SourceFile, root: Mapping, sink: Sink) -> model.Flow | None:
    """The model of a flow. It is built as far as it can be, so that more can be checked; None without any tasks."""
    return _FlowReader(source, defaults.merge(root, sink), sink).read()


class _FlowReader:
    def __init__(self, source: SourceFile, root: Mapping, sink: Sink) -> None:
        self._source = source
        self._root = root
        self._sink = sink
        self._values = Values(sink)
        self._tasks = TaskReader(sink)

    def read(self) -> model.Flow | None:
        root, sink = self._root, self._sink
        for key, value in root.entries:
            if key.value == "extend":
                sink.report("FC219", "`extend` belongs to blueprints and is ignored here", key.span)
            elif key.value not in PROPERTIES:
                self._values.unknown(key, _CLASS, list(PROPERTIES), warning=is_null(value))
        self._plugin_defaults()
        flow_id = self._name("id", _FLOW_ID, 100)
        namespace = self._name("namespace", _NAMESPACE, 150)
        tasks = self._main()
        flow = model.Flow(
            source=self._source,
            root=root,
            span=root.span,
            id=flow_id,
            namespace=namespace,
            tasks=tasks,
            errors=self._list("errors"),
            finally_=self._list("finally"),
            after_execution=self._list("afterExecution"),
            listeners=self._listeners(),
            inputs=self._inputs(),
            outputs=self._outputs(),
            triggers=read_triggers(root.get("triggers"), sink),
            variables=self._mapping("variables"),
            labels=read_labels(root.get("labels"), "labels", sink, Owner.FLOW),
            concurrency=self._concurrency(),
            retry=self._retry(),
            sla=self._service_levels(),
            checks=self._checks(),
            description=self._scalar_text("description"),
            disabled=self._flag("disabled"),
            revision=self._revision(),
            declared={str(key.value): key.span for key, _ in root.entries},
        )
        self._worker_group()
        self._of_a_server()
        check_rules(flow, sink)
        return flow if tasks else None

    # ---- names ----------------------------------------------------------------------------------------------------

    def _name(self, key: str, pattern: re.Pattern[str], longest: int) -> str:
        node = self._root.get(key)
        text = text_of(node)
        if node is None or text is None:
            if node is None or isinstance(node, Scalar):
                self._sink.report(
                    "FC202",
                    f"the flow has no `{key}`",
                    head(self._root),
                    kestra=f"{key}: must not be null",
                )
            else:
                self._sink.report("FC203", f"{key}: expected a text", node.span)
            return ""
        if key == "namespace" and not (isinstance(node, Scalar) and isinstance(node.value, str)):
            hint = f"write it in quotes: '{text}'"
            self._sink.report("FC203", f"{key}: expected a text", node.span, hint=hint)
        elif not pattern.fullmatch(text):
            self._sink.report(
                "FC206",
                f"`{text}` is not valid as the `{key}` of a flow",
                node.span,
                hint=_FORMS[key],
                kestra=f'{key}: must match "^{pattern.pattern}"',
            )
        elif len(text) > longest:
            self._sink.report(
                "FC206",
                f"`{key}` is longer than {longest} characters",
                node.span,
                kestra=f"{key}: size must be between 1 and {longest}",
            )
        elif key == "id" and text in RESERVED:
            message = f"Flow id is a reserved keyword: {text}. List of reserved keywords: {', '.join(RESERVED)}"
            said = f"`{text}` is a reserved flow id: a Kestra server does not store the flow"
            self._sink.report("FC224", said, node.span, kestra=f"Invalid Flow: {message}")
        return text

    def _scalar_text(self, key: str) -> str | None:
        node = self._root.get(key)
        return text_of(self._values.check(node, STRING, key, static=True)) if node else None

    def _flag(self, key: str) -> bool:
        node = self._root.get(key)
        if node is None:
            return False
        checked = self._values.check(node, BOOLEAN, key, static=True)
        return isinstance(checked, Scalar) and checked.value is True

    def _of_a_server(self) -> None:
        """What a server writes into the flows that it exports."""
        self._flag("deleted")
        for key in ("tenantId", "source"):
            self._scalar_text(key)
        node = self._root.get("updated")
        wrong = None if node is None or is_null(node) else instant(plain(node))[1]
        if node is not None and wrong is not None:
            kestra = f"Cannot deserialize value of type `java.time.Instant`: {wrong}"
            message = "updated: expected a point in time such as `2024-06-30T22:00:00Z`"
            self._sink.report("FC203", message, node.span, kestra=kestra)

    def _revision(self) -> int:
        node = self._root.get("revision")
        if node is None:
            return 1
        number = node.value if isinstance(node, Scalar) else None
        if is_null(node):
            return 1
        if not isinstance(number, int) or isinstance(number, bool) or number > INT_MAX:
            self._sink.report("FC203", "revision: expected a whole number", node.span)
            return 1
        if number < 1:
            self._sink.report(
                "FC208",
                "`revision` is less than 1",
                node.span,
                kestra="revision: must be greater than or equal to 1",
            )
        return number

    # ---- tasks ----------------------------------------------------------------------------------------------------

    def _main(self) -> tuple[model.Task, ...]:
        node = self._root.get("tasks")
        if node is None or (isinstance(node, Scalar) and node.value in (None, "")):
            self._no_tasks("the flow has no tasks", "tasks", self._spot("tasks"))
            return ()
        if isinstance(node, Sequence) and not node.items:
            self._no_tasks("the flow has no tasks", "tasks", node.span)
        return self._tasks.tasks(node, "tasks")

    def _list(self, key: str) -> tuple[model.Task, ...]:
        return self._tasks.tasks(self._root.get(key), key)

    def _no_tasks(self, message: str, path: str, span: Span) -> None:
        self._sink.report("FC209", message, span, kestra=f"{path}: must not be empty")

    def _spot(self, key: str) -> Span:
        found = next((name.span for name, _ in self._root.entries if name.value == key), None)
        return found or head(self._root)

    def _listeners(self) -> tuple[model.Listener, ...]:
        from flowc.front.triggers import read_conditions

        found = []
        for index, item in enumerate(self._items("listeners")):
            from flowc.front.schemas.flow import Listener

            path = f"listeners[{index}]"
            listener = validate(item, Listener, path, self._sink)
            if listener is None:
                continue
            given = listener.get("conditions")
            conditions = given and read_conditions(given, f"{path}.conditions", self._sink)
            listed = conditions.items if isinstance(conditions, Sequence) else ()
            listed_tasks = listener.get("tasks")
            if isinstance(listed_tasks, Sequence) and not listed_tasks.items:
                self._no_tasks("the listener has no tasks", f"{path}.tasks", listed_tasks.span)
            tasks = self._tasks.tasks(listed_tasks, f"{path}.tasks")
            maps = tuple(each for each in listed if isinstance(each, Mapping))
            found.append(model.Listener(maps, tasks, item.span))
        return tuple(found)

    # ---- what stands around the tasks -----------------------------------------------------------------------------

    def _items(self, key: str) -> tuple[Node, ...]:
        node = self._root.get(key)
        if node is None or is_null(node):
            return ()
        if isinstance(node, Sequence):
            return node.items
        self._sink.report("FC203", f"{key}: expected a list", node.span)
        return ()

    def _mapping(self, key: str) -> Mapping | None:
        node = self._root.get(key)
        if node is None or is_null(node):
            return None
        if isinstance(node, Mapping):
            return node
        self._sink.report("FC203", f"{key}: expected a map", node.span)
        return None

    def _inputs(self) -> tuple[model.Input, ...]:
        node = self._root.get("inputs")
        return read_inputs(node, "inputs", self._sink) if node is not None else ()

    def _outputs(self) -> tuple[model.Output, ...]:
        found = (
            self._output(each, f"outputs[{i}]") for i, each in enumerate(self._items("outputs"))
        )
        return tuple(each for each in found if each is not None)

    def _output(self, item: Node, path: str) -> model.Output | None:
        if not isinstance(item, Mapping):
            self._sink.report("FC203", f"{path}: expected an object", item.span)
            return None
        kind = text_of(item.get("type"))
        known = {"id", "type", "value", "description", "displayName"}
        if kind not in TYPE_PROPERTIES or item.get("value") is None or not is_plain(item, known):
            from flowc.front.schemas.outputs import Output

            read = validate(item, Output, path, self._sink)
            if read is None:
                return None
            item, kind = read, text_of(read.get("type"))
        name, value, required = text_of(item.get("id")), item.get("value"), item.get("required")
        if value is not None and is_null(value):
            kestra = f"{path}.value: must not be null"
            self._sink.report("FC202", "the output has no `value`", head(item), kestra=kestra)
        if name is None or value is None:
            return None
        if not DATA_ID.fullmatch(name):
            kestra = f'{path}.id: must match "^[a-zA-Z0-9][.a-zA-Z0-9_-]*"'
            self._sink.report("FC206", NO_DATA_ID.format(name), head(item), kestra=kestra)
        return model.Output(
            id=name,
            type=kind or "",
            span=item.span,
            value=value,
            required=text_of(required) != "false",
            description=text_of(item.get("description")),
            display_name=text_of(item.get("displayName")),
        )

    def _concurrency(self) -> Mapping | None:
        node = self._mapping("concurrency")
        if node is not None:
            from flowc.front.schemas.flow import Concurrency

            return validate(node, Concurrency, "concurrency", self._sink) or node
        return node

    def _retry(self) -> Mapping | None:
        node = self._root.get("retry")
        if node is None:
            return None
        checked = self._values.check(node, RETRY, "retry", static=True)
        check_retry(checked, "retry", self._sink)
        return checked if isinstance(checked, Mapping) else None

    def _service_levels(self) -> tuple[Mapping, ...]:
        found = []
        for index, item in enumerate(self._items("sla")):
            from flowc.front.schemas.flow import SERVICE_LEVELS

            path = f"sla[{index}]"
            if is_null(item):
                message = f"{path}: there is no service level here"
                self._sink.report("FC203", message, item.span, warning=True)
                continue
            kind = item.get("type") if isinstance(item, Mapping) else None
            schema = SERVICE_LEVELS.get(str(kind.value)) if isinstance(kind, Scalar) else None
            if schema is None or not isinstance(item, Mapping):
                written = str(kind.value) if isinstance(kind, Scalar) else "null"
                self._sink.report(
                    "FC205",
                    f"there is no service level of type `{written}`",
                    (kind or item).span,
                    kestra=f"Invalid type: {written}",
                )
                continue
            level = validate(item, schema, path, self._sink) or item
            read_labels(level.get("labels"), f"{path}.labels", self._sink, Owner.LEVEL)
            found.append(level)
        return tuple(found)

    def _checks(self) -> tuple[Mapping, ...]:
        found = []
        for index, item in enumerate(self._items("checks")):
            from flowc.front.schemas.flow import Check

            check = validate(item, Check, f"checks[{index}]", self._sink)
            if check is not None:
                found.append(check)
        return tuple(found)

    def _worker_group(self) -> None:
        node = self._mapping("workerGroup")
        if node is not None:
            from flowc.front.schemas.base import WorkerGroup

            validate(node, WorkerGroup, "workerGroup", self._sink)

    def _plugin_defaults(self) -> None:
        for key in ("pluginDefaults", "taskDefaults"):
            for index, item in enumerate(self._items(key)):
                self._plugin_default(item, f"{key}[{index}]")

    def _plugin_default(self, item: Node, path: str) -> None:
        from flowc.front.schemas.flow import PluginDefault

        if not isinstance(item, Mapping):
            self._sink.report("FC203", f"{path}: expected an object", item.span)
            return
        said = f"{path}: Invalid Plugin Default: "
        values, kind = item.get("values"), item.get("type")
        name = text_of(kind)
        if values is None or kind is None or (name is not None and not name.strip()):
            missing = "values" if values is None else "type"
            self._sink.report("FC216", f"{said}No '{missing}' provided", head(item))
            return
        validate(item, PluginDefault, path, self._sink)
        if isinstance(values, Mapping) and name is not None:
            self._default_values(values, name, said)

    def _default_values(self, values: Mapping, kind: str, said: str) -> None:
        known = _properties(kind)
        folded = {each.lower(): each for each in known}
        for key, value in values.entries:
            name = str(key.value)
            meant = folded.get(name.lower())
            if is_null(value):
                # the engine has a rule against it, and drops what is null before it asks that
                message = f"{said}No value provided for key '{name}'"
                self._sink.report("FC216", message, key.span, warning=True)
            elif name == "pluginDefaultsRef":
                # not again where a task has it from here
                if not self._sink.knows(value.span):
                    message = "a default cannot ask for another one"
                    kestra = f"No plugin-defaults exists for pluginDefaultsRef: '{text_of(value)}'"
                    self._sink.report("FC216", message, value.span, kestra=kestra)
            elif known and meant is None:
                message = f"No property '{name}' exists in plugin '{kind}'"
                self._sink.report("FC216", said + message, key.span)
            elif known and name not in known:
                message = f"`{name}` has no effect: the property is called `{meant}`"
                self._sink.report("FC216", message, key.span, warning=True)


def _properties(name: str) -> frozenset[str]:
    """What a default may be of, for a type; none where nothing is known of it."""
    from flowc.front.values import properties

    cls = find(canonical(name)) or atlas.find(atlas.current(name))
    if cls is not None:
        return frozenset(properties(cls)) | {"type", "assets"}
    return property_names(name)
