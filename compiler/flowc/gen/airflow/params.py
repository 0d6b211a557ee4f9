"""Inputs of a flow as params of its DAG: JSON schemas, which Airflow checks when a run is triggered, and shows as a form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from flowc.gen.python.imports import Imports
from flowc.gen.python.layout import Atom, Bracketed, Doc, Named, call
from flowc.gen.python.symbols import Symbol
from flowc.gen.python.texts import text_doc
from flowc.gen.python.values import plain_doc
from flowc.ir.nodes import Const, Input, ListOf
from flowc.literal import literal

_PARAM = Symbol("airflow.sdk", "Param")
_TYPES = {
    "INT": "integer",
    "FLOAT": "number",
    "BOOLEAN": "boolean",
    "BOOL": "boolean",
    "ARRAY": "array",
    "MULTISELECT": "array",
}
"""The JSON types of inputs; those that are left are texts, which the runtime converts."""
_OPEN = frozenset({"JSON", "YAML"})
_PYTHON = {"integer": int, "number": (int, float), "boolean": bool, "string": str}


def params(
    inputs: Iterable[Input], imports: Imports, scheduled: Mapping[str, object] | None = None
) -> Doc:
    """The params of a DAG, by the ids of the inputs. A DAG with a schedule must not ask for any: `scheduled` are its values."""
    pairs = [
        Named(f"{literal(id)}: ", call(imports.add(_PARAM), _arguments(id, given, scheduled)))
        for id, given in _leaves(inputs)
    ]
    return Bracketed("{", pairs, "}")


def _leaves(inputs: Iterable[Input], before: str = "") -> Iterator[tuple[str, Input]]:
    for each in inputs:
        if each.type == "FORM":
            yield from _leaves(each.children, f"{before}{each.id}.")
        else:
            yield f"{before}{each.id}", each


def _arguments(id: str, given: Input, scheduled: Mapping[str, object] | None) -> list[Doc]:
    kind = _TYPES.get(given.type, "string")
    default = _default(given, kind)
    docs: list[Doc] = []
    if scheduled is not None and scheduled.get(id) is not None:
        default = plain_doc(scheduled[id])
    optional = default is None and (scheduled is not None or not given.must_be_given)
    if default is not None:
        docs.append(default)
    elif optional:
        docs.append(Atom("None"))
    if given.type not in _OPEN:
        choices = _choices(given)
        if choices is not None and kind != "array":
            if optional:
                choices = [*choices, Atom("None")]
            docs.append(Named("enum=", Bracketed("[", choices, "]")))
        else:
            shown = f'["null", "{kind}"]' if optional else f'"{kind}"'
            docs.append(Named("type=", Atom(shown)))
    description = given.get("description")
    if isinstance(description, Const) and isinstance(description.value, str):
        docs.append(Named("description=", text_doc(description.value)))
    return docs


def _default(given: Input, kind: str) -> Doc | None:
    value = given.get("defaults")
    if given.get("dependsOn") is not None or given.type in _OPEN:
        return None
    if isinstance(value, ListOf) and kind == "array":
        items = [each.value for each in value.items if isinstance(each, Const)]
        if len(items) == len(value.items):
            return Bracketed("[", [Atom(literal(item)) for item in items], "]")
        return None
    if not isinstance(value, Const) or value.value is None or kind == "array":
        return None
    fits = isinstance(value.value, _PYTHON[kind])  # type: ignore[arg-type]
    if not fits or (kind != "boolean" and isinstance(value.value, bool)):
        return None
    return text_doc(value.value) if isinstance(value.value, str) else Atom(literal(value.value))


def _choices(given: Input) -> list[Doc] | None:
    """The texts to choose from, where they are known and no others are allowed."""
    values = given.get("values")
    custom = given.get("allowCustomValue")
    if not isinstance(values, ListOf) or (isinstance(custom, Const) and custom.value):
        return None
    items = [each.value for each in values.items if isinstance(each, Const)]
    if not items or len(items) != len(values.items):
        return None
    return [Atom(literal(item)) for item in items]
