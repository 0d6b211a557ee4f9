"""Tasks over the key-value store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    DURATION,
    STRING,
    TYPED,
    Kind,
    enum,
    listing,
    prop,
    task_type,
)
from flowrt.model.failures import TaskFailure, required
from flowrt.model.misfit import misfit
from flowrt.model.task import Task

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Text

TEXT = Kind("any", open="text")
"""Any value, of which a list or map is kept as its JSON text."""
KV_TYPE = enum("STRING", "NUMBER", "BOOLEAN", "DATETIME", "DATE", "DURATION", "JSON")


class KeyTask(Task):
    """What tasks about one key share."""

    key: Text = prop(STRING)
    namespace: Text | None = prop(STRING, default=None)

    def _namespace(self, run: RunContext) -> str:
        return namespace_of(run, self.namespace)

    def _missing(self, key: str, namespace: str) -> TaskFailure:
        return TaskFailure(
            f"No value found for key '{key}' in namespace '{namespace}' and `errorOnMissing` is set to true"
        )


def namespace_of(run: RunContext, given: Text | None) -> str:
    """The namespace that a task names, or that of the flow. ValueError when it does not exist."""
    if given is None:
        return run.namespace
    namespace = run.text(given) or ""
    run.kv.check_namespace(namespace, run.namespace)
    return namespace


@task_type("io.kestra.plugin.core.kv.Set")
class KvSet(KeyTask):
    """Set a value; without `kvType` it keeps the type that its expression has."""

    value: Any = prop(TYPED)
    kv_type: Text | None = prop(KV_TYPE, default=None)
    overwrite: Flag = prop(BOOLEAN, default=True)
    ttl: Text | None = prop(DURATION, default=None)
    kv_description: Text | None = prop(STRING, default=None)

    def run(self, run: RunContext) -> None:
        namespace = self._namespace(run)
        key = run.text(self.key) or ""
        # a number or boolean of the flow is a text here; only expressions keep their type
        literal = isinstance(self.value, (bool, int, float))
        value = run.text(self.value) if literal else run.typed(self.value)
        if self.kv_type is not None:
            value = convert(value, str(required(run.constant(self.kv_type, KV_TYPE))))
        ttl = run.duration(self.ttl)
        if ttl is not None and ttl < 0:
            raise TaskFailure("ttl cannot be negative")
        run.kv.put(
            namespace,
            key,
            value,
            description=run.text(self.kv_description),
            ttl=ttl,
            overwrite=run.flag(self.overwrite, True),
        )


def convert(value: Any, kv_type: str) -> Any:
    """A text as a value of the type; other values stay, but for numbers that shall be texts.

    Raises the error of the parser for a text that does not fit.
    """
    if isinstance(value, str):
        match kv_type:
            case "NUMBER":
                return _number(value)
            case "BOOLEAN":
                return value.lower() == "true"
            case "DATETIME" | "DATE":
                from flowrt.java.time.isoparse import parse_instant

                return parse_instant(value)
            case "DURATION":
                from flowrt.java.time.isoparse import parse_duration

                parse_duration(value)
            case "JSON":
                from flowrt.formats.jsonread import parse_json

                return parse_json(value)
    elif kv_type == "STRING" and not isinstance(value, bool):
        from flowrt.java.values import number_class

        if number_class(value):
            from flowrt.java.printing import text_of

            return text_of(value)
    return value


def _number(text: str) -> Any:
    from flowrt.formats.jsonread import parse_json

    value = parse_json(text)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise misfit("java.lang.Number", value)
    return value


@task_type("io.kestra.plugin.core.kv.Put")
class KvPut(KeyTask):
    """Change a value: maps merge into maps, a list of `{key, value}` sets members, all else replaces.

    A map or list written in the flow arrives as its JSON text and therefore replaces, as the engine has it.
    """

    value: Any = prop(TEXT)
    error_on_missing: Flag = prop(BOOLEAN, default=False)

    def run(self, run: RunContext) -> None:
        namespace = self._namespace(run)
        key = run.text(self.key) or ""
        new: Any = run.text(self.value)
        if new is not None and ("{{" in new or "{%" in new):
            new = run.typed(run.parse(new))

        def change(old: Any, found: bool) -> Any:
            if run.flag(self.error_on_missing) and not found:
                raise self._missing(key, namespace)
            return merge(old, new)

        run.kv.change(namespace, key, change)


def merge(old: Any, new: Any) -> Any:
    """The value that `Put` makes of an old and a new one. Raises TaskFailure for entries that do not fit."""
    from flowrt.services.merge import deep_merge

    if isinstance(new, list) and new and all(_is_entry(item) for item in new):
        return _merge_entries(old, new)
    if isinstance(old, dict) and isinstance(new, dict):
        return deep_merge(old, new)
    return new


def _is_entry(item: Any) -> bool:
    return isinstance(item, dict) and "value" in item and item.keys() <= {"key", "value"}


def _merge_entries(old: Any, entries: list[dict[str, Any]]) -> Any:
    from flowrt.services.merge import deep_merge

    if len(entries) == 1 and entries[0].get("key") is None:
        return entries[0]["value"]
    updates: dict[str, Any] = {}
    for entry in entries:
        key = entry.get("key")
        if key is None:
            raise TaskFailure(
                "`value` entries without `key` can only be used as a single replacement item."
            )
        if not isinstance(key, str) or not key.strip():
            raise TaskFailure("Each keyed `value` entry must have a non-empty string `key`.")
        *steps, last = key.split(".")
        holder = updates
        for step in steps:
            holder = holder.setdefault(step, {})
        holder[last] = entry["value"]
    if old is None:
        return updates
    if not isinstance(old, dict):
        raise TaskFailure("Cannot apply keyed `value` updates to a non-JSON existing KV value.")
    return deep_merge(old, updates)


@task_type("io.kestra.plugin.core.kv.Get")
class KvGet(KeyTask):
    """Read a value; in the namespace of the flow, or else in its parents."""

    outputs: ClassVar[dict[str, Kind] | None] = {"value": ANY}

    error_on_missing: Flag = prop(BOOLEAN, default=False)

    def run(self, run: RunContext) -> dict[str, Any]:
        namespace = self._namespace(run)
        key = run.text(self.key) or ""
        value, found = None, True
        if namespace == run.namespace:
            hit = run.kv.find(namespace, key)
            found = hit is not None
            value = hit[1] if hit is not None else None
        else:
            try:
                value = run.kv.get(namespace, key)
            except KeyError:
                found = False
        if run.flag(self.error_on_missing) and not found:
            raise self._missing(key, namespace)
        return {"value": plain(value)}


def plain(value: Any) -> Any:
    """A value as outputs hold it: durations are numbers of seconds, dates and infinite numbers are texts."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if type(value).__name__ == "Duration":
        return float(value.decimal_seconds())
    if isinstance(value, float) and value - value != 0:
        from flowrt.java.printing import text_of

        return text_of(value)
    return value.java_text() if hasattr(value, "java_text") else value


@task_type("io.kestra.plugin.core.kv.GetKeys")
class KvGetKeys(Task):
    """The keys of a namespace that start with a prefix."""

    outputs: ClassVar[dict[str, Kind] | None] = {"keys": listing(STRING)}

    prefix: Text | None = prop(STRING, default=None)
    namespace: Text | None = prop(STRING, default=None)

    def run(self, run: RunContext) -> dict[str, Any]:
        namespace = namespace_of(run, self.namespace)
        return {"keys": run.kv.keys(namespace, run.text(self.prefix) or "")}


@task_type("io.kestra.plugin.core.kv.Delete")
class KvDelete(KeyTask):
    """Delete a key of exactly that namespace."""

    outputs: ClassVar[dict[str, Kind] | None] = {"deleted": BOOLEAN}

    error_on_missing: Flag = prop(BOOLEAN, default=False)

    def run(self, run: RunContext) -> dict[str, Any]:
        namespace = self._namespace(run)
        key = run.text(self.key) or ""
        deleted = run.kv.delete(namespace, key)
        if run.flag(self.error_on_missing) and not deleted:
            raise self._missing(key, namespace)
        return {"deleted": deleted}
