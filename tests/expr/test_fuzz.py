"""Whatever text comes: a result or an ExpressionError, never anything else."""

from hypothesis import given, settings
from hypothesis import strategies as st

from flowc.expressions import render
from flowc.gen.python.expr import compile_template
from flowrt.java.errors import ExpressionError

SEEDS = [
    "{{ inputs.name | upper ~ '!' }}",
    "{% for x in l %}{{ loop.index }}:{{ x.k ?? 'n' }}{% else %}none{% endfor %}",
    "{% if a > 1 and not b %}yes{% elseif c is defined %}maybe{% else %}no{% endif %}",
    "{% macro m(a, b=1) %}{{ a }}{{ b }}{% endmacro %}{{ m(1, b=2) }}",
    "{% set q = [1, 2.5, {'k': null}] %}{{ q[0] + q[1] }}",
    'a {{- "x#{ i + 1 }y" -}} b {# c #}{% raw %}{{ r }}{% endraw %}',
    "{{ s.length() / 0 }}{{ (l | first).k == 1 ? 'a' : 1..3 }}",
    "{% block b %}{{ s }}{% endblock %}{{ block('b') }}{% filter lower %}A{% endfilter %}",
    "{% verbatim %} {{ x }} {% endverbatim %}\n{{ a\n | default(1) }}",
]
VARIABLES = {
    "inputs": {"name": "bob"}, "l": [{"k": 1}, {}], "a": 2, "b": False, "s": "abc", "i": 7,
}  # fmt: skip
ALPHABET = "{}%#()[]'\"|~?:.,=+-*/<>! \n\\abil01_é😀"


def check(template: str) -> None:
    compiled = compile_template(template)
    compile(f"lambda v: {compiled.source}", "<fuzz>", "eval")
    try:
        result = render(template, {**VARIABLES, "l": [{"k": 1}, {}]})
    except ExpressionError:
        return
    assert isinstance(result, str)


@settings(max_examples=300, deadline=None)
@given(st.text(ALPHABET, max_size=40))
def test_any_text(text: str) -> None:
    check(text)
    check("{{" + text + "}}")
    check("{%" + text + "%}")


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_damaged_templates(data: st.DataObject) -> None:
    template = data.draw(st.sampled_from(SEEDS))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(template)))
        cut = data.draw(st.integers(0, 3))
        inserted = data.draw(st.text(ALPHABET, max_size=3))
        template = template[:at] + inserted + template[at + cut :]
    check(template)
