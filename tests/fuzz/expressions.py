"""Templates from a grammar over typed values: `python tests/fuzz/expressions.py SEED COUNT OUT.jsonl`.

Every template is well-formed; most mean something, some fail on purpose (a filter for the wrong kind, a name that is
not there). A line of the result is `{"id", "template", "variables", "typed"}`. What the engine answered to them is kept
in `tests/recorded/grammar.jsonl.xz`, which `tests/exprlib/test_grammar.py` compares.
"""

from __future__ import annotations

import json
import random
import sys

VARIABLES = {
    "i": 5, "neg": -3, "zero": 0, "big": 3000000000, "huge": {"n": 9007199254740993},
    "d": 1.5, "dn": -0.25, "s": "hello world", "S": "Ünï Cødé ß", "e": "", "sp": "  x ", "num": "42", "numd": "3.75",
    "t": True, "f": False, "nul": None,
    "date": "2024-03-05T06:08:09Z", "date2": "2024-12-31T23:59:59.123456+02:00", "day": "2024-02-29",
    "epoch": 1709618889,
    "l": [3, 1, 2], "ls": ["b", "a", "c"], "le": [], "ln": [1, None, "x"], "ll": [[1, 2], [3]],
    "lm": [{"k": "a", "v": 1}, {"k": "b", "v": 2}],
    "m": {"a": 1, "b": "two", "c": None}, "me": {},
    "mm": {"x": {"y": {"z": [1, {"w": 2.5}]}}, "n": None, "arr": [1, 2, 3]},
    "json": '{"a":[1,2,{"b":null}],"c":1.50}', "csv": "a,b,c", "md": "line1\nline2\n", "path": "/a/b/c.txt",
    "b64": "aGVsbG8=", "html": "<b>&amp;</b>",
}  # fmt: skip
"""The context of every template."""

PATHS = {
    "int": ["i", "neg", "zero", "big", "huge.n", "epoch", "lm[0].v", "mm.arr[1]"],
    "double": ["d", "dn", "mm.x.y.z[1].w"],
    "text": ["s", "S", "e", "sp", "num", "numd", "csv", "md", "path", "b64", "html", "json", "m.b", "lm[1].k"],
    "bool": ["t", "f"],
    "null": ["nul", "m.c", "mm.n"],
    "date": ["date", "date2", "day"],
    "list": ["l", "ls", "le", "ln", "ll", "lm", "mm.arr", "mm.x.y.z"],
    "map": ["m", "me", "mm", "mm.x", "lm[0]", "huge"],
    "missing": ["nope", "m.zz", "mm.q.r", "l[9]"],
}  # fmt: skip
LITERALS = {
    "int": ["0", "1", "2", "-1", "10", "2147483648", "9999999999"],
    "double": ["0.5", "1.0", "-2.25", "100.10"],
    "text": ["'a'", "'x,y'", "''", "'12'", "' b '", "'é'", "'a\\'b'", "'%s-%d'"],
    "bool": ["true", "false"],
    "null": ["null"],
    "date": ["'2024-01-31T10:00:00Z'", "'2023-12-25'", "'1999-07-01T00:00:00.5-05:00'"],
    "list": ["[1,2,3]", "['a',1,null]", "[]", "[[1],[2]]"],
    "map": ["{'a':1}", "{'k':'v','n':{'z':1}}", "{}"],
    "decimal": ["fromIon('1.50')", "fromIon('-0.003')", "fromIon('123456789012345678901234.5')"],
    "instant": [
        "fromIon('2024-03-05T06:08:09Z')",
        "fromIon('LocalDate::\"2024-02-29\"')",
        "fromIon('ZonedDateTime::\"2024-03-31T01:30:00+01:00[Europe/Paris]\"')",
        "fromIon('LocalDateTime::\"2024-03-05T06:08:09.25\"')",
    ],
    "missing": ["nul"],
}  # fmt: skip
_PRINTED = ["toJson", "toIon", "className"]
FILTERS: dict[str, dict[str, list[str]]] = {
    "text": {
        "text": [
            "upper", "lower", "capitalize", "title", "trim", "base64encode", "urlencode", "urldecode", "slugify", "md5",
            "abbreviate(5)", "abbreviate(20)", "replace({'a':'b','l':'L'})", "replace({'[a-c]':'_'}, regexp=true)",
            "replace({'(\\\\w)o':'$1$1'}, regexp=true)", "substringBefore(',')", "substringAfter('o')",
            "substringBeforeLast('/')", "substringAfterLast('/')", "indent(2)", "nindent(3,'>')", "nl2br",
            "escapeChar('double')", "escapeChar('shell')", "default('dd')", "format('x', 3)", "sha1", "sha256",
        ],
        "int": ["length", "className | length"],
        "list": ["split(',')", "split('')", "split('o',2)", "split('[aeiou]+')"],
        "bool": ["startsWith('h')", "endsWith('d')"],
        "double": ["number", "number('DOUBLE')", "number('INT')", "number('BIGDECIMAL')"],
        "any": ["jq('.')", "jq('.a')", "first", "last", "reverse", "join('-')", "json", "yaml", *_PRINTED],
    },
    "int": {
        "int": ["abs"],
        "text": [
            "numberFormat('#,##0.00')", "numberFormat('000')", "date('yyyy-MM-dd')", "numberFormat('0.###E0')",
            "date('iso')", *_PRINTED,
        ],
        "any": ["length", "first", "default(7)", "upper"],
    },
    "double": {
        "double": ["abs"],
        "text": [
            "numberFormat('0.0')", "numberFormat('#,###.##%')", "numberFormat('¤#,##0.0', locale='de')",
            "numberFormat('00.00;(0)')", *_PRINTED,
        ],
        "any": ["length"],
    },
    "decimal": {
        "double": ["abs"],
        "text": ["numberFormat('0.00')", "upper", *_PRINTED],
        "any": ["length", "default(1)"],
    },
    "list": {
        "list": [
            "sort", "rsort", "reverse", "distinct", "slice(0,2)", "slice(1)", "merge([9])", "flatten", "chunk(2)",
            "keys", "values",
        ],
        "int": ["length"],
        "text": ["join(',')", "join", "first", "last", *_PRINTED],
        "any": [
            "first", "last", "max", "min", "jq('.[0]')", "jq('map(.)')", "jq('length')", "jq('add')", "jq('sort')",
            "jq('.[] | tostring')", "jq('to_entries')", "jq('[.[] | type]')",
        ],
    },
    "map": {
        "map": ["merge({'q':9})"],
        "list": ["keys", "values"],
        "text": ["yaml", *_PRINTED],
        "int": ["length"],
        "any": [
            "jq('.a')", "jq('keys')", "jq('to_entries')", "jq('.. | numbers')", "first", "jq('map_values(.)')",
            "jq('del(.a)')", "jq('[paths]')", "jq('.x?.y?')", "jq('has(\"a\")')",
        ],
    },
    "date": {
        "text": [
            "date('yyyy-MM-dd HH:mm:ss')", "date('EEEE, d MMM yyyy', timeZone='Europe/Paris')", "date('iso')",
            "date('iso_zoned_date_time')", "date('QQQ w u G', locale='fr')", "dateAdd(1,'DAYS')",
            "dateAdd(-3,'MONTHS')", "dateAdd(90,'MINUTES', timeZone='America/New_York')",
            "dateAdd(1,'YEARS', format='yyyy')", "timestamp", "timestampMilli", "timestampMicro", "timestampNano",
            "date('S SSS n A')", "date('hh:mm a z VV xxx')", "date('LLLL yy D e', locale='de')", "date('zzzz O', timeZone='Asia/Tokyo')",
        ],
        "any": ["upper", "length", "className"],
    },
    "instant": {
        "text": [
            "date('yyyy-MM-dd HH:mm')", "dateAdd(1,'WEEKS')", "date('iso', timeZone='Asia/Kolkata')", "timestamp",
            "upper", *_PRINTED,
        ],
        "any": ["length", "default(1)"],
    },
    "bool": {"text": ["upper", *_PRINTED], "any": ["length", "default(1)"]},
    "null": {
        "any": [
            "default('x')", "upper", "length", "toJson", "first", "join(',')", "date('yyyy')", "abs", "merge([1])",
            "className", "jq('.')", "keys", "sort", "trim", "numberFormat('0')",
        ],
    },
    "missing": {"any": ["default('x')", "upper", "toJson", "default(nul)", "length"]},
}  # fmt: skip
"""The kind that is filtered → the kind that comes out → filters."""

MEMBERS = {
    "text": ["length()", "toUpperCase()", "substring(1)", "isEmpty()", "indexOf('l')", "contains('o')", "trim()"],
    "list": ["size()", "isEmpty()", "get(0)", "contains(1)", "indexOf('a')", "getFirst()", "subList(0, 1)"],
    "map": ["size()", "keySet()", "get('a')", "containsKey('a')", "getOrDefault('zz', 1)", "entrySet()"],
}  # fmt: skip
KINDS = list(PATHS)
VALUES = KINDS[:8]


class Grammar:
    """Makes templates, always the same ones for a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def template(self) -> tuple[str, bool]:
        """A template, and whether its value is asked for with its kind."""
        chance = self._random.random()
        inner = self.expression(self._pick(VALUES), self._pick([0, 1, 1, 2, 2, 3]))
        if chance < 0.68:
            return f"{{{{ {inner} }}}}", self._random.random() < 0.3
        if chance < 0.76:
            other = self.value(self._pick(KINDS), 1)
            return f"a {{{{ {inner} }}}} b {{{{ {other} }}}}", self._random.random() < 0.3
        if chance < 0.84:
            return (
                f"{{% if {self.condition(1)} %}}{{{{ {inner} }}}}{{% else %}}no{{% endif %}}",
                False,
            )
        if chance < 0.90:
            items = self.value(self._pick(["list", "list", "map"]), 1)
            body = "{{ loop.index }}:{{ x }}{% if not loop.last %},{% endif %}"
            return f"{{% for x in {items} %}}{body}{{% endfor %}}", False
        if chance < 0.95:
            macro = (
                f"{{% macro f(a, b=2) %}}<{{{{ a }}}}-{{{{ b }}}}>{{% endmacro %}}{{{{ f({inner})"
            )
            return (
                f"{macro}{self._pick(['', ' | upper', ' | length', ' | split(`-`)'])} }}}}".replace(
                    "`", "'"
                ),
                False,
            )
        return f"{{% set q = {inner} %}}{{{{ q }}}}|{{{{ q | className }}}}", False

    def value(self, kind: str, depth: int) -> str:
        """Something of a kind: a path, a literal or an expression."""
        chance = self._random.random()
        if depth > 0 and chance < 0.38:
            return self.expression(kind, depth - 1)
        if chance < 0.75 and kind in PATHS:
            return self._pick(PATHS[kind])
        return self._pick(LITERALS[kind])

    def expression(self, kind: str, depth: int) -> str:
        """What probably gives a value of a kind."""
        chance = self._random.random()
        if chance < 0.5:
            return self._filtered(kind, depth)
        if chance < 0.64:
            left, right = (self._pick(["int", "double", "text", "int", "decimal"]) for _ in "ab")
            if self._random.random() < 0.15:
                left = self._pick(KINDS)
            operator = self._pick(["+", "-", "*", "/", "%", "~"])
            return f"({self._inner(left, depth)} {operator} {self._inner(right, depth)})"
        if chance < 0.72:
            test = (
                self.value("bool", depth) if self._random.random() < 0.6 else self.condition(depth)
            )
            return f"({test} ? {self.value(kind, depth)} : {self.value(self._pick(KINDS), depth)})"
        if chance < 0.80:
            left = self.value(self._pick([kind, "missing", "null"]), depth)
            return f"({left} {self._pick(['??', '??', '???'])} {self.value(kind, depth)})"
        if chance < 0.86:
            return self.condition(depth)
        if chance < 0.92:
            owner = self._pick(list(MEMBERS))
            return f"{self._pick(PATHS[owner])}.{self._pick(MEMBERS[owner])}"
        return self._called(depth)

    def _filtered(self, kind: str, depth: int) -> str:
        sources = [source for source, targets in FILTERS.items() if kind in targets]
        if not sources or self._random.random() < 0.3:
            sources = list(FILTERS)
        source = self._pick(sources)
        targets = FILTERS[source]
        options = targets.get(kind) or [name for names in targets.values() for name in names]
        return f"{self._inner(source, depth)} | {self._pick(options)}"

    def _called(self, depth: int) -> str:
        return self._pick(
            [
                f"max({self.value('int', depth)}, {self.value('double', depth)})",
                f"min({self.value('int', depth)}, {self.value('int', depth)})",
                f"range({self._pick(['0', '1', '-2'])}, {self._pick(['3', '5', '-1'])})",
                f"range(0, 10, {self._pick(['2', '3', 'i'])})",
                f"fromJson({self.value('text', 0) if self._random.random() < 0.3 else 'json'})",
                f"yaml({self._pick(['md', 's', 'csv'])})",
                f"fromIon({self._pick(['num', 's', 'numd'])})",
                f'"v=#{{{self._pick(["i", "s", "d", "nul", "t"])}}}"',
                f'"#{{{self._pick(["i", "l", "m.a", "nul", "d"])}}}"',
            ]
        )

    def condition(self, depth: int) -> str:
        """What gives true or false, mostly."""
        chance = self._random.random()
        if chance < 0.45:
            kind = self._pick(
                ["int", "double", "text", "int", "null", "list", "instant", "decimal"]
            )
            other = self._pick([kind, kind, "double"])
            operator = self._pick(["==", "!=", "<", ">", "<=", ">="])
            return f"({self._inner(kind, depth)} {operator} {self._inner(other, depth)})"
        if chance < 0.65:
            tests = ["empty", "null", "defined", "map", "iterable", "even", "odd", "json"]
            negation = self._pick(["", "not "])
            return f"({self._inner(self._pick(KINDS), depth)} is {negation}{self._pick(tests)})"
        if chance < 0.8:
            return f"({self._inner('list', depth)} contains {self._inner(self._pick(['int', 'text']), depth)})"
        if chance < 0.9:
            return f"({self.value('bool', 0)} {self._pick(['and', 'or'])} {self.value('bool', 0)})"
        return f"(not {self.value('bool', 0)})"

    def _inner(self, kind: str, depth: int) -> str:
        source = self.value(kind, depth)
        return f"({source})" if " " in source and source[0] != "(" else source

    def _pick(self, items: list[str] | list[int]) -> str:
        return self._random.choice(items)  # type: ignore[return-value]


def templates(seed: int, count: int) -> list[tuple[str, bool]]:
    """So many different templates."""
    grammar = Grammar(seed)
    found: dict[str, bool] = {}
    while len(found) < count:
        template, typed = grammar.template()
        found.setdefault(template, typed)
    return list(found.items())


def main(arguments: list[str]) -> None:
    seed, count, path = int(arguments[0]), int(arguments[1]), arguments[2]
    with open(path, "w", encoding="utf-8") as file:
        for number, (template, typed) in enumerate(templates(seed, count)):
            case = {"id": f"grammar/{seed}/{number}", "template": template}
            case |= {"variables": VARIABLES, "typed": typed}
            file.write(json.dumps(case, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
