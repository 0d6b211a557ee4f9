"""How inputs come to their values: dependencies, defaults, refusals, the view of expressions."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from flowrt.expr.context import Context
from flowrt.expr.errors import Undefined
from flowrt.expr.template import Template
from flowrt.formats.jsonwrite import to_json
from flowrt.inputs.conversion import Upload
from flowrt.inputs.declaration import DependsOn, Input
from flowrt.inputs.errors import InputError
from flowrt.inputs.resolution import (
    ResolvedInputs,
    expression_view,
    fill_groups,
    resolve_inputs,
)
from flowrt.inputs.sealing import SEALED_TYPE, Sealer
from flowrt.services.masks import Masks

SEALER = Sealer()


MASKS = Masks()


def context(extra: dict[str, Any]) -> Context:
    return Context({"flow": {"id": "f", "namespace": "n"}, **extra})


def store(id: str, name: str, data: bytes) -> str:
    return f"kestra:///{id}/{name}"


def resolve(declared: list[Input], **given: Any) -> ResolvedInputs:
    return resolve_inputs(
        declared,
        {key.replace("__", "."): value for key, value in given.items()},
        variables=context,
        store_file=store,
        sealer=SEALER,
        masks=MASKS,
    )


def refusal(declared: list[Input], **given: Any) -> str:
    with pytest.raises(InputError) as caught:
        resolve(declared, **given)
    return str(caught.value)


def view(declared: list[Input], resolved: ResolvedInputs) -> dict[str, Any]:
    return expression_view(declared, resolved.values, variables=context, sealer=SEALER)


def expr(source: str, evaluate: Any) -> Template:
    return Template(source, evaluate)


FLAGGED = [
    Input("flag", "BOOLEAN"),
    Input(
        "name",
        "STRING",
        depends_on=DependsOn(
            inputs=["flag"], condition=expr("{{ inputs.flag }}", lambda v: v["inputs"]["flag"])
        ),
    ),
    Input("db.port", "INT", defaults=5432, min=1024),
    Input("opt", "STRING", required=False),
]


def test_dotted_ids_nest_and_what_is_switched_off_is_left_out() -> None:
    resolved = resolve(FLAGGED, flag="yes", name="dropped")
    assert resolved.values == {"flag": False, "db": {"port": 5432}, "opt": None}


def test_what_is_switched_on_is_required() -> None:
    assert refusal(FLAGGED, flag="TRUE") == "Missing required input:name"


def test_undeclared_ids_are_noticed_only_beyond_the_number_of_inputs() -> None:
    assert resolve(FLAGGED, flag="no", zz="1").undeclared == []
    resolved = resolve(FLAGGED, flag="no", zz="1", yy="2", xx="3")
    assert resolved.warnings("n", "f")[0] == (
        "Input zz was provided for workflow n.f but isn't declared in the workflow inputs"
    )
    assert resolved.undeclared == ["zz", "yy", "xx"]


def test_the_first_failing_input_is_reported() -> None:
    declared = [Input("a", "INT"), Input("b", "INT", max=3), Input("c", "INT")]
    message = "Invalid value for input `b`. Cause: it must be less than `3`"
    assert refusal(declared, a="1", b="4", c="x") == message


@pytest.mark.parametrize("value", ["", None])
def test_an_empty_text_is_a_value_for_texts_only(value: str | None) -> None:
    assert refusal([Input("i", "INT")], i=value) == "Missing required input:i"
    assert resolve([Input("i", "URI", required=False)], i=value).values == {"i": None}
    if value is not None:
        assert resolve([Input("s", "STRING", defaults="d")], s=value).values == {"s": ""}


def test_conditions_hold_only_when_they_are_the_boolean_true() -> None:
    def undefined(v: Any) -> Any:
        raise Undefined("nowhere")

    for condition, kept in (
        (expr("{{ true }}", lambda v: True), True),
        (expr("{{ 'true' }}", lambda v: "true"), False),
        ("true", False),
    ):
        declared = [
            Input("a", "STRING", defaults="x"),
            Input(
                "b",
                "STRING",
                defaults="y",
                depends_on=DependsOn(inputs=["a"], condition=condition),
            ),
        ]
        assert ("b" in resolve(declared).values) is kept


def test_a_dependency_that_is_null_or_off_switches_off() -> None:
    declared = [
        Input("c", "STRING", defaults="C", depends_on=DependsOn(inputs=["b", "unknown"])),
        Input("a", "STRING", required=False),
        Input("b", "STRING", defaults="B", depends_on=DependsOn(inputs=["a"])),
    ]
    assert resolve(declared).values == {"a": None}
    assert resolve(declared, a="").values == {"a": "", "b": "B", "c": "C"}


def test_defaults_see_their_dependencies_typed_and_other_defaults_as_null() -> None:
    seen: list[Any] = []

    def look(v: Any) -> str:
        seen.append(dict(v["inputs"]))
        return "seen"

    declared = [
        Input("dur", "DURATION", defaults="PT60S"),
        Input("other", "STRING", defaults="o"),
        Input(
            "dep",
            "STRING",
            defaults=expr("{{ inputs }}", look),
            depends_on=DependsOn(inputs=["dur"]),
        ),
    ]
    assert resolve(declared).values == {"dur": 60.0, "other": "o", "dep": "seen"}
    assert str(seen[0]["dur"]) == "PT1M"
    assert seen[0]["other"] is None


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        (Input("a", "INT", defaults="4.0"), 4),
        (Input("a", "INT", defaults=" 4 "), 4),
        (Input("a", "BOOLEAN", defaults="True"), True),
        (Input("a", "BOOLEAN", defaults=1), True),
        (Input("a", "DURATION", defaults="5"), 5.0),
        (Input("a", "DATE", defaults="2024-01-02T00:00:00Z"), "2024-01-02"),
        (Input("a", "DATETIME", defaults="1704164645"), "2024-01-02T03:04:05.000000Z"),
        (Input("a", "DATETIME", defaults="1.5"), "1970-01-01T00:00:01.500000Z"),
        (Input("a", "DATETIME", defaults=31556889832780799), "+999999999-12-31T23:59:59.000000Z"),
        (Input("a", "STRING", defaults={"x": 1}), '{"x":1}'),
        (Input("a", "STRING", defaults=True), "true"),
        (Input("a", "JSON", defaults={"x": [1, expr("{{ 1 }}", lambda v: 1)]}), {"x": [1, "1"]}),
        (Input("a", "JSON", defaults=expr("{{ [1] }}", lambda v: [1])), [1]),
        (Input("a", "ARRAY", item_type="INT", defaults="[1, 2]"), [1, 2]),
        (Input("a", "MULTISELECT", values=["x", "1"], defaults=[1, "x"]), ["1", "x"]),
        (Input("a", "SELECT", values=["p", "q"], auto_select_first=True), "p"),
        (Input("a", "STRING", defaults=expr("{{ null }}", lambda v: None)), ""),
    ],
)
def test_defaults_are_read_into_the_type(declared: Input, expected: object) -> None:
    found = resolve([declared]).values["a"]
    assert (type(found), found) == (type(expected), expected)


@pytest.mark.parametrize(
    ("declared", "start"),
    [
        (Input("a", "INT", defaults="abc"), "Unrecognized token 'abc'"),
        (Input("a", "BOOLEAN", defaults="yes"), "Unrecognized token 'yes'"),
        (Input("a", "INT", defaults=2**31), "Numeric value (2147483648) out of range of int"),
        (Input("a", "ARRAY", item_type="STRING", defaults="x,y"), "Unrecognized token 'x'"),
        (
            Input("a", "DATETIME", defaults=10**21),
            f"Numeric value ({10**21}) out of range of long",
        ),
        (Input("a", "DATETIME", defaults=31556889832780800), "Instant exceeds minimum or maximum"),
        (Input("a", "DATETIME", defaults=-31557014167219201), "Instant exceeds minimum or maximum"),
        (Input("a", "SELECT", values=["x"], defaults="y"), "it must match the values `[x]`"),
    ],
)
def test_defaults_that_cannot_be_read_are_refused(declared: Input, start: str) -> None:
    assert f"Invalid value for input `a`. Cause: {start}" in refusal([declared]).replace(
        "Cannot read the default: ", ""
    )


def test_a_default_that_cannot_be_rendered_is_refused() -> None:
    def undefined(v: Any) -> Any:
        return v["nowhere"]

    message = refusal([Input("a", "STRING", defaults=expr("{{ nowhere }}", undefined))])
    assert message == (
        "Invalid value for input `a`. Cause: "
        "Unable to find `nowhere` used in the expression `{{ nowhere }}` at line 1"
    )


@pytest.mark.parametrize(
    ("declared", "value", "cause"),
    [
        (Input("a", "FLOAT", min=1, max=2.5), "0.5", "it must be more than `1.0`"),
        (Input("a", "FLOAT", min=1, max=2.5), "NaN", "it must be less than `2.5`"),
        (Input("a", "FLOAT", min=0), "-0", "it must be more than `0.0`"),
        (Input("a", "FLOAT", max=-0.0), "0", "it must be less than `-0.0`"),
        (Input("a", "DURATION", min="PT10S"), "PT9.999S", "It must be more than `PT10S`"),
        (Input("a", "DURATION", max="PT60S"), "PT61S", "It must be less than `PT1M`"),
        (Input("a", "DATE", after="2024-01-10"), "2024-01-09", "it must be after `2024-01-10`"),
        (Input("a", "TIME", before="17:00:00"), "17:00:01", "it must be before `17:00`"),
        (Input("a", "EMAIL"), "ann@", "The input must be a valid email"),
        (Input("a", "STRING", validator="[A-Z]+"), "AB1", "it must match the pattern `[A-Z]+`"),
        (Input("a", "SECRET", validator="[a-z]+"), "1", "a: it must match the pattern `[a-z]+`"),
        (Input("a", "SELECT", values=["r", 1]), "2", "it must match the values `[r, 1]`"),
    ],
)
def test_constraints(declared: Input, value: str, cause: str) -> None:
    assert refusal([declared], a=value) == f"Invalid value for input `a`. Cause: {cause}"


def test_bounds_are_inclusive() -> None:
    declared = [
        Input("i", "INT", min=1, max=1),
        Input("d", "DATE", after="2024-01-10", before="2024-01-10"),
        Input("w", "DURATION", min="PT1M", max="PT60S"),
    ]
    assert resolve(declared, i="1", d="2024-01-10", w="PT60S").values["w"] == 60.0


def test_every_choice_that_is_none_is_reported() -> None:
    declared = [Input("a", "MULTISELECT", values=["s", "m"])]
    assert refusal(declared, a='["s", "x", "y"]') == (
        "Invalid value for input `a`. Cause: value `x` doesn't match the values `[s, m]`\n"
        "Invalid value for input `a`. Cause: value `y` doesn't match the values `[s, m]`"
    )


def test_choices_of_another_type_than_text_cannot_be_compared() -> None:
    declared = [Input("a", "MULTISELECT", values=["1"], item_type="INT")]
    assert refusal(declared, a="[1]").startswith("class java.lang.Integer cannot be cast")
    free = Input("a", "MULTISELECT", values=["1"], item_type="INT", allow_custom_value=True)
    assert resolve([free], a="[1, 3]").values == {"a": [1, 3]}


def test_optional_and_custom_choices_are_free() -> None:
    optional = Input("a", "SELECT", values=["x"], required=False)
    custom = Input("b", "SELECT", values=["x"], allow_custom_value=True)
    assert resolve([optional, custom], a="y", b="z").values == {"a": "y", "b": "z"}


def test_choices_from_an_expression() -> None:
    offered = expr("{{ [1, 2.5] }}", lambda v: [1, 2.5, None])
    declared = Input("a", "SELECT", expression=offered, auto_select_first=True)
    assert resolve([declared]).values == {"a": "1"}
    assert refusal([declared], a="3").endswith("it must match the values `[1, 2.5]`")
    text = Input("a", "SELECT", expression=expr("{{ 'a' }}", lambda v: "a"))
    assert refusal([text], a="a") == (
        "Invalid value for input `a`. Cause: a: Invalid expression result. Expected a list of strings"
    )


def test_a_file_of_another_kind_is_kept_as_it_was_given() -> None:
    declared = Input("f", "FILE", allowed_file_extensions=[".csv"], required=False)
    assert resolve([declared], f="kestra:///a.pdf").values == {"f": "kestra:///a.pdf"}


@pytest.mark.parametrize("name", ["a.pdf", "a.csv", "A.CSV", "a"])
def test_a_file_that_is_handed_over_is_stored_whatever_its_kind(name: str) -> None:
    declared = Input("f", "FILE", allowed_file_extensions=[".csv"])
    found = resolve([declared], f=Upload(name, b"1")).values
    assert found == {"f": f"kestra:///f/{name}"}


def test_a_form_groups_its_children() -> None:
    form = Input(
        "env",
        "FORM",
        inputs=[
            Input("region", "STRING", defaults="eu"),
            Input("size", "INT", required=False),
        ],
    )
    assert resolve([form], env__size="3").values == {"env": {"region": "eu", "size": 3}}
    assert refusal([form], env__size="x").startswith("Invalid value for input `env.size`")


def test_secrets_are_sealed_at_rest_and_clear_for_expressions() -> None:
    declared = [Input("pw", "SECRET"), Input("none", "SECRET", required=False)]
    resolved = resolve(declared, pw="open-sesame")
    assert resolved.values["pw"]["type"] == SEALED_TYPE
    assert "open-sesame" not in str(resolved.values)
    assert MASKS.hide("say open-sesame") == "say ******"
    assert view(declared, resolved)["pw"] == "open-sesame"


def test_expressions_see_the_defaults_of_what_is_switched_off() -> None:
    off = DependsOn(inputs=["on"])
    declared = [
        Input("on", "STRING", required=False),
        Input("wait", "DURATION", defaults="PT60S", depends_on=off),
        Input("shape", "JSON", defaults={"a": 1}, depends_on=off),
        Input(
            "broken",
            "STRING",
            defaults=expr("{{ inputs.x }}", lambda v: v["inputs"]["x"]),
            depends_on=off,
        ),
    ]
    resolved = resolve(declared)
    assert resolved.values == {"on": None}
    assert view(declared, resolved) == {"on": None, "wait": 60.0, "shape": '{"a":1}'}


def test_the_view_is_in_the_order_of_a_hash_map() -> None:
    declared = [Input(id, "BOOLEAN", required=False) for id in ("b", "t", "preset")]
    resolved = resolve(declared, b="true", t="true", preset="true")
    assert list(resolved.values) == ["b", "preset", "t"]
    assert to_json(view(declared, resolved)) == '{"t":true,"b":true,"preset":true}'


def test_the_view_leaves_the_document_alone() -> None:
    off = DependsOn(inputs=["on"])
    form = Input(
        "env",
        "FORM",
        inputs=[
            Input("size", "INT"),
            Input("region", "STRING", defaults="eu", depends_on=off),
        ],
    )
    declared = [Input("on", "STRING", required=False), form]
    resolved = resolve(declared, env__size="1")
    assert view(declared, resolved)["env"] == {"size": 1, "region": "eu"}
    assert resolved.values == {"on": None, "env": {"size": 1}}


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("12345678", 12345678),
        ("1e10", 1e10),
        ("123456789.123", 123456790.0),
        ("0.0001", 0.0001),
        ("-0.0", 0.0),
    ],
)
def test_expressions_see_numbers_as_the_store_keeps_them(text: str, seen: object) -> None:
    declared = [Input("f", "FLOAT"), Input("d", "DURATION", defaults="PT12345678S")]
    shown = view(declared, resolve(declared, f=text))
    assert (type(shown["f"]), repr(shown["f"])) == (type(seen), repr(seen))
    assert type(shown["d"]) is float


def test_defaults_of_inputs_that_are_off_join_their_group() -> None:
    declared = [
        Input("group.a", "STRING", defaults="1"),
        Input("group.b", "STRING", defaults="2", depends_on=DependsOn(condition="no")),
        Input("other.c", "STRING", defaults="3", depends_on=DependsOn(condition="no")),
    ]
    values = resolve(declared).values
    assert values == {"group": {"a": "1"}}
    fill_groups(declared, values, variables=context, sealer=SEALER)
    assert values == {"group": {"a": "1", "b": "2"}}


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": [value]}
    return value


def test_a_value_that_is_nested_too_deeply_is_refused() -> None:
    with pytest.raises(InputError, match="input `j`: it is nested too deeply"):
        resolve([Input("j", "JSON")], j=nested(5000))
    assert resolve([Input("j", "JSON")], j=nested(50)).values["j"] == nested(50)


LEVELS = 900 if sys.version_info < (3, 12) else 5000
"""More than Python's calls may go; what reads JSON in C has a limit of its own since 3.12."""
DEEP = "[" * LEVELS + "]" * LEVELS
LONG = "Number value length (5000) exceeds the maximum allowed (1000, from `StreamReadConstraints.getMaxNumberLength()`)"
DIGITS = "9" * 5000


@pytest.mark.parametrize("type", ["ARRAY", "MULTISELECT", "JSON"])
@pytest.mark.parametrize("by_default", [False, True])
def test_values_that_are_nested_too_deeply(type: str, by_default: bool) -> None:
    declared = Input("x", type, item_type="STRING") if type == "ARRAY" else Input("x", type)
    given = {} if by_default else {"x": DEEP}
    if by_default:
        declared = declared.but(defaults=DEEP)
    assert refusal([declared], **given) == "Invalid value for input `x`: it is nested too deeply"


@pytest.mark.parametrize("as_expression", [False, True])
@pytest.mark.parametrize(
    ("type", "default", "cause"),
    [
        ("INT", DIGITS, LONG),
        ("FLOAT", DIGITS, LONG),
        ("BOOLEAN", DIGITS, LONG),
        ("DATETIME", DIGITS, LONG),
        ("DATETIME", f"-{DIGITS}", LONG),
        ("DATE", DIGITS, LONG),
        ("TIME", f"[1,{DIGITS}]", LONG),
        ("DURATION", DIGITS, LONG),
        ("ARRAY", f"[{DIGITS}]", LONG),
        ("TIME", "[1,1e999999999]", "Numeric value (Infinity) out of range of int (-2147483648 - 2147483647)"),
        ("TIME", f"[1,{10**20}]", f"Numeric value ({10**20}) out of range of int (-2147483648 - 2147483647)"),
        ("DATE", f"[{10**20},1,1]", f"Numeric value ({10**20}) out of range of int (-2147483648 - 2147483647)"),
    ],
)  # fmt: skip
def test_defaults_of_huge_numbers(type: str, default: str, cause: str, as_expression: bool) -> None:
    given: Any = expr("{{ x }}", lambda v: default) if as_expression else default
    declared = Input("x", type, defaults=given)
    if type == "ARRAY":
        declared = declared.but(item_type="STRING")
    assert refusal([declared]) == (
        f"Invalid value for input `x`. Cause: Cannot read the default: {cause}"
    )


def test_instants_take_the_low_bits_of_what_is_too_large() -> None:
    declared = Input("x", "DATETIME", defaults=f"{DIGITS}.5")
    assert resolve([declared]).values == {"x": "1969-12-31T23:59:59.500000Z"}


def test_numbers_that_json_does_not_have_are_texts() -> None:
    given = '{"d": 1e400, "n": [-1e400], "ok": 1e308}'
    expected = {"d": "Infinity", "n": ["-Infinity"], "ok": 1e308}
    assert resolve([Input("j", "JSON")], j=given).values["j"] == expected
    array = Input("j", "ARRAY", item_type="JSON")
    assert resolve([array], j=f"[{given}]").values["j"] == [expected]
