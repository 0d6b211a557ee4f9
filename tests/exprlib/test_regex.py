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
        (r"(?<=a|bb)c", "X", "bbc ac bc", "bbX aX bc"),
        (r"(?<!a|bb)c", "X", "bbc ac bc", "bbc ac bX"),
        (r"(?<=^|, |[|])(\w)", "$1!", "ab, cd|e", "a!b, c!d|e!"),
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


@pytest.mark.parametrize(
    ("regex", "said", "index"),
    [
        ("\\", "Unescaped trailing backslash", 1),
        ("a\\", "Unescaped trailing backslash", 2),
        ("[\\", "Unclosed character class", 2),
        (r"[a-", "Illegal character range", 3),
        ("[a-\\", "Illegal character range", 4),
        (r"[z-a]", "Illegal character range", 3),
        (r"[]", "Unclosed character class", 1),
        (r"[^]", "Unclosed character class", 2),
        (r"[[a]", "Unclosed character class", 3),
        (r"[a&&b", "Unclosed character class", 4),
        (r"a{", "Illegal repetition", 2),
        (r"a{2", "Unclosed counted closure", 3),
        (r"a{2,", "Unclosed counted closure", 4),
        (r"a{2,x}", "Unclosed counted closure", 4),
        (r"a{x}", "Illegal repetition", 2),
        (r"a{,2}", "Illegal repetition", 2),
        (r"a{99999999999}", "Illegal repetition range", 11),
        (r"a{1}*", "Dangling meta character '*'", 4),
        (r"{", "Illegal repetition", 1),
        (r"a|*", "Dangling meta character '*'", 2),
        (r"(*)", "Dangling meta character '*'", 1),
        (r"(?", "Unknown inline modifier", 2),
        (r"(?x", "Unknown inline modifier", 3),
        (r"(?<", "capturing group name does not start with a Latin letter", 3),
        (r"(?<1a>b)", "capturing group name does not start with a Latin letter", 3),
        (r"(?<a", "named capturing group is missing trailing '>'", 4),
        (r"(?<a>b", "Unclosed group", 6),
        (r"(?<a>b)(?<a>c)", "Named capturing group <a> is already defined", 11),
        (r"(?<=a", "Unclosed group", 5),
        (r"(?=", "Unclosed group", 3),
        (r"(?z)", "Unknown inline modifier", 2),
        (r"(?i", "Unknown inline modifier", 3),
        (r"(?i-", "Unknown inline modifier", 4),
        (r"(a", "Unclosed group", 2),
        (r"((a)", "Unclosed group", 4),
        (r"a)", "Unmatched closing ')'", 0),
        (r"a)b", "Unmatched closing ')'", 0),
        (r")", "Unmatched closing ')'", -1),
        (r"\k", "\\k is not followed by '<' for named capturing group", 2),
        (r"\k<", "capturing group name does not start with a Latin letter", 3),
        (r"\k<a", "named capturing group is missing trailing '>'", 4),
        (r"\k<a>", "named capturing group <a> does not exist", 4),
        (r"\p{", "Unclosed character family", 3),
        (r"\p{X", "Unclosed character family", 4),
        (r"\p{Foo}", "Unknown character property name {Foo}", 6),
        (r"\pX", "Unknown character property name {X}", 2),
        (r"\x", "Illegal hexadecimal escape sequence", 2),
        (r"\x1", "Illegal hexadecimal escape sequence", 3),
        (r"\x{", "Illegal hexadecimal escape sequence", 2),
        (r"\x{1", "Unclosed hexadecimal escape sequence", 4),
        (r"\x{zz}", "Illegal hexadecimal escape sequence", 2),
        (r"\u12", "Illegal Unicode escape sequence", 4),
        (r"\u", "Illegal Unicode escape sequence", 2),
        (r"\0", "Illegal octal escape sequence", 2),
        (r"\09", "Illegal octal escape sequence", 2),
        (r"\c", "Illegal control escape sequence", 1),
        (r"\y", "Illegal/unsupported escape sequence", 1),
        (r"\i", "Illegal/unsupported escape sequence", 1),
        (r"a**", "Dangling meta character '*'", 2),
        (r"a*?+", "Dangling meta character '+'", 3),
        (r"a?*", "Dangling meta character '*'", 2),
        (r"+", "Dangling meta character '+'", 0),
        (r"a|+", "Dangling meta character '+'", 2),
        (r"\b{x}", "Illegal repetition", 3),
        ("[a\\", "Unclosed character class", 3),
        (r"[\p{Foo}]", "Unknown character property name {Foo}", 7),
        (r"[\y]", "Illegal/unsupported escape sequence", 2),
        (r"[a-\d]", "Illegal character range", 4),
        (r"(?<n>x)\k<m>", "named capturing group <m> does not exist", 11),
        (r"(?(1)a)", "Unknown inline modifier", 2),
        (r"(?#c)", "Unknown inline modifier", 2),
        (r"(?P<n>a)", "Unknown inline modifier", 2),
        (r"[[:alpha:]", "Unclosed character class", 9),
        (r"(?:", "Unclosed group", 3),
        (r"(?>", "Unclosed group", 3),
        (r"(?!", "Unclosed group", 3),
        (r"x{2,1}", "Illegal repetition range", 5),
        (r"x{1,99999999999}", "Illegal repetition range", 13),
        (r"(?-i", "Unknown inline modifier", 4),
        (r"(?i)*", "Dangling meta character '*'", 4),
        (r"*a", "Dangling meta character '*'", 0),
        (r"?", "Dangling meta character '?'", 0),
        (r"ab(c", "Unclosed group", 4),
        (r"ab[c", "Unclosed character class", 3),
        (r"[a-b-c", "Unclosed character class", 5),
        (r"[a[b", "Unclosed character class", 3),
        (r"[a&&[b", "Unclosed character class", 5),
        (r"[^", "Unclosed character class", 1),
        (r"\E", "Illegal/unsupported escape sequence", 1),
        (r"|*", "Dangling meta character '*'", 1),
        (r"a|b)", "Unmatched closing ')'", 2),
        (r"()*)", "Unmatched closing ')'", 2),
    ],
)
def test_what_is_wrong_with_a_pattern(regex: str, said: str, index: int) -> None:
    """The message names the place of what was read last, and marks it in the pattern."""
    place = f" near index {index}" if index >= 0 else ""
    mark = "\n" + " " * index + "^" if 0 <= index < len(regex) else ""
    with pytest.raises(RawError) as error:
        translate(regex)
    assert str(error.value) == f"{said}{place}\n{regex}{mark}"


@pytest.mark.parametrize(
    ("regex", "text", "parts"),
    [
        (".*?", "abc", ["a", "b", "c"]),
        ("^|,", ",a,", [",a"]),
        ("(?=b)|b", "aabb", ["aa", "b", "b"]),
        ("x*", "abc", ["a", "b", "c"]),
        ("(?<=b)|c", "abc", ["ab", "c"]),
    ],
)
def test_behind_a_match_of_no_width_it_goes_on_with_the_next_character(
    regex: str, text: str, parts: list[str]
) -> None:
    assert patterns.split(regex, text) == parts


@pytest.mark.parametrize(
    ("regex", "text", "replaced"),
    [
        ("^|,", ",a,", "<>,a<,>"),
        ("x*", "abc", "<>a<>b<>c<>"),
        ("(?m)^", "", ""),
        ("(?m)^", "a\nb\n", "<>a\n<>b\n"),
    ],
)
def test_what_is_replaced_at_places_of_no_width(regex: str, text: str, replaced: str) -> None:
    assert patterns.replace_all(regex, "<$0>", text) == replaced
