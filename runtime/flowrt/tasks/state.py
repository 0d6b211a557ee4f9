"""The state store: a map that lives on from execution to execution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import BOOLEAN, INTEGER, STRING, Kind, mapping, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.model.task import Task

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Mapping, Text


class StateTask(Task):
    """What the tasks share: which state is meant."""

    name: Text = prop(STRING, default="default")
    namespace: Flag = prop(BOOLEAN, default=False)
    taskrun_value: Flag = prop(BOOLEAN, default=True)

    def _key(self, run: RunContext) -> str:
        from flowrt.services.uris import slug

        name = run.text(self.name) or ""
        key = f"states_tasks-states_{name}"
        if not run.flag(self.namespace):
            key = f"{slug(run.flow_id)}_{key}"
        by_value = run.flag(self.taskrun_value, True)  # rendered outside of a loop, too
        if by_value and run.value is not None:
            from flowrt.services.hashing import value_hash

            key += f"_{value_hash(run.value)}"
        return key

    def _load(self, run: RunContext, key: str) -> dict[str, Any]:
        from flowrt.formats.jsonread import parse_json
        from flowrt.services.uris import namespace_path, slug, whole_path

        # the engine first looks where early versions kept states, so a name must fit into a URI
        scope = "" if run.flag(self.namespace) else f"{slug(run.flow_id)}/"
        name = run.text(self.name) or ""
        whole_path(f"kestra:/{namespace_path(run.namespace)}/{scope}states/tasks-states/{name}")
        try:
            stored = run.kv.get(run.namespace, key)
        except KeyError:
            raise FileNotFoundError(f"State {key} not found") from None
        text = stored.decode() if isinstance(stored, bytes) else str(stored)
        data: dict[str, Any] = parse_json(text)
        return data


@task_type("io.kestra.plugin.core.state.Set", "io.kestra.core.tasks.states.Set")
class StateSet(StateTask):
    """Merge data into a state."""

    outputs: ClassVar[dict[str, Kind] | None] = {"count": INTEGER, "key": STRING}

    data: Mapping | None = prop(mapping(), default=None)

    def run(self, run: RunContext) -> dict[str, Any]:
        from flowrt.formats.jsonwrite import to_json
        from flowrt.services.merge import deep_merge

        key = self._key(run)
        try:
            old = self._load(run, key)
        except FileNotFoundError:
            old = {}
        data = deep_merge(old, run.mapping(self.data) or {})
        run.kv.put(run.namespace, key, to_json(data).encode())
        return {"count": len(data), "key": key}


@task_type("io.kestra.plugin.core.state.Get", "io.kestra.core.tasks.states.Get")
class StateGet(StateTask):
    """Read a state; an empty map when there is none."""

    outputs: ClassVar[dict[str, Kind] | None] = {"count": INTEGER, "data": mapping()}

    error_on_missing: Flag = prop(BOOLEAN, default=False)

    def run(self, run: RunContext) -> dict[str, Any]:
        try:
            data = self._load(run, self._key(run))
        except FileNotFoundError:
            if run.flag(self.error_on_missing):
                raise
            data = {}
        return {"count": len(data), "data": data}


@task_type("io.kestra.plugin.core.state.Delete", "io.kestra.core.tasks.states.Delete")
class StateDelete(StateTask):
    """Delete a state."""

    outputs: ClassVar[dict[str, Kind] | None] = {"deleted": BOOLEAN}

    error_on_missing: Flag = prop(BOOLEAN, default=False)

    def run(self, run: RunContext) -> dict[str, Any]:
        deleted = run.kv.delete(run.namespace, self._key(run))
        if run.flag(self.error_on_missing) and not deleted:
            raise TaskFailure(f"Unable to find the state file '{run.text(self.name) or ''}'")
        return {"deleted": deleted}
