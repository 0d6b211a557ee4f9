"""Every filter, test, function and operator with values of every kind, right and wrong, in each of its places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flowc.expr.builtins import FILTERS, FUNCTIONS, TESTS

VARIABLES: dict[str, Any] = {
    "n0": None,
    "t": "abc", "te": "", "tb": "  ", "tn": "5", "tf": "1.5", "tt": "true", "td": "2024-01-02",
    "tz": "2024-01-02T03:04:05Z", "tl": "[1,2]", "tj": '{"a":1}',
    "i": 5, "i0": 0, "im": -1, "big": 3000000000, "huge": 10**20, "f": 1.5, "fm": -0.5,
    "b": True, "bf": False,
    "l": [3, 1, 2], "le": [], "lt": ["b", "a"], "lm": [{"a": 1}, None, [1]],
    "m": {"a": 1, "b": "x"}, "me": {}, "mn": {"a": None, "c": {"d": [1]}},
    "u": "ä€x",
}  # fmt: skip

_ARGUMENTS = {
    "abbreviate": ["5"], "chunk": ["2"], "contains": ["'a'"], "date": ["'yyyy-MM-dd'"], "dateAdd": ["1", "'DAYS'"],
    "default": ["'d'"], "endsWith": ["'c'"], "escapeChar": ["'double'"], "indent": ["2"], "join": ["','"], "jq": ["'.'"],
    "merge": ["[9]"], "nindent": ["2"], "number": ["'INT'"], "numberFormat": ["'#.00'"], "replace": ["{'a':'z'}"],
    "slice": ["0", "1"], "split": ["','"], "startsWith": ["'a'"], "substringAfter": ["'b'"],
    "substringAfterLast": ["'b'"], "substringBefore": ["'b'"], "substringBeforeLast": ["'b'"],
}  # fmt: skip
"""Arguments with which a filter does something."""

_CALLS = {
    "range": ["1", "3"], "max": ["1", "2"], "min": ["1", "2"], "fromJson": ["'[1]'"], "fromIon": ["'[1]'"],
    "json": ["'[1]'"], "yaml": ["'a: 1'"],
}  # fmt: skip
"""Functions that give the same each time."""

_OPERATORS = (
    "==", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", "%", "~", "??", "and", "or", "contains", "matches", "..",
    "equals", "???",
)  # fmt: skip
_PLACES = (
    "not {}", "-{}", "+{}", "{}.a", "{}[0]", '{}["a"]', "{}[l]", "{}.length", "{}.size()", "{}[i]", "{}[n0]", "{} ? 1 : 2",
    "{}.a.b", "{}.b", "{}[-1]", '{}["a"]["b"]', "{} is defined", "{}.missing ?? 9", "{}[missing]", "{}",
)  # fmt: skip


def _call(name: str, arguments: list[str]) -> str:
    return f"{name}({', '.join(arguments)})" if arguments else name


def _filters() -> Iterator[str]:
    for name, filter in sorted(FILTERS.items()):
        usual = _ARGUMENTS.get(name, [])
        for value in (*VARIABLES, "missing"):
            yield f"{value} | {_call(name, usual)}"
            yield f"{value} | {name}"
        for value in ("t", "l", "m", "tz", "f"):
            for number, argument in enumerate(filter.arguments or ()):
                for given in (*VARIABLES, "missing"):
                    if number < len(usual):
                        changed = [*usual[:number], given, *usual[number + 1 :]]
                    else:
                        changed = [*usual, f"{argument}={given}"]
                    yield f"{value} | {_call(name, changed)}"
        yield f"t | {name}(nope=1)"
        yield f"t | {_call(name, [*usual, '1', '1', '1', '1'])}"


def _tests() -> Iterator[str]:
    for name, test in sorted(TESTS.items()):
        for value in (*VARIABLES, "missing"):
            yield f"{value} is {name}"
            yield f"{value} is not {name}"
            for given in ("'a'", "[1]", "{'a':1}", "5", "n0") if test.arguments else ():
                yield f"{value} is {name}({given})"


def _functions() -> Iterator[str]:
    for name in sorted(_CALLS.keys() & FUNCTIONS.keys()):
        usual = _CALLS[name]
        for number in range(len(usual)):
            for given in (*VARIABLES, "missing"):
                yield _call(name, [*usual[:number], given, *usual[number + 1 :]])
        yield f"{name}()"
        yield f"{name}(1, 2, 3, 4, 5)"
        yield f"{name}(nope=1)"


def _operators() -> Iterator[str]:
    for left in VARIABLES:
        for right in VARIABLES:
            large = {"big", "huge"} & {left, right}
            yield from (
                f"{left} {each} {right}" for each in _OPERATORS if each != ".." or not large
            )
        yield from (place.format(left) for place in _PLACES)


def templates() -> Iterator[str]:
    """All templates, some more than once."""
    for make in (_filters, _tests, _functions, _operators):
        yield from (f"{{{{ {each} }}}}" for each in make())
    for value in VARIABLES:
        yield f"{{% for e in {value} %}}{{{{ e }}}}{{{{ loop.index }}}},{{% else %}}none{{% endfor %}}"
        yield f"{{% if {value} %}}y{{% else %}}n{{% endif %}}"
        yield f"{{% set q = {value} %}}{{{{ q }}}}"
