"""Lists that show a part of another one, failures that name classes, and widths: as executed on the engine."""

from typing import Any

import pytest

from flowc.expressions import render
from flowrt.java.errors import ExpressionError
from flowrt.java.values import JavaArray

UNSUPPORTED = "null"


def given() -> dict[str, Any]:
    return {
        "l": [3, 1, 2],
        "words": JavaArray(["b", "a"], "java.lang.String"),
        "mixed": JavaArray([1, "a"]),
    }


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ words | sort }}{{ words | join }}", '["a","b"]ab'),
        ("{{ words | sort | reverse }}{{ words | join }}", '["b","a"]ba'),
        ("{% set a = 'b,a' | split(',') %}{{ a | sort | join }}{{ a | join }}", "abab"),
        ("{{ l | slice(0, 2) | sort }}{{ l }}", "[1,3][1,3,2]"),
        ("{{ l | slice(1) | slice(0, 2) | reverse }}{{ l }}", "[2,1][3,2,1]"),
        ("{{ l | chunk(2) | first | sort }}{{ l }}", "[1,3][1,3,2]"),
        ("{{ l | chunk(3) | reverse }}", "[[3,1,2]]"),
        ("{{ [] | chunk(1) | sort }}", "[]"),
        ("{{ {(l | slice(2)): 1} ~ '' }}", "{[2]=1}"),
        ("{{ l | chunk(2) | className }}", "com.google.common.collect.Lists$RandomAccessPartition"),
        ("{{ l | slice(1) | slice(1) | className }}", "java.util.ArrayList$SubList"),
        ("{{ l | chunk(2) | first | className }}", "java.util.ArrayList$SubList"),
        ("{{ l | chunk(2) | slice(1) | className }}", "java.util.AbstractList$RandomAccessSubList"),
        ("{{ words | sort | slice(0) | className }}", "java.util.AbstractList$RandomAccessSubList"),
        ("{{ words | sort | className }}", "java.util.Arrays$ArrayList"),
        ("{{ l | keys | slice(1) | className }}", "java.util.ImmutableCollections$SubList"),
        ("{{ '%-8s|%8s|%.2s' | format('😀a', '😀a', '😀a') }}", "😀a     |     😀a|😀"),
        ("{{ '%6tF|%TF' | format(null, null) }}", "  null|NULL"),
    ],
)
def test_values(template: str, text: str) -> None:
    assert render(template, given()) == text


def _cast(name: str, wanted: str) -> str:
    places = f"{name} and {wanted} are in module java.base of loader 'bootstrap'"
    return f"class {name} cannot be cast to class {wanted} ({places})"


LONG, TEXT = "java.lang.Long", "java.lang.String"


def _no_call(name: str) -> str:
    nodes = "io.pebbletemplates.pebble.node."
    java = name if "." in name else f"{nodes}expression.{name}Expression"
    wanted = f"{nodes}FunctionOrMacroNameNode"
    places = f"{java} and {wanted} are in unnamed module of loader 'app'"
    return f"class {java} cannot be cast to class {wanted} ({places})"


@pytest.mark.parametrize(
    ("template", "message"),
    [
        # numbers of a template are longs, whatever takes them
        ("{{ 'a' | split(1) }}", _cast(LONG, TEXT)),
        ("{{ 'a' | substringBefore(1) }}", _cast(LONG, TEXT)),
        ("{{ 'a' | replace({'a': 'b'}, 1) }}", _cast(LONG, "java.lang.Boolean")),
        ("{{ 'a' | replace(1) }}", _cast(LONG, "java.util.Map")),
        # lists that cannot be changed
        ("{{ l | chunk(3) | sort }}", UNSUPPORTED),
        ("{{ l | chunk(3) | rsort }}", UNSUPPORTED),
        ("{{ l | chunk(2) | reverse }}", UNSUPPORTED),
        ("{{ [3] | keys | sort }}", UNSUPPORTED),
        ("{{ l | keys | slice(1) | sort }}", UNSUPPORTED),
        ("{{ mixed | sort }}", "Unsupported input type for sort filter ({{ mixed | sort }}:1)"),
        # nothing among the values of a map
        ("{{ 1 isIn {'a': null} }}", 'Cannot invoke "Object.toString()" because the return value of "java.util.Map$Entry.getValue()" is null'),
        # what is called has to be a name
        ("{{ (x ~ 1)(2) }}", _no_call("Concatenate")),
        ("{{ (x is not even)(2) }}", _no_call("NegativeTest")),
        ("{{ (-x)(2) }}", _no_call("UnaryMinus")),
        ("{{ 'a'(2) }}", _no_call("LiteralString")),
        ("{{ (x.y)(2) }}", _no_call("GetAttribute")),
        ("{{ f(1)(2) }}", _no_call("FunctionOrMacroInvocation")),
        ("{{ (x ?? 1)(2) }}", _no_call("io.kestra.core.runners.pebble.expression.NullCoalescingExpression")),
        # formats, numbers, zones
        ("{{ '%-d' | format() }}", "%-d"),
        ("{{ '%X' | format('x') }}", "x != java.lang.String"),
        ("{{ '12345678901234567890x' | number('BIGINTEGER') }}", 'For input string: "34567890x"'),
        ("{{ '' | number('BIGINTEGER') }}", "An empty string is not a valid number"),
        ("{{ '-' | number('BIGINTEGER') }}", "Zero length BigInteger"),
        ("{{ '1.2.3' | number }}", "Character array contains more than one decimal point."),
        ("{{ '.' | number('BIGDECIMAL') }}", "No digits found."),
        ("{{ '1e1.5' | number('BIGDECIMAL') }}", "Not a digit."),
        ("{{ '1e99999999999' | number('BIGDECIMAL') }}", "Too many nonzero exponent digits."),
        ("{{ '1.2.3' | number('DOUBLE') }}", "multiple points"),
        ("{{ '2024-01-01' | date('yyyy', '+19:00') }}", "Zone offset hours not in valid range: value 19 is not in the range -18 to 18"),
        ("{{ '2024-01-01' | date('yyyy', '+02:60') }}", "Zone offset minutes not in valid range: value 60 is not in the range -59 to 59"),
        ("{{ '2024-01-01' | date('yyyy', '-18:30') }}", "Zone offset not in valid range: -18:00 to +18:00"),
        ("{{ 'a' | replace({'a': '${'}, regexp=true) }}", "named capturing group has 0 length name"),
        ("{{ 'a' | replace({'a': '${x'}, regexp=true) }}", "named capturing group is missing trailing '}'"),
    ],
)  # fmt: skip
def test_failures(template: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        render(template, given())
    assert (
        str(caught.value).removeprefix("io.pebbletemplates.pebble.error.PebbleException: ")
        == message
    )


def test_an_array_is_a_key_of_its_own() -> None:
    text = render("{{ {words: 1, ('a' | split(',')): 2} }}", given())
    assert text.count("[Ljava.lang.String;@") == 2 and "unhashable" not in text
    assert render("{% set m = {words: 1} %}{{ m[words] }} {{ m | length }}", given()) == "1 1"
