"""What templates compile to."""

import pytest

from flowc.expr import read_template
from flowc.expr.builtins import FILTERS, FUNCTIONS, TESTS
from flowc.expr.docs import page, summary
from flowc.gen.python.expr import compile_template, load
from flowc.literal import literal
from flowrt.expr.context import Context


@pytest.mark.parametrize(
    ("template", "source"),
    [
        ("{{ inputs.param == 'fail' }}", 'v["inputs"]["param"] == "fail"'),
        ("Hello {{ inputs.name }}!", "f\"Hello {text(v['inputs']['name'])}!\""),
        ("{{ outputs['my-task'].uri }}", 'v["outputs"]["my-task"]["uri"]'),
        ("{{ a.b ?? 'x' }}", 'coalesce(lambda: v["a"]["b"], "x")'),
        ("{{ a.b | default('x') }}", 'default(lambda: v["a"]["b"], "x")'),
        ("{{ a is defined and b == 'c' }}", 'defined(lambda: v["a"]) and v["b"] == "c"'),
        ("{{ (a == 'x' or b == 'y') and c == 'z' }}",
         '(v["a"] == "x" or v["b"] == "y") and v["c"] == "z"'),
        ("{{ a > 3 ? 'big' : 'small' }}", '"big" if gt(v["a"], 3) else "small"'),
        ("{{ 'a' ~ a ~ 1 }}", 'concat("a", v["a"], 1)'),
        ("{{ 1 + 2 * 3 }}", "7"),
        ("{{ ns | replace({'.': '/'}) }}", 'replace(v["ns"], {".": "/"})'),
    ],
)  # fmt: skip
def test_reads_like_the_original(template: str, source: str) -> None:
    assert compile_template(template).source == source


def test_known_types_use_the_operators_of_python() -> None:
    types = {"inputs.n": "INT", "inputs.name": "STRING", "inputs.go": "BOOLEAN"}
    sources = {
        "{{ inputs.n + 1 }}": 'v["inputs"]["n"] + 1',
        "{{ inputs.n >= 10 }}": 'v["inputs"]["n"] >= 10',
        "{{ not inputs.go }}": 'not v["inputs"]["go"]',
        "Hi {{ inputs.name }}": "f\"Hi {v['inputs']['name']}\"",
    }
    for template, source in sources.items():
        assert compile_template(template, types).source == source


def test_references_tell_path_place_and_guard() -> None:
    found = read_template("{{ outputs.t.value ~ (inputs.x ?? vars[k]) }}").references
    assert [(r.path, r.offset, r.guarded, r.dynamic) for r in found] == [
        (("outputs", "t", "value"), 3, False, False),
        (("inputs", "x"), 22, True, False),
        (("vars",), 34, False, True),
        (("k",), 39, False, False),
    ]


def test_names_of_tags_are_no_references() -> None:
    text = "{% set s = inputs.a %}{% for x in l %}{{ x.k }}{{ loop.index }}{{ s }}{% endfor %}"
    assert [r.path for r in read_template(text).references] == [("inputs", "a"), ("l",)]


@pytest.mark.parametrize(
    ("template", "message", "hint"),
    [
        ("{{ x | uper }}", "Filter [uper] does not exist.", "did you mean upper?"),
        ("{{ fromjson(x) }}", "Function or Macro [fromjson] does not exist.", "did you mean fromJson?"),
        ("{{ x is defind }}", "Test [defind] does not exist.", "did you mean defined?"),
        ("{% elif x %}", 'Unexpected tag name "elif"', "write elseif"),
        ("{{ x | chunk(1, 2) }}",
         "The argument at position 2 is not allowed. Only 1 argument(s) are allowed.",
         "it is chunk(size)"),
    ],
)  # fmt: skip
def test_problems_name_the_place_and_the_fix(template: str, message: str, hint: str) -> None:
    (problem,) = read_template(template).problems
    assert (problem.message, problem.hint) == (message, hint)
    assert 0 < problem.offset < len(template) and problem.length > 0


def test_tags_become_a_function() -> None:
    compiled = compile_template(
        "{% for x in l %}{{ x }},{% else %}none{% endfor %}", name="listing"
    )
    ((name, source),) = compiled.functions
    assert (name, compiled.source) == ("listing", "listing(v)")
    assert "for _ in loop_:" in source and "if loop_.empty:" in source
    template = load(compiled)
    assert template.text(Context({"l": [1, 2]})) == "1,2,"
    assert template.text(Context({"l": []})) == "none"


def test_constants() -> None:
    assert compile_template("plain").constant == "plain"
    assert compile_template("a{# c #}b").constant == "ab"
    assert compile_template("{{ 'a' ~ 1 }}").constant == "a1"
    assert compile_template("{{ a }}").constant is None


@pytest.mark.parametrize(
    "value",
    ["a'b\"c", "\n\t\x00é\u2028😀\ud800", float("inf"), -1.5, True, None, [1, {"k": "v"}], "{x}"],
)
def test_literals_evaluate_to_themselves(value: object) -> None:
    assert eval(literal(value)) == value
    assert eval(literal(value, "'")) == value


def test_literals_of_other_kinds_are_refused() -> None:
    with pytest.raises(TypeError):
        literal(object())


def test_every_entry_of_the_table_is_implemented_and_described() -> None:
    for table in (FILTERS, FUNCTIONS, TESTS):
        for name, entry in table.items():
            assert summary(entry), name
            assert f"`{entry.usage()}`" in page()


def test_line_of_each_part_is_kept() -> None:
    compiled = compile_template("a\n{{ x }}\n\n{{ y }}")
    assert compiled.lines == (2, 4)
    assert compile_template("{{ x }} {{ y }}").lines == ()
