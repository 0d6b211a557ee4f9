"""The table of filters, functions and tests: the one place that knows their names and arguments."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import NamedTuple

from flowrt.missing import COMPILER
from flowrt.packages import CRYPTOGRAPHY, YAML, ZONES


class Builtin(NamedTuple):
    """A filter, function or test.

    `arguments` are the declared names in order; None where nothing is declared and whatever is
    given is ignored (or taken as it comes: `variadic`). `symbol` of `flowrt.expr.<module>`
    implements it: a plain function of the input (for filters and tests), then the arguments.
    """

    kind: str
    name: str
    arguments: tuple[str, ...] | None
    module: str
    symbol: str
    #: the same input always gives the same output, so constants may be computed when compiling
    pure: bool = True
    #: takes the context as its first parameter
    context: bool = False
    variadic: bool = False
    #: evaluating it twice is not the same as evaluating it once
    effects: bool = False
    #: tells 64-bit integers (literals) from 32-bit ones in its arguments
    kinds: bool = False
    #: takes the operand as a function, to rescue what is missing
    lazy: bool = False
    #: packages that the implementation needs (`flowrt.packages`), which the header of a module names
    packages: tuple[str, ...] = ()

    def needs(self, given: Iterable[str]) -> tuple[str, ...]:
        """The packages of a call with these arguments: a time zone needs those of the system."""
        return (*self.packages, ZONES) if "timeZone" in given else self.packages

    def usage(self) -> str:
        """How it is written, for documentation."""
        names = "…" if self.variadic else ", ".join(self.arguments or ())
        return f"{self.name}({names})" if names or self.kind == "function" else self.name


_DATE = ("format", "timeZone", "existingFormat", "locale")
_STAMP = ("timeZone", "existingFormat")


def snake(name: str) -> str:
    """`dateAdd` → `date_add`."""
    return "".join("_" + char.lower() if char.isupper() else char for char in name)


def _filter(module: str, name: str, *arguments: str, **flags: object) -> Builtin:
    symbol = str(flags.pop("symbol", snake(name)))
    return Builtin("filter", name, arguments or None, module, symbol, **flags)  # type: ignore[arg-type]


def _function(module: str, name: str, *arguments: str, **flags: object) -> Builtin:
    symbol = str(flags.pop("symbol", snake(name)))
    return Builtin("function", name, arguments or None, module, symbol, **flags)  # type: ignore[arg-type]


def _test(name: str, symbol: str, **flags: object) -> Builtin:
    return Builtin("test", name, None, "tests", symbol, **flags)  # type: ignore[arg-type]


_TEXT, _LIST, _NUMBER, _DATES, _DATA = (
    f"filters_{part}" for part in ("text", "list", "number", "date", "data")
)
_CORE, _FORMATS, _KESTRA, _FILES, _RUN = (
    f"functions_{part}" for part in ("core", "data", "kestra", "files", "run")
)

FILTERS: dict[str, Builtin] = {
    entry.name: entry
    for entry in (
        _filter(_TEXT, "abbreviate", "length", kinds=True),
        _filter(_NUMBER, "abs", symbol="abs_"),
        _filter(_TEXT, "base64decode"),
        _filter(_TEXT, "base64encode"),
        _filter(_TEXT, "capitalize"),
        _filter(_LIST, "chunk", "size"),
        _filter(_NUMBER, "className"),
        _filter(_DATES, "date", *_DATE, kinds=True),
        _filter(_DATES, "dateAdd", "amount", "unit", *_DATE, kinds=True),
        _filter("ops", "default", "default", lazy=True, kinds=True),
        _filter(_LIST, "distinct"),
        _filter(_TEXT, "endsWith", "value"),
        _filter(_TEXT, "escapeChar", "type"),
        _filter(_LIST, "first"),
        _filter(_LIST, "flatten"),
        _filter(_TEXT, "format", symbol="format_", variadic=True, kinds=True),
        _filter(_TEXT, "indent", "amount", "prefix", kinds=True),
        _filter(_LIST, "join", "separator"),
        _filter(_DATA, "jq", "expression"),
        _filter(_DATA, "json", symbol="to_json_filter"),
        _filter(_LIST, "keys"),
        _filter(_LIST, "last"),
        _filter(_LIST, "length"),
        _filter(_TEXT, "lower"),
        _filter(_TEXT, "md5"),
        _filter(_LIST, "merge", "items", kinds=True),
        _filter(_TEXT, "nindent", "amount", "prefix", kinds=True),
        _filter(_TEXT, "nl2br"),
        _filter(_NUMBER, "number", "type"),
        _filter(_NUMBER, "numberFormat", "format"),
        _filter(_TEXT, "replace", "replace_pairs", "regexp"),
        _filter(_LIST, "reverse", effects=True),
        _filter(_LIST, "rsort"),
        _filter(_TEXT, "sha1"),
        _filter(_TEXT, "sha256"),
        _filter(_TEXT, "sha512"),
        _filter(_LIST, "slice", "fromIndex", "toIndex", symbol="slice_"),
        _filter(_TEXT, "slugify", *_DATE),
        _filter(_LIST, "sort"),
        _filter(_TEXT, "split", "delimiter", "limit"),
        _filter(_TEXT, "startsWith", "value"),
        _filter(_NUMBER, "string"),
        _filter(_TEXT, "substringAfter", "separator"),
        _filter(_TEXT, "substringAfterLast", "separator"),
        _filter(_TEXT, "substringBefore", "separator"),
        _filter(_TEXT, "substringBeforeLast", "separator"),
        _filter(_DATES, "timestamp", *_STAMP),
        _filter(_DATES, "timestampMicro", *_STAMP),
        _filter(_DATES, "timestampMilli", *_STAMP),
        _filter(_DATES, "timestampNano", *_STAMP),
        _filter(_TEXT, "title"),
        _filter(_DATA, "toIon"),
        _filter(_DATA, "toJson", symbol="to_json_filter"),
        _filter(_TEXT, "trim"),
        _filter(_TEXT, "upper"),
        _filter(_TEXT, "urldecode"),
        _filter(_TEXT, "urlencode"),
        _filter(_LIST, "values"),
        _filter(_DATA, "yaml", symbol="yaml_filter"),
    )
}

FUNCTIONS: dict[str, Builtin] = {
    entry.name: entry
    for entry in (
        _function(_RUN, "currentEachOutput", "outputs", context=True, pure=False),
        _function(_FORMATS, "decrypt", "key", "encrypted", packages=(CRYPTOGRAPHY,)),
        _function(_FORMATS, "encrypt", "key", "plaintext", pure=False, packages=(CRYPTOGRAPHY,)),
        _function(_RUN, "errorLogs", context=True, pure=False),
        _function(_RUN, "fetchContext", context=True, pure=False),
        _function(_FILES, "fileExists", "path", "namespace", context=True, pure=False),
        _function(_FILES, "fileSize", "path", "namespace", context=True, pure=False),
        _function(
            _FILES, "fileURI", "path", "namespace", "version",
            symbol="file_uri", context=True, pure=False,
        ),
        _function(_FORMATS, "fromIon", "ion", "allRows"),
        _function(_FORMATS, "fromJson", "json"),
        _function(
            _KESTRA, "http", "uri", "method", "query", "body", "contentType", "headers", "options",
            "accept", context=True, pure=False, effects=True,
        ),
        _function(_CORE, "i18n", "bundle", "key", "params", pure=False),
        _function(_CORE, "id", symbol="id_", pure=False),
        _function(_FILES, "isFileEmpty", "path", "namespace", context=True, pure=False),
        _function(_FORMATS, "json", "json", symbol="from_json"),
        _function(_CORE, "ksuid", pure=False),
        _function(
            _KESTRA, "kv", "key", "namespace", "errorOnMissing", context=True, pure=False, kinds=True
        ),
        _function(_CORE, "max", symbol="max_", variadic=True, kinds=True),
        _function(_CORE, "min", symbol="min_", variadic=True, kinds=True),
        _function(_CORE, "nanoId", "length", "alphabet", pure=False, kinds=True),
        _function(_CORE, "now", *_DATE, context=True, pure=False),
        _function(_RUN, "printContext", context=True, pure=False, symbol="fetch_context"),
        _function(_CORE, "randomInt", "lower", "upper", pure=False, kinds=True),
        _function(_CORE, "randomPort", pure=False),
        _function(_CORE, "range", "start", "end", "increment", symbol="range_"),
        _function(_FILES, "read", "path", "namespace", "version", context=True, pure=False),
        _function(
            "render", "render", "toRender", "recursive",
            context=True, pure=False, effects=True, packages=(COMPILER,),
        ),
        _function(
            "render", "renderOnce", "toRender",
            context=True, pure=False, effects=True, packages=(COMPILER,),
        ),
        _function(
            _KESTRA, "secret", "key", "namespace", "subkey", "full", context=True, pure=False
        ),
        _function(
            _KESTRA, "subflow", "namespace", "id", "inputs", "revision", "labels", "timeout",
            context=True, pure=False, effects=True,
        ),
        _function(_RUN, "tasksWithState", "state", context=True, pure=False),
        _function(_CORE, "uuid", pure=False),
        _function(_FORMATS, "yaml", "yaml", symbol="yaml", packages=(YAML,)),
    )
}  # fmt: skip

TESTS: dict[str, Builtin] = {
    entry.name: entry
    for entry in (
        _test("defined", "defined", lazy=True),
        _test("empty", "is_empty"),
        _test("even", "is_even"),
        _test("iterable", "is_iterable"),
        _test("json", "is_json"),
        _test("map", "is_map"),
        _test("null", "is_null"),
        _test("odd", "is_odd"),
    )
}

# What other engines or other versions call things, and what stands for it here.
_ELSEWHERE = {
    "size": "length", "count": "length", "int": "number", "escape": "escapeChar",
    "numberformat": "numberFormat", "fromJson": "the function fromJson(…)",
    "substring": "slice", "env": "envs.name", "tojson": "toJson", "map": "jq",
    "regexReplace": "replace(…, regexp=true)", "b64encode": "base64encode",
    "b64decode": "base64decode", "dateFormat": "date", "formatDate": "date", "strftime": "date",
    "toLowerCase": "lower", "toUpperCase": "upper", "unique": "distinct", "concat": "~",
    "coalesce": "??", "parseJson": "the function fromJson(…)",
}  # fmt: skip


def suggestion(name: str, table: dict[str, Builtin]) -> str:
    """What an unknown name was probably meant to be, as a hint; empty where nothing is close."""
    if name in _ELSEWHERE:
        other = _ELSEWHERE[name]
        return f"use the filter {other}" if other in FILTERS.keys() - table else f"use {other}"
    folded = {known.lower(): known for known in table}
    close = get_close_matches(name.lower(), folded, n=1, cutoff=0.7)
    return f"did you mean {folded[close[0]]}?" if close else ""
