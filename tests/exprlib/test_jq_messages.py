"""What `catch` of jq sees, and what no `try` catches: as executed on the engine."""

from typing import Any

import pytest

from flowrt.jq import JqError, run

MATCH, ARRAY = "_match_impl/3", "expected one of [ARRAY]"


@pytest.mark.parametrize(
    ("value", "program", "message"),
    [
        (1, "keys", "keys is not applicable to NUMBER; expected one of [OBJECT, ARRAY]"),
        ("a", "floor", "mathfunc is not applicable to STRING; expected one of [NUMBER]"),
        (1, "sort", f"sort_by is not applicable to NUMBER; {ARRAY}"),
        ({}, "unique", f"group_by is not applicable to OBJECT; {ARRAY}"),
        (None, "max_by(.a)", f"max_by is not applicable to NULL; {ARRAY}"),
        (1, "ascii_upcase", "explode is not applicable to NUMBER; expected one of [STRING]"),
        ("a", "implode", f"implode is not applicable to STRING; {ARRAY}"),
        ([1, "a"], "implode", "implode is not applicable to input which contains STRING; expected one of [NUMBER]"),
        ([3e10], "implode", "input to implode() must be a list of codepoints; NUMBER found"),
        (1, "has(0)", "has() is not applicable to NUMBER"),
        (1, "indices(0)", "indices is not applicable to NUMBER; expected one of [STRING, ARRAY, NULL]"),
        (1, "index(0)", "indices() is not applicable to NUMBER"),
        (1, 'pow("a"; 1)', "cannot accept STRING as 0th argument of pow/2; expected one of [NUMBER]"),
        (1, "atan2(1; null)", "cannot accept NULL as 1st argument of atan2/2; expected one of [NUMBER]"),
        (1, 'test("a")', f"{MATCH} is not applicable to NUMBER; expected one of [STRING]"),
        ("a", "splits(1)", f"cannot accept NUMBER as 1st argument of {MATCH}; expected one of [STRING]"),
        ("a", 'test("a"; 1)', f"cannot accept NUMBER as 2nd argument of {MATCH}; expected one of [STRING, NULL]"),
        (1, 'sub("a"; "b")', "_sub_impl/3 is not applicable to NUMBER; expected one of [STRING]"),
        ("a", 'sub("a"; "b"; 1)', "cannot accept NUMBER as 3rd argument of _sub_impl/3; expected one of [STRING]"),
        ("a", "@foo", "Formatting operator @foo does not exist"),
        ([{}], "@sh", "OBJECT cannot be escaped for shell"),
        ([1], "{(.[0]): 1}", "Cannot use number (1) as object key"),
        ([1], "first |= empty", "`|= empty` is undefined. See https://github.com/stedolan/jq/issues/897"),
        ([1], ". as {a: $x} | $x", "Cannot index array with string"),
        ([1], ". as {(1): $x} | $x", "Cannot index array with string"),
        ({}, ". as {(1): $x} | $x", "Cannot index object with number"),
        ("x", "todateiso8601", "todateiso8601 is not applicable to STRING; expected one of [NUMBER]"),
        (1, "fromdateiso8601", "fromdateiso8601 is not applicable to NUMBER; expected one of [STRING]"),
        ("2015-03-05T23:51:47.1Z", "fromdateiso8601", 'date "2015-03-05T23:51:47.1Z" does not match format "%Y-%m-%dT%H:%M:%SZ"'),
        ("x", "fromdateiso8601", "N/A"),
        ("x", "tonumber", "N/A"),
        (1, "fromjson", "number (1) only strings can be parsed"),
        (" ", "fromjson", 'failed to parse string (" ") as json; empty'),
        ("a", "fromjson", 'failed to parse string ("a") as json'),
        ("1 x", "fromjson", 'failed to parse string ("1 x") as json'),
        ("1 2", "fromjson", 'failed to parse string ("1 2") as json; trailing data'),
        ("[1] {", "fromjson", 'failed to parse string ("[1] {") as json; trailing data'),
    ],
)  # fmt: skip
def test_messages(value: Any, program: str, message: str) -> None:
    assert run(f"try ({program}) catch .", value) == [message]


BAD_UNIT, UNUSED = (
    "Input byte array has wrong 4-byte ending unit",
    "Last unit does not have enough valid bits",
)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("b*d", "Illegal base64 character 2a"),
        ("bé=", "Illegal base64 character -17"),
        ("b😀=", "Illegal base64 character 3f"),
        ("YQ===", "Input byte array has incorrect ending byte at 4"),
        ("YQ=a", BAD_UNIT),
        ("YQ=", BAD_UNIT),
        ("YWJj=", BAD_UNIT),
        ("Y", "Input byte[] should at least have 2 bytes for base64 bytes"),
        ("=", "Input byte[] should at least have 2 bytes for base64 bytes"),
        ("YWJjZ", UNUSED),
        ("YWJjZ=", UNUSED),
    ],
)  # fmt: skip
def test_texts_that_are_no_base64(text: str, fault: str) -> None:
    found = run("try @base64d catch .", text)
    assert found == [f'string ("{text}") is not valid base64 data: {fault}']


@pytest.mark.parametrize(
    ("program", "results"),
    [
        # what follows is within the guard of whoever made the text
        ('[.[] | try (tostring | error("x")) catch .]', [["N/A", "N/A"]]),
        ('[.[] | tostring | try error("x") catch .]', [["x", "x"]]),
        ("first(.[] | tostring)", None),
        ("limit(1; .[] | tojson)", None),
        ("any(.[] | @text; true)", None),
        ("limit(3; .[] | tostring)", ["1", "2"]),
        ("first(.[] | tostring | tostring)", None),
        ('first("a", "b" | tostring)', ["a"]),
        ("first(.[] | @base64)", ["MQ=="]),
        ('first(.[] | "\\(.)")', ["1"]),
        ("any(.[]; tostring == \"1\")", [True]),
        # no failures of jq
        ('try test("(") catch 1', [1]),
        ('"a" | try test("(") catch 1', None),
        ('("a" | test("("))?', None),
        ("try ..? catch 1", None),
        ("[(..)?]", [[[1, 2], 1, 2]]),
        ("[pow(.[]; .[])]", [[1, 1, 2, 4]]),
        ('["2015-03-05T23:51:47Z", "1969-12-31T23:59:59Z"] | map(fromdateiso8601)', [[1425599507, -1]]),
        ('"\\([1e10, 3.0 + 0, 0.5, "é", null, {a: 1e-7}]) \\(1e10) \\(null) \\(nan) \\([nan])"',
         ['[1.0E10,3,0.5,"é",null,{"a":1.0E-7}] 1.0E10 null NaN ["NaN"]']),
        ("builtins | length", [159]),
        ("builtins | .[9:12], .[-1:]", [["_flatten/1", "_match_impl/3", "_modify/2"], ["with_entries/1"]]),
    ],
)  # fmt: skip
def test_what_is_guarded(program: str, results: list[Any] | None) -> None:
    if results is None:
        with pytest.raises(JqError):
            run(program, [1, 2])
    else:
        assert run(program, [1, 2]) == results
