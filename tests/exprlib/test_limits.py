"""Expressions that would take too much time or memory fail, with a code."""

from collections.abc import Iterator

import pytest

from flowrt.expr.context import Context
from flowrt.expr.render import render_text
from flowrt.formats.jsonread import parse_json
from flowrt.java import limits
from flowrt.java.errors import ExpressionError
from flowrt.java.limits import LimitExceeded, check_shape


def render(template: str) -> str | None:
    variables = {"a": "a" * 40 + "!", "list": [1, 2, 3], "long": list(range(5000))}
    return render_text(template, Context(variables))


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A megabyte, and hardly any time."""
    monkeypatch.setenv(limits.MEMORY, "1")
    monkeypatch.setenv(limits.SECONDS, "0.02")
    limits.megabytes.cache_clear()
    limits.seconds.cache_clear()
    yield
    limits.megabytes.cache_clear()
    limits.seconds.cache_clear()


DOUBLED = "{% set x = X %}{% for i in range(1, 60) %}{% set x = Y %}{% endfor %}"


@pytest.mark.parametrize(
    "template",
    [
        "{{ range(0, 1000000000000) }}",
        "{{ '%999999999d' | format(1) }}",
        "{{ '%0999999999d' | format(1) }}",
        "{{ '%.999999999f' | format(1.5) }}",
        "{{ 'a\nb' | indent(1000000000) }}",
        "{{ {} | jq('[range(1e12)]') }}",
        "{{ {} | jq('range(1e12)') }}",
        "{{ {} | jq('\"x\" * 10000000000') }}",
        "{% for i in range(1, 10000) %}{% for j in range(1, 10000) %}{{ j }}{% endfor %}{% endfor %}",
        DOUBLED.replace("X", "[1]").replace("Y", "x + x") + "{{ x | length }}",
        DOUBLED.replace("X", "[1]").replace("Y", "x | merge(x)"),
        DOUBLED.replace("X", "[1]").replace("Y", "[x, x]") + "{{ x }}",
        DOUBLED.replace("X", "{'a': 1}").replace("Y", "{'a': x, 'b': x}") + "{{ x | toJson }}",
        DOUBLED.replace("X", "'x'").replace("Y", "x ~ x") + "{{ x }}",
        DOUBLED.replace("X", "'x'").replace("Y", "x | replace({'x': 'xx'})"),
        DOUBLED.replace("X", "'x'").replace("Y", "x | replace({'x': 'xx'}, regexp=true)"),
        DOUBLED.replace("X", "'x'").replace("Y", "[x, x] | join(x)"),
        DOUBLED.replace("X", "'x'").replace("Y", "'%s%s' | format(x, x)"),
        DOUBLED.replace("X", "'x'").replace("Y", "x | base64encode"),
        DOUBLED.replace("X", "'x'").replace("Y", "(x ~ x) | urlencode"),
        DOUBLED.replace("X", "'\"'").replace("Y", "x | toJson"),
        DOUBLED.replace("X", "'\"'").replace("Y", "x | toIon"),
        DOUBLED.replace("X", "'x'").replace("Y", "(x ~ x) | yaml"),
        DOUBLED.replace("X", '"\'"').replace("Y", "x | escapeChar('shell')"),
        DOUBLED.replace("X", "'\n'").replace("Y", "x ~ x | nl2br"),
        DOUBLED.replace("X", "[1]").replace("Y", "[x, x] | flatten"),
        DOUBLED.replace("X", "['x']").replace("Y", "x + x") + "{{ x | join(',') }}",
        DOUBLED.replace("X", "'x'").replace("Y", "[x] | jq('.[0] + .[0]') | first"),
        DOUBLED.replace("X", "[1]").replace("Y", "x | jq('. + .') | first"),
        DOUBLED.replace("X", "'x'").replace("Y", "[x] | jq('[.[0], .[0]] | join(\"-\")') | first"),
        DOUBLED.replace("X", "'x'").replace("Y", "[x] | jq('.[0] | @sh') | first"),
        DOUBLED.replace("X", "'x'").replace("Y", "[x] | jq('.[0] | tojson') | first"),
        DOUBLED.replace("X", "'x'").replace("Y", "[x] | jq('\"\\(.[0])\\(.[0])\"') | first"),
        "{{ '1E1000000000' | number }}",
        "{{ '1E-1000000000' | number('BIGDECIMAL') }}",
        "{{ range(0, fromIon('1d1000000000')) }}",
        "{{ [] | jq('.[40000000] = 1') }}",
        "{{ [] | jq('reduce range(99) as $i ([1]; [., .])') }}",
        "{{ [] | jq('reduce range(99) as $i ([1]; [., .]) | tojson') }}",
    ],
)
def test_too_much_memory(template: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(limits.SECONDS, "60")
    limits.seconds.cache_clear()
    with pytest.raises(LimitExceeded, match=r"^FX101: .* 1 MB"):
        render(template)


@pytest.mark.parametrize(
    "template",
    [
        "{{ {} | jq('reduce range(1e12) as $i (0; . + 1)') }}",
        "{{ {} | jq('last(range(1e12))') }}",
        "{% for i in range(1, 9000) %}{% for j in range(1, 9000) %}{% endfor %}{% endfor %}",
        "{{ a | replace({'(a+)+$': 'b'}, regexp=true) }}",
        "{{ a | split('(a+)+$') }}",
        "{% macro f(n) %}{% if n > 0 %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}",
        "{% for i in range(1, 60) %}{% set x = list | jq('last(range(1e12))') ?? 1 %}{% endfor %}",
        "{{ long | jq('. - .') }}",
        "{{ long | jq('map(0) | index(.[2500:])') }}",
        "{{ long | jq('inside(.)') }}",
        "{{ [] | jq('reduce range(99) as $i ([1]; [., .]) | . == .') }}",
        "{{ a | split('(a?){40}a{40}') }}",
        "{{ a | split('(.*a){30}') }}",
        "{% set x = {'a': 1} %}{% for i in range(1, 60) %}"
        "{% set x = {'a': x} | jq('{a: .a, b: .a}') | first %}{% endfor %}",
    ],
)
def test_too_much_time(template: str) -> None:
    with pytest.raises(LimitExceeded, match=r"^FX102: .* 0.02 s"):
        render(template)


@pytest.mark.parametrize(
    "template",
    [
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% set x = [] %}{% for i in range(1, 3000) %}{% set x = [x] %}{% endfor %}{{ x }}",
    ],
)
def test_too_deep(template: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(limits.SECONDS, "60")
    limits.seconds.cache_clear()
    with pytest.raises(LimitExceeded, match=r"^FX103: "):
        render(template)


def test_an_expression_has_its_time_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of its loops, programs and regular expressions takes from the same time, and the next one begins anew."""
    now = iter(range(1000))
    monkeypatch.setattr(limits, "monotonic", lambda: float(next(now)))
    monkeypatch.setenv(limits.SECONDS, "10")
    limits.seconds.cache_clear()
    loop = "{% for i in list %}{% endfor %}"
    for _ in range(5):
        assert render(loop) is None
    with pytest.raises(LimitExceeded, match=r"^FX102: .* 10 s"):
        render(loop * 5)


@pytest.mark.parametrize(
    "template",
    [
        f"{{{{ '{'9' * 5000}' | number }}}}",
        f"{{{{ '0x{'f' * 3900}' | number }}}}",
        f"{{{{ fromIon('[{'9' * 5000}]') }}}}",
        f"{{{{ fromIon('0x{'f' * 3900}') }}}}",
    ],
)
def test_whole_numbers_that_nobody_could_print(template: str) -> None:
    with pytest.raises(LimitExceeded, match=r"^FX104: whole numbers have at most 4000 digits"):
        render(template)


# How many digits are counted is recorded: of a fraction too, and one less where Jackson reads to the end of the text.
@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("9" * 1000, 0),
        ("9" * 1001, 1001),
        ("-" + "9" * 1000, 0),
        ("-" + "9" * 1001, 1001),
        ("9" * 5000, 5000),
        (f'{{"a": [1, -{"9" * 5000}]}}', 5000),
        ("9" * 1000 + ".0", 0),
        ("9" * 1001 + ".0", 1001),
        (f"[{'9' * 1000}.0]", 1001),
        ("0." + "9" * 1000, 0),
        ("[0." + "9" * 1000 + "]", 0),
        ("[0." + "9" * 1001 + "]", 1001),
        ("9" * 600 + "." + "9" * 600, 1199),
        ("1." + "9" * 998 + "e1", 0),
        ("1." + "9" * 999 + "e1", 1001),
        ("1e" + "0" * 1200 + "1", 1201),
        (f'["{"9" * 5000}"]', 0),
        ("9 " * 2000, 0),
    ],
)
def test_numbers_that_the_engine_does_not_read(text: str, size: int) -> None:
    if not size:
        assert parse_json(text) is not None
        return
    with pytest.raises(ExpressionError) as caught:
        parse_json(text)
    assert caught.value.message == (
        f"Number value length ({size}) exceeds the maximum allowed (1000, from "
        "`StreamReadConstraints.getMaxNumberLength()`)"
    )


def test_no_operator_rescues() -> None:
    with pytest.raises(LimitExceeded):
        render("{{ range(0, 1000000000000) ?? 1 }}")
    with pytest.raises(LimitExceeded):
        render("{{ range(0, 1000000000000) | default(1) }}")


def test_what_is_large_but_fits() -> None:
    assert render("{{ range(1, 10000) | length }}") == "10000"
    assert render("{% for i in range(1, 500) %}{% set l = [i] %}{% endfor %}ok") == "ok"
    nested: list[object] = [1]
    for _ in range(200):
        nested = [nested, 2]
    check_shape(nested)
