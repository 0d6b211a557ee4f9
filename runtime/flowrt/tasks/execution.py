"""Tasks that judge or change the running execution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.java.casts import NULL_POINTER, cast_failure
from flowrt.java.errors import RawError
from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    STRING,
    enum,
    listing,
    mapping,
    prop,
    task_type,
    written,
)
from flowrt.model.failures import PlainFailure, TaskFailure, required
from flowrt.model.misfit import misfit
from flowrt.model.task import Task, UpdatingTask

if TYPE_CHECKING:

    from flowrt.model.context import ExecutionDocument, Renderer, RunContext
    from flowrt.model.declare import Flag, Listing, Mapping, Text

FALSY = ("false", "0", "-0", "")
EXIT_STATE = enum("SUCCESS", "WARNING", "KILLED", "FAILED", "CANCELED", "CANCELLED")


@task_type("io.kestra.plugin.core.execution.Fail", "io.kestra.core.tasks.executions.Fail")
class Fail(Task):
    """Fail, always or when a condition holds."""

    condition: Text | None = prop(STRING, default=None)
    error_message: Text = prop(STRING, default="Task failure")

    def run(self, run: RunContext) -> None:
        if self.condition is None:
            raise PlainFailure(run.text(self.error_message) or "")
        if run.truthy(self.condition):
            run.log("ERROR", run.text(self.error_message) or "")
            raise PlainFailure("Fail on a condition")


@task_type("io.kestra.plugin.core.execution.Assert")
class Assert(Task):
    """Fail unless every condition holds; all of them are tried."""

    conditions: list[Any] = prop(written(STRING))
    error_message: Text | None = prop(STRING, default=None)

    def run(self, run: RunContext) -> None:
        from flowrt.java.errors import ExpressionError, RawError

        failed = 0
        conditions = [condition for condition in self.conditions if condition is not None]
        for condition in conditions:
            source = getattr(condition, "source", condition)
            try:
                text = run.text(condition)
            except RawError:  # no failure of the template engine: it fails the task at once
                raise
            except ExpressionError as error:
                run.log("ERROR", f"Assertion `{source}` failed, failed to render `{error}`")
                failed += 1
                continue
            if (text or "").strip() in FALSY:
                run.log("ERROR", f"Assertion `{source}` failed!")
                failed += 1
        run.metric("counter", "success", len(conditions) - failed)
        run.metric("counter", "failed", failed)
        if failed:
            message = f"{failed} assertion{'s' if failed > 1 else ''} failed!"
            if self.error_message is not None:
                message += f"\n{run.text(self.error_message) or ''}"
            raise PlainFailure(message)


@task_type("io.kestra.plugin.core.execution.Exit")
class Exit(UpdatingTask):
    """End the execution in a state."""

    shape: ClassVar[str] = "exit"
    exits: ClassVar[bool] = True

    state: Text = prop(EXIT_STATE, default="SUCCESS")

    def update(self, run: Renderer, execution: ExecutionDocument) -> str | None:
        state = str(required(run.constant(self.state, EXIT_STATE)))
        return "CANCELLED" if state == "CANCELED" else state


_NO_LABEL_VALUE = 'Cannot invoke "String.isEmpty()" because the return value of "java.util.Map$Entry.getValue()" is null'


@task_type("io.kestra.plugin.core.execution.Labels", "io.kestra.core.tasks.executions.Labels")
class Labels(UpdatingTask):
    """Add labels to the execution, or replace them; a map, a list of `{key, value}`, or a JSON text."""

    filled: ClassVar[tuple[str, ...]] = ("labels",)

    labels: Any = prop(ANY)

    def update(self, run: Renderer, execution: ExecutionDocument) -> str | None:
        added = self._rendered(run)
        for key, value in added.items():
            if key.startswith("system."):
                raise TaskFailure(
                    f"System labels can only be set by Kestra itself, offending label: {key}={value}"
                )
        for key, value in added.items():
            if value is None:
                raise TaskFailure(_NO_LABEL_VALUE)
            if not value:
                raise TaskFailure(f"Label values cannot be empty, offending label: {key}")
        execution.add_labels({key: value for key, value in added.items() if key and value})
        return None

    def _rendered(self, run: Renderer) -> dict[str, str | None]:
        labels = self.labels
        if isinstance(labels, dict):
            found: dict[str, str | None] = {}
            for given, value in labels.items():
                if value is None:
                    continue  # Kestra keeps no such entries of a flow
                key, text = run.text(given) or "", self._value(run, value)
                if key in found:
                    raise TaskFailure(
                        f"Duplicate key {key} (attempted merging values {found[key]} and {text})"
                    )
                found[key] = text
            return found
        if isinstance(labels, list):
            rendered: dict[str, str | None] = {}
            for item in labels:
                if not isinstance(item, dict):
                    raise _unknown(item)
                label = item.get("key")
                if isinstance(label, (bool, int, float, list, dict)):
                    raise cast_failure(label, "java.lang.String")
                name, text = run.text(label), self._value(run, item.get("value"))
                if name is None:
                    raise RawError("null", NULL_POINTER)
                rendered[name] = text
            return rendered
        if isinstance(labels, (bool, int, float)):
            raise _unknown(labels)
        from flowrt.formats.jsonread import JsonError, parse_json
        from flowrt.java.printing import text_of

        try:
            parsed = parse_json(run.text(labels) or "", words=True)
        except JsonError as error:
            raise TaskFailure(f"com.fasterxml.jackson.core.JsonParseException: {error}") from None
        if not isinstance(parsed, dict):
            wrong = misfit("java.util.LinkedHashMap<java.lang.String,java.lang.String>", parsed)
            raise TaskFailure(
                f"com.fasterxml.jackson.databind.exc.MismatchedInputException: {wrong}"
            )
        for value in parsed.values():
            if isinstance(value, (dict, list)):
                raise TaskFailure(
                    "com.fasterxml.jackson.databind.exc.MismatchedInputException: "
                    f"{misfit('java.lang.String', value)}"
                )
        return {
            str(key): None if value is None else text_of(value) for key, value in parsed.items()
        }

    def _value(self, run: Renderer, value: Any) -> str:
        if value is None:
            raise RawError("null", NULL_POINTER)
        if isinstance(value, dict):
            from flowrt.formats.jsonwrite import to_json

            return to_json(run.structure(value))
        if isinstance(value, list):
            return _printed(run, value)
        return run.text(value) or ""


def _printed(run: Renderer, value: Any) -> str:
    """A list or map as Java prints it, rendered as a whole: what expressions in it print stands there as it is."""
    if isinstance(value, list):
        return f"[{', '.join(_printed(run, item) for item in value)}]"
    if isinstance(value, dict):
        pairs = (f"{_printed(run, key)}={_printed(run, item)}" for key, item in value.items())
        return f"{{{', '.join(pairs)}}}"
    return "null" if value is None else run.text(value) or ""


def _unknown(value: Any) -> TaskFailure:
    from flowrt.java.values import class_name

    return TaskFailure(f"Unknown value type: class {class_name(value)}")


@task_type("io.kestra.plugin.core.execution.SetVariables")
class SetVariables(UpdatingTask):
    """Merge values into the variables of the execution."""

    renders_once: ClassVar[bool] = True
    changes_variables: ClassVar[bool] = True

    variables: Mapping = prop(mapping())
    overwrite: Flag = prop(BOOLEAN, default=True)

    def update(self, run: Renderer, execution: ExecutionDocument) -> str | None:
        from flowrt.services.merge import changes

        new = run.mapping(self.variables) or {}
        old = execution.variables if execution.has_variables else {}
        if not run.flag(self.overwrite, True):
            known = [key for key in new if key in old]
            if known:
                raise TaskFailure(
                    "`overwrite` is set to false and the following variables already exist: "
                    + ",".join(known)
                )
        execution.merge_variables(new, changes)
        return None


@task_type("io.kestra.plugin.core.execution.UnsetVariables")
class UnsetVariables(UpdatingTask):
    """Remove variables; a dotted path reaches into maps."""

    variables: Listing = prop(listing(STRING))
    ignore_missing: Flag = prop(BOOLEAN, default=False)

    def update(self, run: Renderer, execution: ExecutionDocument) -> str | None:
        from copy import deepcopy

        ignored = run.flag(self.ignore_missing)
        paths = run.listing(self.variables) or []
        if not execution.has_variables:
            self._remove(None, paths, ignored)
            return None
        left = deepcopy(dict(execution.variables))
        try:
            self._remove(left, paths, ignored)
        finally:
            # What was removed before a failure stays removed.
            execution.variables = left
        return None

    def _remove(self, left: dict[str, Any] | None, paths: list[str | None], ignored: bool) -> None:
        for path in paths:
            if path is None:
                raise TaskFailure('Cannot invoke "String.indexOf(int)" because "key" is null')
            *steps, last = path.split(".")
            holder: Any = left
            for step in steps:
                # a missing last step is let pass, a missing map on the way never is
                if holder is None:
                    raise _null_map("get")
                holder = holder.get(step)
                if holder is not None and not isinstance(holder, dict):
                    raise TaskFailure(f"Cannot unset the variable '{path}': '{step}' is no map")
            if holder is None:
                raise _null_map("containsKey" if ignored else "remove")
            holder.pop(last, None)


def _null_map(method: str) -> TaskFailure:
    """What Kestra says when a map on the way to a variable is missing."""
    return TaskFailure(f'Cannot invoke "java.util.Map.{method}(Object)" because "vars" is null')
