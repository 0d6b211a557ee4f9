"""On which line of a template the engine says that something failed, and what it gives where it does not fail."""

from decimal import Decimal
from typing import Any

import pytest

from flowc.expressions import evaluate, render
from flowrt.expr.environment import DictEnvironment
from flowrt.java.errors import ExpressionError
from flowrt.java.time.isoparse import (
    parse_instant,
    parse_local_date,
    parse_local_date_time,
    parse_zoned,
)
from flowrt.java.values import Byte, JavaSet, Long, Short


def context() -> dict[str, Any]:
    return {
        "i": 7, "neg": -3, "one": 1, "x": "a", "z": None, "s": "hello World", "l": [3, 1, 2], "lx": [1, "a"], "d": 1.5,
        "m": {"a": 1, "b": "two"}, "sh": Short(3), "by": Byte(-2), "dec": Decimal("1.50"),
        "lmap": {Long(1): "one", Long(2): "two"}, "st2": JavaSet(["b{{ i }}", "a", "c"]),
        "inst": parse_instant("2024-03-05T06:08:09.123456789Z"), "ldt": parse_local_date_time("2024-03-05T06:08:00"),
        "ldy": parse_local_date("2024-02-29"), "zd": parse_zoned("2024-03-31T01:30:00+01:00[Europe/Paris]"),
        "zo": parse_zoned("2024-03-05T07:08:09.5+01:00"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("\n{{\n1 is even(1)\n\n\n }}", "\nfalse"),
        ("{% macro m() %}[{{ a ?? 'none' }}]{% endmacro %}{{ m() }}{{ m(1) }}{{ m(a=1) }}{{ m(a=1, a=2) }}", "[none][none][1][2]"),
        ("{% macro m() %}[{{ a }}{{ b }}]{% endmacro %}{{ m(b=1, a=s) }}", "[hello World1]"),
        ("{% macro m() %}{{ if }}{% endmacro %}{{ m(if=1) }}", "1"),
        ("{{ sh | abs | className }} {{ by | abs | className }}", "java.lang.Integer java.lang.Integer"),
        ("{{ ({true: 1})[true] }}", "1"),
        ("{{ render(st2) }} {{ renderOnce(st2) }}", "[\"a\",\"c\",\"b7\"] [\"a\",\"c\",\"b7\"]"),
        ("{{ '--1' | number('BIGINTEGER') }} {{ '+-1' | number('BIGINTEGER') }} {{ '٣' | number }} {{ '٣٣.٥' | number }} {{ '1٣' | number('INT') }} {{ '٣L' | number }}", "1 -1 3 33.5 13 3"),
        ("{{ ldt | dateAdd(0, 'ERAS') }} {{ ldt | dateAdd(-1, 'ERAS') }}", "2024-03-05T06:08:00.000000Z 2024-03-05T06:08:00.000000Z"),
        ("{{ zd | dateAdd(100, 'MILLENNIA') }}", "+102024-03-31T00:30:00.000000Z"),
        ("{{ {1: 'x'} | yaml }}{{ {1.5: 'x'} | yaml }}{{ {true: 'x'} | yaml }}{{ {neg: 'x'} | yaml }}{{ {'1': 'x'} | yaml }}{{ {sh: 'x'} | yaml }}", "1: x\n\"1.5\": x\n\"true\": x\n-3: x\n\"1\": x\n\"3\": x\n"),
        ("{{ fromIon('5e-324') }} {{ fromIon('1e-323') }} {{ fromIon('2e-323') }} {{ fromIon('1e23') }} {{ '1.4E-45' | number('FLOAT') }} {{ '1e-44' | number('FLOAT') }}", "4.9E-324 9.9E-324 2.0E-323 1.0E23 1.4E-45 9.8E-45"),
        ("{{ [inst.hashCode(), '%h' | format(ldy)] }}", "[-584019464,\"3f409d\"]"),
        ("{{ zd.month == 'MARCH' }} {{ zd.month | className }} {{ zo.offset | className }} {{ zd.zone | className }}", "true java.time.Month java.time.ZoneOffset java.time.ZoneRegion"),
    ],
)  # fmt: skip
def test_results(template: str, text: str) -> None:
    assert render(template, context(), DictEnvironment()) == text


@pytest.mark.parametrize(
    ("template", "message", "line"),
    [
        ("\n{{\nmac(z=1)\n| trim }}{% macro mac(a) %}{% endmacro %}", "The following named argument does not exist: z", 4),
        ("\n{{\nmac(z=1)\n}}{% macro mac(a) %}{% endmacro %}", "The following named argument does not exist: z", 3),
        ("\n{{\nmac(\nz=1\n)\n}}{% macro mac(a) %}{% endmacro %}", "The following named argument does not exist: z", 5),
        ("\n{{\ns | slice(z=1)\n}}", "The following named argument does not exist: z", 3),
        ("\n{{\ns | slice(\nz=1\n)\n}}", "The following named argument does not exist: z", 5),
        ("\n{{\ns | slice(1,2,\n3)\n}}", "The argument at position 3 is not allowed. Only 2 argument(s) are allowed.", 4),
        ("\n{{\nrange(z=1)\n| length }}", "The following named argument does not exist: z", 4),
        ("\n{{\nrange(1,2,\n3,4)\n\n\n }}", "The argument at position 4 is not allowed. Only 3 argument(s) are allowed.", 4),
        ("\n{% filter \nslice(z=1) %}x{% endfilter %}", "The following named argument does not exist: z", 3),
        ("\n{% filter \nslice(z=1) | upper(nope) | nofilter %}x{% endfilter %}", "Filter [nofilter] does not exist.", 0),
        ("\n{% filter \nupper | nofilter %}x{% endfilter %}", "Filter [nofilter] does not exist.", 0),
        ("\n{% filter \nupper | replace(nope) %}x{% endfilter %}", "Unable to find `nope`", 3),
        ("\n{% macro mac(b=nope) %}{% endmacro %}\n\n{{ mac() }}", "Unable to find `nope`", 2),
        ("\n{% macro mac(b=nope) %}{% endmacro %}\n\n{{ mac()\n| trim }}", "Unable to find `nope`", 2),
        ("\n{% macro mac(b=nope) -%}{% for v in a %}{{ v }}{% endfor %}{% endmacro %}\n\n{{ mac()\n| trim }}", "Unable to find `nope`", 2),
        ("\n{% macro mac(b=1) -%}\n{{ nope }}{% endmacro %}\n\n{{ mac()\n| trim }}", "Unable to find `nope`", 3),
        ("\n{% macro mac(b=1) -%}\n{{ b.x }}{% endmacro %}\n\n{{ mac()\n| trim }}", "Unable to find `x`", 3),
        ("\n{% macro mac(b=1) -%}\n{{ b | length(1) }}{% if nope %}{% endif %}{% endmacro %}\n\n{{ mac()\n| trim }}", "Wrong operand(s) type in conditional expression", 3),
        ("\n{% macro mac(a,a) -%}\n{{ s }}{% endmacro %}\n\n{{ mac()\n| trim }}", "Unable to find `s`", 3),
        ("\n{{ \n mac(1)\n| trim }}{% macro mac(a,a) -%}\n{{ s }}{% endmacro %}\n\n", "Unable to find `s`", 5),
        ("\n{{ \n mac(1) is \njson }}{% macro mac(a,a) -%}\n{{ s }}{% endmacro %}\n\n", "Unable to find `s`", 5),
        ("\n{{ \n mac(1) \n}}{% macro mac(a,a) -%}\n{{ s }}{% endmacro %}\n\n", "Unable to find `s`", 5),
        ("\n{{ \n mac(1) \n ~ 'x' }}{% macro mac(a,a) -%}\n{{ s }}{% endmacro %}\n\n", "Unable to find `s`", 5),
        ("\n{% macro mac(a,\na) %}{{ 1 + z }}{% endmacro %}{{ mac(1)\n| trim }}", "Could not perform addition", 3),
        ("\n{% macro mac(a=\nnope) %}{{ 1 + z }}{% endmacro %}{{ mac()\n| trim }}", "Unable to find `nope`", 3),
        ("\n{% macro mac(a) %}\n{{ a\n | abs }}{% endmacro %}{{ mac('x')\n| trim }}", "The 'abs' filter does require as input a number.", 4),
        ("\n{% macro mac(a) %}\n{{ a\n.x }}{% endmacro %}{% set q = mac(\n'x') ~\n 'x' %}", "Unable to find `x`", 4),
        ("\n{% macro mac(a) %}\n{{ a\n.x }}{% endmacro %}{% for q in mac(\n'x')\n %}{% endfor %}", "Unable to find `x`", 4),
        ("\n{% macro mac(a) %}\n{{ other(\n1) }}{% endmacro %}{% macro other(b) %}\n{{ b.c }}{% endmacro %}\n{{ mac(2) \n }}", "Unable to find `c`", 5),
        ("\n{% block a %}\n{{ nope }}{% endblock %}", "Unable to find `nope`", 3),
        ("\n{{ block('a')\n | upper }}{% block a %}\n{{ s }}{{ nope }}{% endblock %}", "Unable to find `nope`", 4),
        ("{{ x }}\n{{ block(nope) }}", "Unable to find `nope`", 2),
        ("\n{% if true %}\n{{ block(nope) }}{% endif %}", "Unable to find `nope`", 3),
        ("\n{% for x in \n nope %}{% endfor %}", "Unable to find `nope`", 3),
        ("\n{% for x in \n 5 %}{% endfor %}", "Not an iterable object. Value = [5]", 2),
        ("\n{% for x in \n l \n | abs %}{% endfor %}", "The 'abs' filter does require as input a number.", 4),
        ("\n{% for x in \n l[\n 9] %}{% endfor %}", "Unable to find `9`", 4),
        ("\n{% for x in \n z.x %}{% endfor %}", "Unable to find `z`", 3),
        ("\n{{ mac0(\nz.k, 5, a=10)\n\n| length }}{% macro mac0(a) %}{% endmacro %}", "Unable to find `z`", 3),
        ("\n{{ mac0(\n1, 5, a=10)\n\n| length }}{% macro mac0(a) %}{% endmacro %}", "The argument at position 2 is not allowed. Only 1 argument(s) are allowed.", 5),
        ("\n{{ range(\n1, 5, a=10)\n\n ?? 1 }}", "The following named argument does not exist: a", 5),
        ("{{ prénom }}", "Unable to find `prénom`", 1),
        ("{{ m.é }}", "Unable to find `é`", 1),
        ("{{ trueé }}", "Unable to find `trueé`", 1),
        ("{{ s | startésWith('h') }}", "Filter [startésWith] does not exist.", 1),
        ("{% macro m() %}{% endmacro %}{{ m(a=nope) }}", "Unable to find `nope`", 1),
        (
            "{{ range(start='2', end=2.0, increment=0) }}",
            "Arguments of range function must be of type Number or String with a length of 1",
            1,
        ),
        ("{{ range('a', 'c', 0) }}", "The increment of the range function must be different than 0", 1),
        ("{{ range(1, 3, 'a') }}", "The increment of the range function must be a number a", 1),
        ("{{ range(1, 3, true) }}", "The increment of the range function must be a number true", 1),
        ("{{ lmap[true] }}", "Unable to find `true`", 1),
        ("{{ {true: 1}[true] }}", "Unexpected token of value \"[\" and type PUNCTUATION, expected token of type PRINT_END", 1),
    ],
)  # fmt: skip
def test_failures_are_on_the_line_of_the_engine(template: str, message: str, line: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        render(template, context(), DictEnvironment())
    said = str(caught.value).removeprefix("io.pebbletemplates.pebble.error.PebbleException: ")
    said = said.removeprefix("io.pebbletemplates.pebble.error.ParserException: ")
    missing = f"{message} used in the expression `{template}` at line {line}"
    assert said in (f"{message} ({template}:{line})", missing)


@pytest.mark.parametrize(
    ("kind", "text", "state"),
    [("state", "1", "SUBMITTED"), ("state", " 16\n", "RESUBMITTED"), ("state", '"3"', "PAUSED")],
)
def test_a_number_stands_for_a_state(kind: str, text: str, state: str) -> None:
    from flowrt.expr.context import Context
    from flowrt.expr.properties import convert_property

    assert convert_property(kind, text, Context({}, DictEnvironment())).name == state


@pytest.mark.parametrize(
    ("text", "said"), [("17", "number 17: index value"), ("-1", "number -1: index value")]
)
def test_a_number_without_a_state(text: str, said: str) -> None:
    from flowrt.expr.context import Context
    from flowrt.expr.properties import convert_property

    with pytest.raises(ExpressionError, match=said):
        convert_property("state", text, Context({}, DictEnvironment()))


@pytest.mark.parametrize("text", ["2024-03-06:08:09Z", "12:3", "1/2", "1.5:", "0x1F:"])
def test_what_may_not_follow_a_number_of_ion(text: str) -> None:
    with pytest.raises(ExpressionError, match="Invalid ion"):
        render(f"{{{{ fromIon('{text}') }}}}", {}, DictEnvironment())


@pytest.mark.parametrize(
    "template", ["{{ sh is even }}", "{{ by is odd }}", "{{ render([sh, lmap]) }}"]
)
def test_plain_failures(template: str) -> None:
    with pytest.raises(ExpressionError, match="cannot be cast to class"):
        render(template, context(), DictEnvironment())


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ t | slice(0, 2) }}|{{ t | slice(2) }}", "a?|?b"),
        ("{{ '😀' | first }}{{ '😀' | last }}", "😀"),
        ("{{ t | split('') | join('|') }}", "a|?|?|b"),
        ("{{ '%a' | format(12345678.9) }} {{ '%a' | format(1.0) }}", "0x1.78c29dccccccdp23 0x1.0p0"),
        ("{{ t | abbreviate(5) }} {{ 'ab😀c' | abbreviate(4) }}", "a😀b a..."),
        ("{{ t | slice(0, 2) | urlencode }} {{ t | slice(0, 2) | base64encode }}", "a%3F YT8="),
    ],
)  # fmt: skip
def test_texts_of_numbers_and_halves_of_characters(template: str, text: str) -> None:
    assert render(template, {"t": "a😀b"}, DictEnvironment()) == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ d }}x", "1E+3x"),
        ("x{{ d }}", "x1000"),
        ("{{ d }}{{ d }}", "1E+31000"),
        ("{{ n }}{{ d }}", "71000"),
        ("{{ d }}{{ l }}", "1000[1]"),
    ],
)
def test_decimals_beside_others_in_typed_rendering(template: str, text: str) -> None:
    assert evaluate(template, {"d": Decimal("1E+3"), "n": 7, "l": [1]}) == text
