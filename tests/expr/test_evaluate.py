"""What templates evaluate to, and how they fail."""

from typing import Any

import pytest

from flowc.expressions import evaluate, render
from flowrt.expr.environment import DictEnvironment
from flowrt.expr.errors import Undefined
from flowrt.java.errors import ExpressionError, RawError

CONTEXT: dict[str, Any] = {
    "inputs": {"name": "bob", "n": 3, "items": ["x", "y"], "none": None},
    "m": {"a": 1, "n": None},
    "l": [1, 2],
    "z": None,
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ inputs.name | upper }}-{{ inputs.n + 1 }}", "BOB-4"),
        ("{{ inputs.n / 2 }} {{ inputs.n / 2.0 }} {{ -7 / 2 }} {{ -7 % 3 }}", "1 1.5 -3 -1"),
        ("{{ inputs.missing ?? 'none' }}", "none"),
        ("{{ z.a.b | default('d') }}", "d"),
        ("{{ inputs.none ??? 'd' }}|", "|"),
        ("{{ l.size }} {{ inputs.name.length }}", "2 3"),
        ("{{ m }} {{ 'x' ~ m }}", '{"a":1} x{a=1, n=null}'),
        ("{{ [1, 2] == l }}", "false"),
        ("{{ not x is defined }}", "false"),
        ("{% set t = 0 %}{% for i in l %}{% set t = t + i %}{% endfor %}{{ t }}", "3"),
        ("{% macro f(a, b='d') %}[{{ a }}{{ b }}]{% endmacro %}{{ f(1) }}", "[1d]"),
        ("{% block b %}{{ l }}{% endblock %}{{ block('b') }}", "[1,2][1, 2]"),
        ("{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
        ("{% verbatim %} {{ x }}{% endverbatim %}", "{{ x }}"),
        ("a {{- ' b ' -}} c", "a b c"),
        ('{{ "n#{inputs.n + 1}" }}', "n4"),
        ("{{ {'z':1,'y':2,'x':3} }}", '{"x":3,"y":2,"z":1}'),
        ("{{ 5 - 10 | abs }} {{ a ?? 1 + 1 }}", "-5 2"),
        ("{{ render('{{ inputs.n }}') }}", "3"),
    ],
)
def test_text(template: str, text: str) -> None:
    assert render(template, CONTEXT) == text


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ nope }}", "Unable to find `nope` used in the expression `{{ nope }}` at line 1"),
        ("a\n{{ z.k }}", "Unable to find `z` used in the expression `a\n{{ z.k }}` at line 2"),
        ("{{ m.n.k }}", "Unable to find `k` used in the expression `{{ m.n.k }}` at line 1"),
        ("{{ nope == 'a' }}", "Could not perform equals comparison ({{ nope == 'a' }}:1)"),
        ("{{ (nope + 1) ?? 0 }}", "Could not perform addition ({{ (nope + 1) ?? 0 }}:1)"),
        ("{{ (nope ? 1 : 2) == 1 }}",
         "Could not perform equals comparison ({{ (nope ? 1 : 2) == 1 }}:1)"),
        ("{% if nope %}{% endif %}",
         "Wrong operand(s) type in conditional expression ({% if nope %}{% endif %}:1)"),
        ("{{ 'a' < 'b' }}", "Could not perform greater modulus ({{ 'a' < 'b' }}:1)"),
        ("{{ x | nofilter }}", "Filter [nofilter] does not exist. ({{ x | nofilter }}:1)"),
        ("{{ 1 + }}", 'Unexpected token "PRINT_END" of value "}}" ({{ 1 + }}:1)'),
        ("{{ render('{{ nope }}') ?? 1 }}",
         "Unable to find `nope` used in the expression `{{ nope }}` at line 1 (?:?)"),
    ],
)  # fmt: skip
def test_failures(template: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        render(template, CONTEXT)
    assert caught.value.detail == message or str(caught.value).endswith(message)


def test_full_message_has_the_class_of_the_engine() -> None:
    with pytest.raises(ExpressionError) as caught:
        render("{{ 1 + z }}", CONTEXT)
    assert str(caught.value) == (
        "io.pebbletemplates.pebble.error.PebbleException: Could not perform addition ({{ 1 + z }}:1)"
    )
    with pytest.raises(Undefined):
        render("{{ nope }}", CONTEXT)


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{{ inputs.n }}", 3),
        ("{{ l }}", [1, 2]),
        ("{{ inputs.n }}{{ inputs.n }}", "33"),
        ("{{ l }}x", [1, 2]),
        ("x{{ l }}", "x[1,2]"),
        ("{{ z }}", None),
        ("{{ inputs.name == 'bob' }}", True),
        ("{% if true %}{{ l }}{% endif %}", [1, 2]),
    ],
)
def test_typed(template: str, value: object) -> None:
    assert evaluate(template, CONTEXT) == value


def test_structures_render_in_every_part() -> None:
    given = {"{{ inputs.name }}": ["{{ z }}", 1, {"k": "{{ m }}"}], "bob": "second"}
    assert render(given, CONTEXT) == {"bob": [None, 1, {"k": '{"a":1}'}]}


def test_context_is_read_only() -> None:
    with pytest.raises(RawError):
        render("{% set inputs = 1 %}", CONTEXT)


def test_sorting_in_place_is_seen_by_later_parts_only() -> None:
    values = {"l": [2, 1]}
    assert render("{{ l }}{{ l | sort }}{{ l }}", values) == "[2,1][1,2][1,2]"


@pytest.mark.parametrize(
    "template",
    [
        "{{ s.__class__ }}", "{{ s['__class__'] }}", "{{ f.__globals__ }}", "{{ l.__init__ }}",
        "{{ s.format('{0.__class__}') }}", "{{ m.__class__.__mro__ }}", "{{ s.getClass() }}",
        "{{ s.class }}", "{{ m.items() }}", "{{ l.append(1) }}", "{{ env }}", "{{ v }}",
        "{{ __builtins__ }}", "{{ s.encode() }}", "{{ loop }}", "{{ l.pop() }}",
    ],
)  # fmt: skip
def test_nothing_of_python_is_within_reach(template: str) -> None:
    variables = {"s": "abc", "m": {"a": 1}, "l": [1], "f": len}
    with pytest.raises(ExpressionError):
        render(template, variables)
    assert variables["l"] == [1]


def test_user_text_is_never_code() -> None:
    hostile = "\"); import os; f'{v}' {v} \\N{DASH} %s"
    assert render("{{ a }} {{ '" + hostile.replace("'", "\\'") + "' }}", {"a": hostile}) == (
        f"{hostile} {hostile}"
    )


def test_services_come_from_the_environment() -> None:
    environment = DictEnvironment(secrets={"K": "s"}, kv={"a.b": {"k": {"x": 1}}})
    context = {"flow": {"namespace": "a.b", "id": "f", "tenantId": "main"}}
    assert render("{{ secret('k') }}{{ kv('k').x }}", context, environment) == "s1"
    assert environment.masked == ["s"]


@pytest.mark.parametrize("opening", ["{{ (", "{{ [", "{{ not ", "{{ {'a': ", "{{ a[", "{{ f("])
def test_deep_nesting_is_an_error_of_ours(opening: str) -> None:
    with pytest.raises(ExpressionError):
        render("{{ " + opening[3:] * 1000 + " }}", {})


def test_long_chains_compile() -> None:
    size = 3000
    assert render("{{ '' " + "~ a " * size + "}}", {"a": "x"}) == "x" * size
    assert render("{{ a " + "+ a " * size + "}}", {"a": 1}) == str(size + 1)
    assert render("{{ a == 'x' " + "and a == 'x' " * size + "}}", {"a": "x"}) == "true"
    assert render("{{ a }}," * size, {"a": "x"}) == "x," * size


NAMES = [
    "v", "self", "macro", "arguments", "scope", "out", "text", "block", "name", "given", "class", "lambda", "None_", "flow",
    "expr", "x",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{% macro row({0}) %}}<{{{{ {0} }}}}>{{% endmacro %}}{{{{ row(1) }}}}{{{{ row({0}=2) }}}}", "<1><2>"),
        ("{{% macro {0}(a) %}}<{{{{ a }}}}>{{% endmacro %}}{{{{ {0}(1) }}}}", "<1>"),
        ("{{% macro f({0}, {0}='d') %}}<{{{{ {0} }}}}>{{% endmacro %}}{{{{ f(1) }}}}", "<1>"),
        ("{{% block {0} %}}B{{{{ 1 }}}}{{% endblock %}}{{{{ block('{0}') }}}}", "B1B1"),
        ("{{% for {0} in l %}}{{{{ {0} }}}}{{% endfor %}}{{% set {0} = 3 %}}{{{{ {0} }}}}", "123"),
    ],
)  # fmt: skip
def test_names_of_templates_are_none_of_python(template: str, text: str, name: str) -> None:
    if template.startswith("{{% macro {0}") and name in ("block", "None_"):
        pytest.skip("a word of the language, or no name for a macro")
    assert render(template.format(name), CONTEXT) == text


def test_no_helper_has_the_name_of_a_block_or_macro() -> None:
    """Generated templates call both by their names."""
    from flowrt.expressions import HOMES

    assert not [each for each in HOMES if each.startswith(("macro_", "block_", "part_", "loop_"))]
