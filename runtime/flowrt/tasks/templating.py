"""TemplatedTask: a task that is written as a template and made at run time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.missing import COMPILER
from flowrt.model.blocks import BlockTask
from flowrt.model.declare import STRING, Kind, prop, task_type
from flowrt.model.failures import NO_VALUE, TaskFailure
from flowrt.model.kinds import holds_text
from flowrt.model.task import Task
from flowrt.packages import YAML

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Declared, Text


@task_type(
    "io.kestra.plugin.core.templating.TemplatedTask",
    "io.kestra.core.tasks.templating.TemplatedTask",
)
class TemplatedTask(Task):
    """Render `spec`, read it as YAML and run the task that it describes, in place of this one.

    The properties of that task are rendered again when it runs. It keeps the id of this task; its own flags, retry
    and timeout have no effect.
    """

    packages = (COMPILER, YAML)
    outputs: ClassVar[dict[str, Kind] | None] = None

    spec: Text = prop(STRING)

    async def run(self, run: RunContext) -> Any:
        if self.spec is None:
            raise TaskFailure(NO_VALUE)
        task = make_task(run, self._parsed(run.text(self.spec) or ""))
        if isinstance(task, TemplatedTask):
            raise TaskFailure(f"The templated task cannot be of type '{self.type_name}'")
        if not hasattr(task, "run"):
            raise TaskFailure("The templated task must be a runnable task")
        result: Any = task.run(run)
        return await result if hasattr(result, "__await__") else result

    def _parsed(self, text: str) -> Any:
        from flowrt.formats.yamlread import parse_yaml
        from flowrt.formats.yamlscalar import YamlError

        if not text.strip():
            raise TaskFailure(
                "com.fasterxml.jackson.databind.exc.MismatchedInputException: No content to map due to end-of-input"
            )
        try:
            return parse_yaml(text, strict=True)
        except YamlError as error:
            raise TaskFailure(f"{error.java_class}: {error}") from None


def make_task(run: RunContext, spec: Any) -> Task:
    """The task that a parsed specification describes. Raises TaskFailure for types and properties that are unknown."""
    if not isinstance(spec, dict):
        raise TaskFailure("The templated task must be a runnable task")
    name = spec.get("type") or "<null>"
    try:
        found: type[Task] | None = run.task_class(name) if isinstance(name, str) else None
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("flowrt."):
            raise
        raise TaskFailure(
            f"this program came without the task type {name}, which no text of its flow names:"
            " compile it without --standalone and --vendor"
        ) from None
    if found is None:
        raise TaskFailure(
            "com.fasterxml.jackson.databind.exc.InvalidTypeIdException:"
            f" Could not resolve type id '{name}' as a subtype of `io.kestra.core.models.Plugin`: No plugin registered"
            f" for the defined type: '{name}'"
        )
    if issubclass(found, BlockTask):
        return found(str(spec.get("id", "")))
    given = {key: value for key, value in spec.items() if key not in ("id", "type")}
    return found(str(spec.get("id", "")), **arguments(run, found, given))


def arguments(run: RunContext, declared: type[Declared], given: dict[str, Any]) -> dict[str, Any]:
    """The keyword arguments for a class out of YAML names; texts become templates, nested objects their records.

    Raises TaskFailure for a property that the class does not declare.
    """
    by_name = {
        name: prop for prop in declared.properties.values() for name in (prop.yaml, *prop.aliases)
    }
    made = {}
    for name, value in given.items():
        prop = by_name.get(name)
        if prop is None:
            raise TaskFailure(
                "com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException:"
                f' Unrecognized field "{name}" (class {getattr(declared, "type_name", declared.__name__)}), not'
                " marked as ignorable"
            )
        made[prop.attribute] = (
            value if prop.static else _template(run, prop.kind, _in_words(prop.kind, value))
        )
    return made


def _in_words(kind: Kind, value: Any) -> Any:
    """What is given for a property; for one that is a text a list or map is its JSON text, which is one template."""
    if not holds_text(kind) or not isinstance(value, (list, dict)):
        return value
    from flowrt.formats.jsonwrite import to_json
    from flowrt.java.values import without_nulls

    return to_json(without_nulls(value))


def _template(run: RunContext, kind: Kind, value: Any) -> Any:
    if isinstance(value, str):
        return run.parse(value, typed=kind.name == "typed")
    if isinstance(value, list):
        return [_template(run, kind, item) for item in value]
    if not isinstance(value, dict):
        return value
    declared = kind.record
    if kind.name == "tagged":
        declared = kind.classes.get(str(value.get("type")))
        value = {key: item for key, item in value.items() if key != "type"}
    if declared is not None:
        return declared(**arguments(run, declared, value))
    return {_template(run, kind, key): _template(run, kind, item) for key, item in value.items()}
