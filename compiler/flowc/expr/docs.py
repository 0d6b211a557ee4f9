"""Writes the reference page of filters, functions and tests: `python -m flowc.expr.docs`."""

import sys
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

from flowc.expr.builtins import FILTERS, FUNCTIONS, TESTS, Builtin
from flowc.expr.parser import BINARY, TAGS, UNARY, UNARY_PRECEDENCE

_HEAD = """\
# Expressions

<!-- Written by `python -m flowc.expr.docs`; edit the table in `flowc/expr/builtins.py` or the docstrings. -->

`{{ … }}` prints, `{% … %}` executes, `{# … #}` is a comment. Expressions compile to Python: try
`flowc eval '{{ inputs.n + 1 }}' --vars vars.json`, with `--python` to see the code.

The meaning of every filter, function, test, operator and tag is that of Kestra 1.3.34; what differs is
listed in [differences](differences-expressions.md).
"""


def page() -> str:
    """The page as Markdown."""
    parts = [_HEAD, "\n## Tags\n\n", ", ".join(f"`{tag}`" for tag in (*TAGS, "verbatim", "raw"))]
    parts.append("\n\n## Operators\n\nFrom the loosest to the tightest binding.\n\n")
    parts.append("| precedence | operators |\n|---|---|\n| 0 | `c ? a : b` |\n")
    levels: dict[int, list[str]] = {}
    for symbol, precedence in BINARY.items():
        levels.setdefault(precedence, []).append("`" + symbol.replace("|", "\\|") + "`")
    levels[UNARY_PRECEDENCE] = [f"unary `{symbol}`" for symbol in sorted(UNARY)]
    for precedence, symbols in sorted(levels.items()):
        parts.append(f"| {precedence} | {' '.join(symbols)} |\n")
    for title, table in (("Filters", FILTERS), ("Functions", FUNCTIONS), ("Tests", TESTS)):
        parts.append(f"\n## {title}\n\n" + "".join(_rows(table.values())))
    parts.append(_LIMITS)
    return "".join(parts)


_LIMITS = """
## Limits

An expression that would take too much fails its task, with a code.

| Code | What happens | Configured by |
|---|---|---|
| FX101 | a text, a list, a number or a result gets too large | `FLOWRT_EXPRESSION_MEMORY`, megabytes (256) |
| FX102 | the expression takes too long, all its parts together | `FLOWRT_EXPRESSION_SECONDS` (10) |
| FX103 | values or macros stand inside one another without end | – |
| FX104 | a whole number has more than 4000 digits | – |
"""


def _rows(entries: Iterable[Builtin]) -> Iterable[str]:
    yield "| use | meaning |\n|---|---|\n"
    for entry in entries:
        yield f"| `{entry.usage()}` | {summary(entry)} |\n"


def summary(entry: Builtin) -> str:
    """The first sentence of what implements the entry."""
    module = import_module(f"flowrt.expr.{entry.module}")
    text = getattr(module, entry.symbol).__doc__ or ""
    return " ".join(text.strip().partition("\n\n")[0].split()).replace("|", "\\|")


def main(arguments: list[str]) -> None:
    """Writes the page to the file named, or to `docs/expressions.md`."""
    target = Path(arguments[0]) if arguments else Path("docs/expressions.md")
    target.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
