"""The functions of jq that are defined in jq itself."""

#: name and number of arguments: the parameters, separated by `;`, and the body
DEFINED = {
    "@text/0": ("", "tostring"),
    "@json/0": ("", "tojson"),
    "paths/0": ("", "paths(. != null)"),
    "leaf_paths/0": ("", "paths(scalars)"),
    "del/1": ("f", "delpaths([path(f)])"),
    "arrays/0": ("", 'select(type == "array")'),
    "booleans/0": ("", 'select(type == "boolean")'),
    "nulls/0": ("", 'select(type == "null")'),
    "objects/0": ("", 'select(type == "object")'),
    "numbers/0": ("", 'select(type == "number")'),
    "strings/0": ("", 'select(type == "string")'),
    "finites/0": ("", "select(isfinite)"),
    "normals/0": ("", "select(isnormal)"),
    "values/0": ("", "booleans, numbers, strings, arrays, objects"),
    "iterables/0": ("", "arrays, objects"),
    "scalars/0": ("", "nulls, booleans, numbers, strings"),
    "isfinite/0": ("", 'type == "number" and (isinfinite | not)'),
    "add/0": ("", "reduce .[] as $i (null; . + $i)"),
    "min/0": ("", "min_by(.)"),
    "max/0": ("", "max_by(.)"),
    "sort/0": ("", "sort_by(.)"),
    "unique/0": ("", "group_by(.) | map(.[0])"),
    "unique_by/1": ("f", "group_by(f) | map(.[0])"),
    "with_entries/1": ("f", "to_entries | map(f) | from_entries"),
    "map_values/1": ("f", ".[] |= f"),
    "recurse/0": ("", "recurse(.[]?)"),
    "recurse/1": ("f", "def r: ., (f | select(. != null) | r); r"),
    "recurse/2": ("f;c", "def r: ., (f | select(c) | r); r"),
    "recurse_down/0": ("", "recurse"),
    "first/0": ("", ".[0]"),
    "last/0": ("", ".[-1]"),
    "first/1": ("g", "label $out | g | ., break $out"),
    "last/1": ("g", "reduce g as $i (null; $i)"),
    "nth/1": ("n", "n as $n | .[$n]"),
    "nth/2": (
        "n;g",
        'n as $n | if $n < 0 then error("nth doesn\'t support negative indices") '
        "else last(limit($n + 1; g)) end",
    ),
    "limit/2": (
        "$n;f",
        "if $n < 0 then f else label $out | foreach f as $i ([$n, null]; "
        "if .[0] < 1 then break $out else [.[0] - 1, $i] end; .[1]) end",
    ),
    "until/2": ("c;f", "def u: if c then . else (f | u) end; u"),
    "while/2": ("c;f", "def w: if c then ., (f | w) else empty end; w"),
    "any/0": ("", "any(.)"),
    "any/1": ("c", "any(.[]; c)"),
    "any/2": (
        "g;c",
        "[label $out | foreach g as $i (false; if . then break $out elif $i | c then true "
        "else . end; if . then . else empty end)] | length == 1",
    ),
    "all/0": ("", "all(.)"),
    "all/1": ("c", "all(.[]; c)"),
    "all/2": (
        "g;c",
        "[label $out | foreach g as $i (true; if . | not then break $out elif $i | c then . "
        "else false end; if . | not then . else empty end)] | length == 0",
    ),
    "flatten/0": ("", "_flatten(-1)"),
    "flatten/1": (
        "$x",
        'if $x < 0 then error("flatten depth must not be negative") else _flatten($x) end',
    ),
    "_flatten/1": (
        "$x",
        'reduce .[] as $i ([]; if $i | type == "array" and $x != 0 '
        "then . + ($i | _flatten($x - 1)) else . + [$i] end)",
    ),
    "transpose/0": (
        "",
        "if . == [] then [] else . as $in | (map(length) | max) as $max | length as $length "
        "| reduce range(0; $max) as $j ([]; "
        ". + [reduce range(0; $length) as $i ([]; . + [$in[$i][$j]])]) end",
    ),
    "in/1": ("xs", ". as $x | xs | has($x)"),
    "inside/1": ("xs", ". as $x | xs | contains($x)"),
    "combinations/0": (
        "",
        "if length == 0 then [] else .[0][] as $x | (.[1:] | combinations) as $w | [$x] + $w end",
    ),
    "combinations/1": ("n", ". as $dot | [range(n) | $dot] | combinations"),
    "walk/1": (
        "f",
        '. as $in | if type == "object" then reduce keys[] as $k ({}; '
        '. + {($k): ($in[$k] | walk(f))}) | f elif type == "array" then map(walk(f)) | f '
        "else f end",
    ),
    "ascii_downcase/0": (
        "",
        "explode | map(if 65 <= . and . <= 90 then . + 32 else . end) | implode",
    ),
    "ascii_upcase/0": (
        "",
        "explode | map(if 97 <= . and . <= 122 then . - 32 else . end) | implode",
    ),
    "match/1": ("$v", "_flagged($v) as [$r, $m] | match($r; $m)"),
    "match/2": ("re;m", "_match_impl(re; m; false) | .[]"),
    "test/1": ("$v", "_flagged($v) as [$r, $m] | test($r; $m)"),
    "test/2": ("re;m", "_match_impl(re; m; true)"),
    "capture/1": ("$v", "_flagged($v) as [$r, $m] | capture($r; $m)"),
    "capture/2": (
        "re;m",
        "match(re; m) | reduce (.captures | .[] | select(.name != null) "
        "| {(.name): .string}) as $pair ({}; . + $pair)",
    ),
    "_flagged/1": (
        "$v",
        '($v | type) as $t | if $t == "string" then [$v, null] '
        'elif $t == "array" and ($v | length) > 1 then $v[0:2] '
        'elif $t == "array" and ($v | length) > 0 then [$v[0], null] '
        'else error($t + " not a string or array") end',
    ),
    "scan/1": ("re", 'scan(re; "")'),
    "scan/2": (
        "re;m",
        'match(re; m + "g") | if (.captures | length > 0) '
        "then [.captures | .[] | .string] else .string end",
    ),
    "splits/1": ("$re", "splits($re; null)"),
    "splits/2": (
        "$re;m",
        '. as $s | [match($re; "g" + m) | (.offset, .offset + .length)] '
        "| [0] + . + [$s | length] | _nwise(2) | $s[.[0]:.[1]]",
    ),
    "split/2": ("$re;m", "[splits($re; m)]"),
    "_nwise/1": ("$n", "_nwise(.; $n)"),
    "_nwise/2": (
        "a;$n",
        "if a | length <= $n then a else a[0:$n], _nwise(a[$n:]; $n) end",
    ),
    "sub/2": ("$re;s", '_sub_impl($re; s; "")'),
    "sub/3": ("$re;s;m", "_sub_impl($re; s; m)"),
    "gsub/2": ("$re;s", '_sub_impl($re; s; "g")'),
    "gsub/3": ("$re;s;m", '_sub_impl($re; s; m + "g")'),
}
