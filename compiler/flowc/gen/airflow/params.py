"""Inputs of a flow as params of its DAG: JSON schemas, which Airflow checks when a run is triggered, and shows as a form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from math import isfinite
from typing import TypeGuard

from flowc.gen.python.imports import Imports
from flowc.gen.python.layout import Atom, Bracketed, Doc, Named, call
from flowc.gen.python.symbols import Symbol
from flowc.gen.python.texts import text_doc
from flowc.ir.nodes import Const, Input, ListOf, constant_of
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


def params(inputs: Iterable[Input], imports: Imports, *, optional: bool = False) -> Doc:
    """The params of a DAG, by the ids of the inputs. `optional`: none must be given."""
    pairs = [
        Named(f"{literal(id)}: ", call(imports.add(_PARAM), _arguments(given, optional)))
        for id, given in _leaves(inputs)
    ]
    return Bracketed("{", pairs, "}")


def _leaves(inputs: Iterable[Input], before: str = "") -> Iterator[tuple[str, Input]]:
    for each in inputs:
        if each.type == "FORM":
            yield from _leaves(each.children, f"{before}{each.id}.")
        else:
            yield f"{before}{each.id}", each


def _arguments(given: Input, optional: bool) -> list[Doc]:
    kind = _TYPES.get(given.type, "string")
    default, value = _default(given, kind), constant_of(given.properties, "defaults")
    docs: list[Doc] = []
    optional = default is None and (optional or not given.must_be_given)
    if default is not None:
        docs.append(default)
    elif optional:
        docs.append(Atom("None"))
    if given.type not in _OPEN:
        choices = _choices(given)
        # Kestra compares no choice that may be absent
        custom = constant_of(given.properties, "allowCustomValue") or not given.is_required
        is_open = kind == "array" or custom
        if choices is not None and not is_open:
            if optional:
                choices = [*choices, Atom("None")]
            docs.append(Named("enum=", Bracketed("[", choices, "]")))
        else:
            shown = f'["null", "{kind}"]' if optional else f'"{kind}"'
            docs.append(Named("type=", Atom(shown)))
            if choices is not None:
                # what the form offers
                docs.append(Named("examples=", Bracketed("[", choices, "]")))
    docs += _rules(given, None if default is None else value)
    for name, key in (("title=", "displayName"), ("description=", "description")):
        told = constant_of(given.properties, key)
        if isinstance(told, str):
            docs.append(Named(name, text_doc(told)))
    return docs


def _rules(given: Input, default: object) -> list[Doc]:
    """What a form shows a calendar for, and the limits of numbers; no rule that the default breaks, as it breaks the DAG."""
    if given.type == "DATE":
        fits = default is None or (isinstance(default, str) and _is_date(default))
        return [Named("format=", Atom('"date"'))] if fits else []
    if given.type not in ("INT", "FLOAT"):
        return []
    docs: list[Doc] = []
    for name, key, sign in (("minimum=", "min", 1), ("maximum=", "max", -1)):
        limit = constant_of(given.properties, key)
        if not _is_number(limit):
            continue
        if default is None or (_is_number(default) and sign * default >= sign * limit):
            docs.append(Named(name, Atom(literal(limit))))
    return docs


def _is_number(value: object) -> TypeGuard[int | float]:
    if isinstance(value, float):
        return isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


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
    """The texts to choose from, where they are known."""
    values = given.get("values")
    if not isinstance(values, ListOf):
        return None
    items = [each.value for each in values.items if isinstance(each, Const)]
    if not items or len(items) != len(values.items):
        return None
    return [Atom(literal(item)) for item in items]
