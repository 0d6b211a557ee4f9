"""The variables that expressions see, and the services that they reach, for one execution or task run.

What is costly is made when an expression asks for it: most expressions name one or two variables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from flowrt.expr.context import Context
from flowrt.java.growing import GrowingMap
from flowrt.java.values import hash_order

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.engine.execution import Execution, TaskRun
    from flowrt.engine.ports import Engine, Process
    from flowrt.model.flow import Flow


T = TypeVar("T")


class EngineEnvironment:
    """The services of expressions, over those of the host."""

    zone = "UTC"
    recursive = False

    def __init__(self, host: Process, execution: Execution, in_worker: bool = False) -> None:
        self._execution = execution
        self._services = host.services
        self._expired: set[tuple[str, str]] = set()
        self.in_worker = in_worker

    def now_ns(self) -> int:
        return self._execution.clock.now()

    def secret(self, name: str) -> str | None:
        text = self._services.secrets.get(name)
        if text:
            self._services.masks.add(text)
        return text

    def register_secret(self, text: str) -> None:
        self._services.masks.add(text)

    def namespace_exists(self, namespace: str) -> bool:
        known = self._services.namespaces
        return any(
            name == namespace or name.startswith(namespace + ".")
            for name in (*known, self._execution.namespace)
        ) or bool(self._services.kv.keys(namespace))

    def kv(self, namespace: str, key: str) -> tuple[bool, Any]:
        # An expression that fails is evaluated once more to word the failure: an entry that has expired, and goes when
        # it is read, has to be there for both.
        first = (namespace, key) not in self._expired
        try:
            return True, self._services.kv.get(namespace, key, keep_expired=first)
        except KeyError:
            return False, None
        except ValueError as error:
            if first:
                self._expired.add((namespace, key))
            from flowrt.java.errors import ExpressionError

            raise ExpressionError(str(error)) from None

    def drop_expired(self, namespace: str, key: str) -> None:
        self._services.kv.delete(namespace, key)

    def read_file(self, uri: str) -> bytes | None:
        return self._stored(self._services.storage.read, uri)

    def file_size(self, uri: str) -> int | None:
        return self._stored(self._services.storage.size, uri)

    def _stored(self, find: Callable[[str], T], uri: str) -> T | None:
        from flowrt.java.errors import ExpressionError
        from flowrt.services.paths import Outside

        try:
            return find(uri)
        except FileNotFoundError:
            return None
        except Outside as error:
            raise ExpressionError(str(error)) from None

    def local_file(self, path: str) -> bytes | None:
        if not self._services.allows(path):
            return None
        from flowrt.java.errors import ExpressionError
        from flowrt.services.local import read_local

        try:
            return read_local(path)
        except (OSError, ValueError) as error:
            raise ExpressionError(str(error)) from None

    def file_name(self, uri: str) -> str:
        return self._services.storage.name(uri)

    def namespace_file(self, namespace: str, path: str, version: int | None) -> bytes | None:
        if version is not None and version != 1:
            return None
        from flowrt.java.errors import ExpressionError
        from flowrt.services.paths import Outside

        files = self._services.files
        try:
            if files.is_folder(namespace, path):
                raise IsADirectoryError
            return files.read(namespace, path)
        except FileNotFoundError:
            return None
        except Outside as error:
            raise ExpressionError(str(error)) from None

    def error_logs(self) -> list[dict[str, Any]]:
        from flowrt.engine.document import log_entries

        return [entry for entry in log_entries(self._execution) if entry["level"] == "ERROR"]

    def subflow(self, request: dict[str, Any]) -> Any:
        from flowrt.java.errors import ExpressionError

        namespace, flow_id = request.get("namespace"), request.get("id")
        revision = request.get("revision")
        with_revision = "" if revision is None else f" with revision {revision}"
        raise ExpressionError(f"Unable to find flow '{namespace}'.'{flow_id}'{with_revision}.")


_ORDER = (
    "workerTaskrun", "kestra", "vars", "labels", "schedule", "trigger", "inputs", "tasks", "outputs", "execution",
    "parent", "parents", "taskrun", "task", "flow", "globals", "envs",
)  # fmt: skip
"""In which order variables of one bucket stand in the map of a running task."""


class View:
    """What a worker may see of an execution: how it was when the run was dispatched.

    `seen` is the time of the step that dispatched it.
    """

    __slots__ = (
        "_labels",
        "_labels_version",
        "_variables",
        "_variables_version",
        "attempts",
        "parents",
        "seen",
        "state",
        "version",
    )

    def __init__(self, run: TaskRun, attempts: int, seen: int) -> None:
        execution = run.execution
        self.parents = parents_of(run) if run.parent is not None else []
        self.seen = seen
        self.version = execution.tree.version
        self.state = execution.state
        self._labels = execution.changing_labels
        self._labels_version = self._labels.version
        self._variables = execution.changing_variables
        self._variables_version = self._variables.version
        self.attempts = attempts

    @property
    def labels(self) -> dict[str, str]:
        return self._labels.at(self._labels_version)

    @property
    def variables(self) -> dict[str, Any]:
        return self._variables.at(self._variables_version)


class Variables(Context):
    """The variables of a task run (or of the execution, without one).

    With a `view` they stay as they were, whatever the engine does meanwhile in another thread; so what is made later is
    made under its lock.
    """

    __slots__ = ("_executor", "_known", "_run", "_view")

    _LAZY: dict[str, Callable[[Variables], Any]]

    def __init__(
        self,
        executor: Engine,
        run: TaskRun | None,
        view: View | None = None,
        in_worker: bool = False,
    ) -> None:
        execution = executor.execution
        known = view or execution
        variables: dict[str, Any] = {}
        if (execution.inputs or executor.flow.inputs) and (inputs := inputs_view(executor)):
            variables["inputs"] = inputs
        trigger = execution.trigger
        if trigger is not None:
            variables["trigger"] = hash_copy(trigger.get("variables") or {})
            if str(trigger.get("type", "")).endswith(".Schedule"):
                variables["schedule"] = variables["trigger"]
        super().__init__(variables, EngineEnvironment(executor.host, execution, in_worker))
        self._executor = executor
        self._run = run
        self._view = view
        self._known = known
        if run is not None:
            self["task"] = {"id": run.task.id, "type": run.task.shown_type()}

    def __missing__(self, name: str) -> Any:
        make = self._LAZY.get(name)
        if make is None:
            raise KeyError(name)
        with self._executor.host.lock:
            value = make(self)
        if value is None:
            raise KeyError(name)
        if name != "outputs":
            self[name] = value
        return value

    def __contains__(self, name: object) -> bool:
        if super().__contains__(name):
            return True
        make = self._LAZY.get(name)  # type: ignore[call-overload]
        if make is None:
            return False
        with self._executor.host.lock:
            return make(self) is not None

    def get(self, name: str, default: Any = None) -> Any:
        try:
            return self[name]
        except KeyError:
            return default

    def visible(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.in_worker:
            found["addSecretConsumer"] = {}  # of the engine's own; prints like this
        found.update((name, self[name]) for name in _ORDER if name in self)
        found.update((name, value) for name, value in self.items() if name not in found)
        return found

    @property
    def in_worker(self) -> bool:
        """Whether they are those of a running task."""
        return bool(self.env is not None and self.env.in_worker)

    def own(self) -> TaskRun | None:
        """The task run that these variables belong to."""
        return self._run


def flow_entry(flow: Flow) -> dict[str, Any]:
    """The variable `flow`."""
    return {
        "id": flow.id,
        "namespace": flow.namespace,
        "revision": flow.revision,
        "tenantId": "main",
    }


def hash_copy(value: Any) -> Any:
    """A copy of maps in maps, each in the order of a hash map that is as large as need be."""
    if not isinstance(value, dict):
        return value
    return {key: hash_copy(value[key]) for key in hash_order(value, 1)}


def vars_view(variables: dict[str, Any]) -> dict[str, Any]:
    """The variable `vars`: in the order of a hash map, at its first level."""
    if isinstance(variables, GrowingMap):  # merged ones are
        return variables
    shown = GrowingMap(1, copied=False)
    shown.update(variables)
    return shown


def inputs_view(executor: Engine) -> dict[str, Any]:
    """The variable `inputs`, if any: secrets in clear, defaults of inputs that have no value."""
    execution = executor.execution
    if execution.view is None:
        execution.view = inputs_as_of(executor, executor.flow)
    return execution.view


def inputs_as_of(executor: Engine, flow: Flow) -> dict[str, Any]:
    """The inputs of an execution as `flow` declares them: its own flow, or one that listens to it."""
    from flowrt.inputs.resolution import expression_view

    execution, host = executor.execution, executor.host
    return expression_view(
        flow.inputs,
        execution.inputs,
        variables=lambda more: input_context(host, execution, {"flow": flow_entry(flow), **more}),
        sealer=host.services.sealer,
    )


def _instant(nanos: int) -> Any:
    """A date of the document."""
    try:
        from flowrt.java.time.temporal import Instant
    except ModuleNotFoundError:  # no expression asks for it
        return None
    return Instant(nanos - nanos % 1000)


def _moment(nanos: int, in_worker: bool) -> Any:
    """A date of the execution: a worker gets it as text."""
    if in_worker:
        from flowrt.engine.document import iso

        return iso(nanos)
    return _instant(nanos)


def _labels(v: Variables) -> Any:
    return nested(v._known.labels)


def _vars(v: Variables) -> Any:
    variables = v._known.variables
    if v._executor.flow.has_variables(variables):
        return vars_view(variables)  # an empty map, where none is left of those that there were
    return None


def _execution(v: Variables) -> Any:
    found = execution_entry(v._executor.execution, v.in_worker)
    if v._view is not None:
        found["state"] = v._view.state
    return found


def execution_entry(execution: Execution, in_worker: bool = False) -> dict[str, Any]:
    """The variable `execution`."""
    found: dict[str, Any] = {
        "id": execution.id,
        "state": execution.state,
        "startDate": _moment(execution.history[1], in_worker),
        "originalId": execution.original_id,
    }
    if execution.outputs:
        found["outputs"] = execution.outputs
    return found


def _outputs(v: Variables) -> Any:
    execution = v._executor.execution
    if not execution.runs:
        return None
    return execution.tree.read() if v._view is None else execution.tree.at(v._view.version)


def _tasks(v: Variables) -> Any:
    execution = v._executor.execution
    if not execution.runs:
        return None
    from flowrt.engine.taskstates import TaskStates

    return TaskStates(v._executor, v._view.seen if v._view is not None else None)


def taskrun_entry(run: TaskRun, attempts: int) -> dict[str, Any]:
    """The variable `taskrun` of a run."""
    found: dict[str, Any] = {
        "id": run.id,
        "startDate": _instant(run.started),
        "attemptsCount": attempts,
    }
    if run.parent is not None:
        found["parentId"] = run.parent.id
    if run.value is not None:
        found["value"] = run.value
    if run.iteration is not None:
        found["iteration"] = run.iteration
    return found


def _taskrun(v: Variables) -> Any:
    run = v._run
    if run is None:
        return None
    return taskrun_entry(run, run.attempt_count if v._view is None else v._view.attempts)


def _parents(v: Variables) -> Any:
    if v._view is not None:
        return v._view.parents
    return None if v._run is None else parents_of(v._run)


def parents_of(run: TaskRun) -> list[dict[str, Any]]:
    """The variable `parents` of a run: the outputs and loop values of the flowables around it, the inner first."""
    found = []
    at = run.around
    while at is not None:
        entry: dict[str, Any] = {}
        if at.outputs:
            entry["outputs"] = at.outputs
        if at.value is not None:
            entry["taskrun"] = {"value": at.value}
        if entry:
            found.append(entry)
        at = at.around
    return found


def _parent(v: Variables) -> Any:
    parents = v.get("parents")
    return parents[0] if parents else None


Variables._LAZY = {
    "flow": lambda v: flow_entry(v._executor.flow),
    "envs": lambda v: v._executor.host.services.envs,
    "globals": lambda v: v._executor.host.services.globals,
    "kestra": lambda v: v._executor.host.services.kestra,
    "execution": _execution,
    "labels": _labels,
    "vars": _vars,
    "outputs": _outputs,
    "tasks": _tasks,
    "taskrun": _taskrun,
    "parents": _parents,
    "parent": _parent,
}


def nested(flat: dict[str, Any]) -> dict[str, Any]:
    """Dotted keys as maps in maps, sorted at the first level and in the order of hash maps below.

    Where a key is both a value and a map, the map stays.
    """
    found: dict[str, Any] = {}
    for key, value in flat.items():
        *path, last = key.split(".")
        level = found
        for step in path:
            inner = level.get(step)
            if not isinstance(inner, dict):
                inner = level[step] = {}
            level = inner
        if not isinstance(level.get(last), dict):
            level[last] = value
    return {key: _hash_ordered(found[key]) for key in sorted(found)}


def _hash_ordered(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: _hash_ordered(value[key]) for key in hash_order(value)}


def execution_variables(executor: Engine) -> Variables:
    """The variables outside of any task."""
    return Variables(executor, None)


def input_context(host: Process, execution: Execution, more: dict[str, Any]) -> Context:
    """What defaults and conditions of inputs see."""
    services = host.services
    if execution.variables:
        more = {"vars": execution.variables, **more}
    return Context(
        {
            "flow": flow_entry(execution.flow),
            "execution": execution_entry(execution),
            "labels": nested(execution.labels),
            "envs": services.envs,
            "globals": services.globals,
            "kestra": services.kestra,
            **more,
        },
        EngineEnvironment(host, execution),
    )
