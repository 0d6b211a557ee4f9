"""Literals of typed inputs: whether the runtime would take them, asked of the runtime itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, NoReturn

from flowrt.inputs.conversion import convert
from flowrt.inputs.declaration import TEXT_TYPES, Input
from flowrt.inputs.defaults import CONVERTED, default_value
from flowrt.inputs.validation import violations
from flowrt.java.printing import text_of
from flowrt.java.regex.patterns import Untranslatable

FORMS = {
    "INT": "a whole number, such as 42",
    "FLOAT": "a number, such as 1.5",
    "DATE": "a date, such as 2024-06-30",
    "DATETIME": "a date and time with its zone, such as 2024-06-30T22:00:00Z",
    "TIME": "a time, such as 22:00:00",
    "DURATION": "an ISO duration, such as PT5M",
    "EMAIL": "an email address",
    "JSON": "JSON",
    "YAML": "YAML",
    "URI": "a URI with a scheme",
    "ARRAY": "a JSON list",
    "MULTISELECT": "a JSON list",
}
"""How a value of a type is written."""

_RULES = (
    "validator", "min", "max", "after", "before", "values", "options", "allowCustomValue", "itemType",
)  # fmt: skip
_UPPER = re.compile(r"(?<=[a-z])([A-Z])")


class Misfit(NamedTuple):
    """Why a literal is none of its type: said plainly, and as the engine says it; nothing where the engine takes it."""

    plain: str
    engine: str


def default_misfit(type_name: str, value: Any, rules: Mapping[str, Any]) -> Misfit | None:
    """What is wrong with a default; `rules` are the other properties of the input, as literals."""

    def typed(declared: Input) -> Any:
        found = default_value(declared, _no_context)
        return None if found is None else _converted(declared, found)

    return _misfit(type_name, {**rules, "defaults": value}, value, typed)


def dropped_rest(type_name: str, value: Any) -> tuple[str, str] | None:
    """What a default is read as, and what of it is dropped: the words behind one that is the same default alone."""
    first, _, rest = value.strip().partition(" ") if isinstance(value, str) else ("", "", "")
    if not rest or type_name not in CONVERTED:
        return None
    try:
        whole, part = (
            default_value(Input("x", type_name, defaults=each), _no_context)
            for each in (value, first)
        )
    except Exception:  # said as a misfit
        return None
    return (text_of(part), rest.strip()) if whole == part else None


def value_misfit(type_name: str, value: Any, rules: Mapping[str, Any]) -> Misfit | None:
    """What is wrong with a value that is given from outside."""
    if value == "" and type_name not in TEXT_TYPES:
        return None
    return _misfit(type_name, rules, value, lambda declared: _converted(declared, value))


def pattern_problem(validator: str) -> str | None:
    """What is wrong with the pattern of a text: it is none, or one that only flowc cannot use."""
    try:
        violations(Input("x", "STRING", validator=validator), "x")
    except Exception as error:  # as above
        if isinstance(error.__cause__, Untranslatable):
            return f"flowc cannot use the pattern [{validator}], which Kestra takes"
        return f"invalid pattern [{validator}]"
    return None


def _converted(declared: Input, value: Any) -> Any:
    return convert(
        declared.type,
        value,
        id=declared.id,
        store_file=no_file,
        element_type=declared.element_type,
    )


def _misfit(
    type_name: str, rules: Mapping[str, Any], value: Any, typed: Callable[[Input], Any]
) -> Misfit | None:
    if type_name in ("FILE", "SECRET", "FORM") or value is None:
        return None
    given = {
        _UPPER.sub(lambda found: "_" + found[1].lower(), name): rule
        for name, rule in rules.items()
        if name in _RULES or name == "defaults"
    }
    try:
        declared = Input("x", type_name, **given)
        found = typed(declared)
        broken = [] if found is None else violations(declared, found)
    except RecursionError:
        return Misfit("it is nested too deeply", "")
    except Exception as error:  # whatever the runtime raises refuses the start
        if isinstance(error.__cause__, Untranslatable):
            return None  # the pattern is what flowc cannot use, and that is reported
        engine = str(error)
        form = FORMS.get(type_name)
        return Misfit(f"write {form}" if form else engine, engine)
    return Misfit(_plainly(broken[0]), broken[0]) if broken else None


def _plainly(message: str) -> str:
    return message.replace("must be more than", "must be at least").replace(
        "must be less than", "must be at most"
    )


def _no_context() -> NoReturn:
    raise AssertionError("a literal needs no context")


def no_file(id: str, name: str, data: object) -> NoReturn:
    """Stands where files of inputs would be stored."""
    raise AssertionError("a literal is no file")
