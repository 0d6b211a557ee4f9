"""Programs of jq for values of every kind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

VARIABLES: dict[str, Any] = {
    "n0": None, "t": 'abc', "te": '', "tn": '5', "tf": '1.5', "td": '2024-01-02T03:04:05Z',
    "tj": '{"a":[1,2]}', "ts": 'a,b, c', "i": 5, "i0": 0, "im": -7, "big": 3000000000,
    "huge": 100000000000000000000, "f": 1.5, "fm": -0.5, "fb": 1e+300, "b": True, "bf": False, "l": [3, 1, 2],
    "le": [], "lt": ["b", "a", "b"], "ll": [[1, 2], [3, [4]]],
    "lm": [{"a": 1, "b": 2}, {"a": 3, "b": 1}, {"a": 1}], "lx": [None, True, 1, "x", [1], {"a": 1}],
    "m": {"a": 1, "b": "x"}, "me": {}, "mm": {"a": {"b": [1, {"c": 2}]}, "z": None},
    "kv": [{"key": "a", "value": 1}, {"k": "b", "v": 2}, {"name": "c", "Value": 3}], "u": 'äß€x',
    "num": [1, 2.5, -3], "tm": 1704164645, "bt": [2024, 0, 2, 3, 4, 5, 2, 1],
}  # fmt: skip

_PROGRAMS = (
    "length", "utf8bytelength", "not", "keys", "keys_unsorted", "values", "nulls", "booleans", "numbers",
    "strings", "arrays", "objects", "iterables", "scalars", "add", "any", "all", "flatten", "range(.)",
    "floor", "sqrt", "tostring", "tonumber", "type", "sort", "group_by(.)", "min", "max", "unique", "reverse",
    "contains(.)", "ascii_downcase", "ascii_upcase", "recurse", "recurse_down", "env|type", "transpose",
    "input_line_number", "tojson", "fromjson", "todate", "fromdate", "explode", "implode", "ascii", "@text",
    "@json", "@csv", "@tsv", "@html", "@uri", "@sh", "@base64", "@base64d", "to_entries", "from_entries",
    "first", "last", "isnan", "isinfinite", "isnormal", "infinite", "nan|isnan", "error", "halt_error",
    "paths", "leaf_paths", "tostream", "fromstream(tostream)", "truncate_stream(1;tostream)", 'getpath(["a"])',
    'ltrimstr("a")', 'rtrimstr("c")', 'startswith("a")', 'endswith("c")', 'split(",")', 'join(",")',
    'splits(",")', "combinations", "walk(.)", "halt", "input_filename", "$__loc__",
    "ltrimstr(1)", 'splits("a")', 'test("a")', 'match("a")', 'capture("(?<x>a)")', 'scan("[a-z]")',
    'sub("a";"z")', 'gsub("[a-z]";"z")', "limit(2;.[])", "first(.[])", "nth(1)", "nth(1;.[])", "isvalid(.a)",
    'indices("b")', 'index("b")', 'rindex("b")', 'inside("abcd")', 'has("a")', "has(0)", 'in({"a":1})',
    "map(.)", "map_values(.)", "map(.+1)", "path(..)", "del(.a)", "del(.[0])", 'delpaths([["a"]])',
    'setpath(["a"];1)', "with_entries(.)", "select(.)", "empty", "sort_by(.a)", "group_by(.a)", "min_by(.a)",
    "max_by(.a)", "unique_by(.a)", "any(.)", "all(.)", "any(.[];.)", "ceil", "round", "trunc", "fabs", "exp",
    "exp2", "exp10", "log", "log2", "log10", "pow(.;2)", "sin", "cos", "significand", "logb", "gamma",
    "lgamma", "tgamma", "cbrt", "mktime", "gmtime", "localtime", 'strftime("%Y-%m-%d")',
    'strptime("%Y-%m-%dT%H:%M:%SZ")', 'strflocaltime("%Y")', "todateiso8601", "fromdateiso8601",
    'dateadd("seconds";1)', 'datesub("seconds";1)', "date", "getpath([])", "limit(0;.[])", ".[1:]", ".[:1]",
    ".[-1:]", ".[1:2]", ".[0]", ".[-1]", ".a", ".a?", ".[]", ".[]?", "..", ".a.b", '.["a"]', ".[2:1]",
    ".[null:1]", ".[1.5]", ".[:-1]", "-(.)", ".+1", ".+.", ".-.", ".*2", ".*.", "./2", "./.", ".%3", ".%.",
    ".==.", ".!=.", ".<1", ".>=.", ".and true", ".or false", './/"d"', "if . then 1 else 2 end",
    "if . then 1 elif true then 2 else 3 end", 'try error("x") catch .', "try error catch .", ". as $x|$x",
    ". as [$a,$b]|$a", ". as {a:$x}|$x", "reduce .[]? as $x(0;.+1)", "foreach .[]? as $x(0;.+1;.)",
    "[limit(3;repeat(1))]", "[.[]?]", "{a:.}", "{(.|tostring):1}", '"x\\(.)y"', '@base64 "x\\(.)"',
    '@uri "x\\(.)"', '@csv "\\([.])"', "[range(3)]", "[range(0;10;3)]", "[range(5;0;-2)]", "ascii(65)",
    'splits("a";"g")', 'test("A";"i")', '[match("a";"g").offset]', 'sub("(?<x>a)";"\\(.x)!")', 'ltrimstr("x")',
    "tojson|fromjson", "input", "inputs", "debug", "stderr", 'getpath(["a","b"])', 'paths(type=="number")',
    "path(.a[0]?)", "[paths]", "to_entries?", ".a=1", ".a|=1", ".a+=1", ".[0]=9", ".[0]|=.+1", ".a//=3",
    ".[]+=1", ".[]?|=.", "del(.[])", "del(..)", "limit(1;.)", "label $f|1,break $f", "[.[]?|tostring]",
    "$ENV|type", "tojson|length", "ascii_downcase|length", '@json "v\\(.)"',
    'getpath(["x"])|.', 'splits(", *")', "min_by(.)", "error(null)", "[..]", "[.. | numbers]", "any(. == 1)",
    "unique_by(length)", "group_by(length)", "sort_by(length)", "map(length)", "add(.[])", "pick(.a)", "abs",
    "toarray", "have_literal_numbers", "getpath(1)", "ltrimstr", "trim", "ltrim", "rtrim", "splits",
    "limit(-1;.[])", "drem(.;2)", "ldexp(.;2)", "scalb(.;1)", "scalbln(.;1)", "nearbyint", "frexp", "modf",
    "atan2(.;1)", "fma(.;1;2)", "fmin(.;1)", "fmax(.;1)", "fmod(.;2)", "hypot(.;1)", "copysign(.;1)",
    '@sh "x \\(.)"', "implode?", "get_search_list", 'getpath(["a",0])', "env", "halt_error(1)", "IN(1,2)",
    "IN(.[];1)", "INDEX(.a)", "GROUP_BY(.a)", "UNIQUE_BY(.a)", 'walk(if type=="number" then .+1 else . end)',
    "limit(2;range(10))", "first(range(10))", "isempty(empty)", "isempty(.[])", 'error("a")?', 'splits("b")',
    "todate?", 'getpath(["l"])', '@text "a\\(.)"', 'gsub("";"-")', 'gsub("^";"x")', 'gsub("$";"x")',
    '[scan("(a)(b)")]', '[match("(x)?a";"g").captures]', 'test(["a","i"])', 'capture("(?<y>\\\\d+)")',
    'ltrimstr("ab")', '.[["a"]]', ".[[1]]", ".[{}]", 'index(",")', "indices(1)", "indices([1])",
    "index([1,2])", "inside([1,2,3])", 'contains("b")', 'contains(["b"])', "contains({a:1})", 'splits("x")',
    
)  # fmt: skip
_ENDLESS = {"range(.)": ("big", "huge", "fb", "tm")}
"""Programs that would make lists without an end of some values."""


def templates() -> Iterator[str]:
    """Each program for each value."""
    for program in _PROGRAMS:
        literal = program.replace("\\", "\\\\").replace("'", "\\'")
        for name in VARIABLES:
            if name not in _ENDLESS.get(program, ()):
                yield f"{{{{ {name} | jq('{literal}') }}}}"
