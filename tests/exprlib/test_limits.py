"""Expressions that would take too much time or memory fail, with a code."""

from collections.abc import Iterator

import pytest

from flowrt.expr.context import Context
from flowrt.expr.render import render_text
from flowrt.java import limits
from flowrt.java.limits import LimitExceeded, check_shape


def render(template: str) -> str | None:
    return render_text(template, Context({"a": "a" * 40 + "!", "list": [1, 2, 3]}))


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
