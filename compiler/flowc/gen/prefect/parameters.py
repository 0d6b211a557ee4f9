"""Inputs of a flow as typed parameters of its flow function, which Prefect checks and shows as a form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import wrap
from typing import NamedTuple

from flowc.gen.python.imports import Imports
from flowc.gen.python.layout import INDENT, Atom, Bracketed, Doc, Named
from flowc.gen.python.names import Names, identifier
from flowc.gen.python.symbols import Symbol
from flowc.ir.nodes import Const, Input, ListOf
from flowc.literal import literal

_ANY, _LITERAL = Symbol("typing", "Any"), Symbol("typing", "Literal")
_TYPES = {
    "INT": "int",
    "FLOAT": "float",
    "BOOLEAN": "bool",
    "BOOL": "bool",
}
"""Python's types of inputs; those that are left are texts, which the runtime converts."""
_OPEN = frozenset({"JSON", "YAML"})
_CHOICES = frozenset({"SELECT", "ENUM", "MULTISELECT"})
_LISTS = frozenset({"ARRAY", "MULTISELECT"})
_MODEL = frozenset(
    {"Config", "construct", "copy", "dict", "from_orm", "json", "parse_file", "parse_obj"}
    | {"parse_raw", "schema", "schema_json", "update_forward_refs", "validate"}
)
"""Names of `pydantic.BaseModel`. Prefect makes a model of the parameters, which may not be called like these."""
_MODEL_OWN = ("model_", "v__")
"""How names begin that such a model, or Prefect in it, keeps for itself."""


class Parameter(NamedTuple):
    """A parameter: the id of its input, its name, its source, and what the form says of it."""

    id: str
    name: str
    source: Doc
    has_default: bool
    about: str = ""


def parameters(
    inputs: Iterable[Input], imports: Imports, names: Names, *, optional: bool = False
) -> list[Parameter]:
    """The parameters of a flow function, in the order of the inputs. `optional`: none must be given."""
    return [
        _parameter(id, given, imports, names, optional)._replace(about=_about(given))
        for id, given in _leaves(inputs)
    ]


def signature(given: list[Parameter]) -> Doc:
    """The parameters between parentheses; by name alone where one without a default follows others."""
    listed: list[Doc] = [each.source for each in given]
    seen = False
    for each in given:
        if seen and not each.has_default:
            listed.insert(0, Atom("*"))
            break
        seen = each.has_default
    return Bracketed("(", listed, ")")


def arguments(given: list[Parameter]) -> list[Doc]:
    """The parameters as what an execution begins with: by name, or in a map where an id is no name."""
    if all(each.id == each.name for each in given):
        return [Named(f"{each.name}=", Atom(each.name)) for each in given]
    pairs: list[Doc] = [Named(f"{literal(each.id)}: ", Atom(each.name)) for each in given]
    return [Bracketed("{", pairs, "}")]


def documented(about: str, given: list[Parameter], room: int) -> str:
    """The text of the docstring, with what is known of the parameters as Prefect reads it for its form."""
    told = [
        line
        for each in given
        if each.about
        for line in wrap(
            f"{each.name}: {each.about}",
            room,
            initial_indent=INDENT,
            subsequent_indent=INDENT * 2,
            break_long_words=False,
            break_on_hyphens=False,
        )
    ]
    return "\n".join([about.strip(), "", "Args:", *told]) if told else about


def _about(given: Input) -> str:
    """What a flow says of an input, on one line."""
    told = (given.get(key) for key in ("description", "displayName"))
    texts = (str(each.value) for each in told if isinstance(each, Const) and each.value)
    return " ".join(next(texts, "").split())


def _leaves(inputs: Iterable[Input], before: str = "") -> Iterator[tuple[str, Input]]:
    for each in inputs:
        if each.type == "FORM":
            yield from _leaves(each.children, f"{before}{each.id}.")
        else:
            yield f"{before}{each.id}", each


def _name(id: str) -> str:
    """What a parameter is to be called, after the id of its input."""
    name = identifier(id)
    if name.startswith(_MODEL_OWN):
        return f"input_{name}"
    return f"{name}_" if name in _MODEL else name


def _parameter(id: str, given: Input, imports: Imports, names: Names, optional: bool) -> Parameter:
    name = names.give(_name(id))
    kind = _kind(given, imports)
    default = _default(given)
    if default is not None:
        return Parameter(id, name, Atom(f"{name}: {kind} = {default}"), True)
    if given.must_be_given and not optional:
        return Parameter(id, name, Atom(f"{name}: {kind}"), False)
    shown = kind if kind == imports.add(_ANY) and given.type in _OPEN else f"{kind} | None"
    return Parameter(id, name, Atom(f"{name}: {shown} = None"), True)


def _kind(given: Input, imports: Imports) -> str:
    if given.type in _OPEN:
        return imports.add(_ANY)
    kind = _TYPES.get(given.type, "str")
    if given.type in _CHOICES:
        kind = _choices(given, imports) or kind
    elif given.type == "ARRAY":
        item = given.get("itemType")
        kind = _item(item.value if isinstance(item, Const) else None, imports)
    return f"list[{kind}]" if given.type in _LISTS else kind


def _item(name: object, imports: Imports) -> str:
    if name in _OPEN or not isinstance(name, str):
        return imports.add(_ANY)
    return _TYPES.get(name, "str")


def _choices(given: Input, imports: Imports) -> str | None:
    """The texts to choose from, where they are known and no others are allowed."""
    values = given.get("values") or given.get("options")
    custom = given.get("allowCustomValue")
    if not isinstance(values, ListOf) or (isinstance(custom, Const) and custom.value):
        return None
    texts = [each.value for each in values.items if isinstance(each, Const)]
    if not texts or len(texts) != len(values.items) or not all(isinstance(t, str) for t in texts):
        return None
    return f"{imports.add(_LITERAL)}[{', '.join(map(literal, texts))}]"


def _default(given: Input) -> str | None:
    """A default that is a value of the parameter's type; any other one the runtime fills in."""
    value = given.get("defaults")
    if not isinstance(value, Const) or value.value is None or given.get("dependsOn") is not None:
        return None
    kind = _TYPES.get(given.type, "str")
    fits = type(value.value).__name__ == kind or (kind == "float" and type(value.value) is int)
    if given.type in _LISTS | _OPEN or not fits:
        return None
    return literal(float(value.value) if kind == "float" else value.value)
