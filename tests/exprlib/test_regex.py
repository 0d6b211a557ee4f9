"""Java's regular expressions."""

import pytest

from flowrt.java import limits
from flowrt.java.errors import RawError
from flowrt.java.regex import patterns
from flowrt.java.regex.translate import translate


@pytest.mark.parametrize(
    "regex, text, parts",
    [
        (",", "a,b,,c,,", ["a", "b", "", "c"]),
        ("", "abc", ["a", "b", "c"]),
        (".", "a.b", []),
        ("[a-c&&[^b]]", "1a2b3c4", ["1", "2b3", "4"]),
        ("[a[b-c]]", "1a2b3c4", ["1", "2", "3", "4"]),
        (r"\Q.\E", "a.b", ["a", "b"]),
        ("a(?i)b|c", "aBzCzab", ["", "z", "z"]),
        (r"\h+", "a \tb", ["a", "b"]),
        ("(?>a+)b", "aaab", []),
        (r"\p{IsAlphabetic}", "1é2", ["1", "2"]),
        (r"\p{Punct}", "a!b-c", ["a", "b", "c"]),
    ],
)
def test_split(regex: str, text: str, parts: list[str]) -> None:
    assert patterns.split(regex, text) == parts


def test_split_with_a_limit() -> None:
    assert patterns.split(",", "a,b,c", 2) == ["a", "b,c"]
    assert patterns.split(",", "a,,", -1) == ["a", "", ""]


@pytest.mark.parametrize(
    "regex, replacement, text, result",
    [
        (r"(\d)", "-$1-", "a1b", "a-1-b"),
        (r"(?<x>\d)", "<${x}>", "a1", "a<1>"),
        ("a", r"\$1", "bab", "b$1b"),
        ("(a)", "$12", "bab", "ba2b"),
        ("x*", "-", "axb", "-a--b-"),
        ("(?i)É", "x", "éÉ", "éx"),
    ],
)
def test_replace(regex: str, replacement: str, text: str, result: str) -> None:
    assert patterns.replace_all(regex, replacement, text) == result


@pytest.mark.parametrize("regex", ["(", "[", "*", "a{", r"\y", "[z-a]", ")", r"\b{g}"])
def test_refused(regex: str) -> None:
    with pytest.raises(RawError):
        patterns.compiled(regex)


def test_bad_replacements() -> None:
    for replacement in ("$1", "$", "\\", "${q}"):
        with pytest.raises(RawError):
            patterns.replace_all("a", replacement, "a")


def test_hostile_patterns_are_recognized() -> None:
    assert translate("(a+)+$").nested
    assert translate("(a|a)*b").nested
    assert translate("(.*a){30}").nested
    assert translate("(.*a){2,}").nested
    assert translate("(a?){40}a{40}").nested
    assert not translate("(a?b)*").nested
    assert not translate("(a+b){2}").nested
    assert not translate("[0-9]{4}").nested
    assert not translate(r"\d+-\d+").nested
    assert not translate("(?:a++)+").nested


def test_a_hostile_pattern_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "seconds", lambda: 0.5)
    with pytest.raises(RawError, match="takes more than"):
        patterns.matches("(a+)+$", "a" * 40 + "!")


def test_a_suspicious_pattern_still_works() -> None:
    assert patterns.split("(,+)+", "a" * 30 + ",,b") == ["a" * 30, "b"]
