"""Every filter, function and test of expressions, alone in a template: the module has each name that it uses."""

from __future__ import annotations

import builtins
import symtable

import pytest

import flowc
from flowc.expr.builtins import FILTERS, FUNCTIONS, TESTS, Builtin


def _called(each: Builtin) -> str:
    count = 1 if each.variadic else len(each.arguments or ())
    given = ", ".join("inputs.a" for _ in range(count))
    if each.kind == "filter":
        return f"inputs.a | {each.name}({given})" if given else f"inputs.a | {each.name}"
    if each.kind == "test":
        return f"inputs.a is {each.name}({given})" if given else f"inputs.a is {each.name}"
    return f"{each.name}({given})"


def _missing(source: str) -> set[str]:
    """The names that a module reads and nowhere makes."""
    found: set[str] = set()
    top = symtable.symtable(source, "module", "exec")
    made = {
        each.get_name() for each in top.get_symbols() if each.is_assigned() or each.is_imported()
    }
    made |= {each.get_name() for each in top.get_children()}
    tables = [top]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        found |= {
            each.get_name()
            for each in table.get_symbols()
            if each.is_referenced() and (each.is_global() or table is top)
        }
    return found - made - set(dir(builtins)) - {"__name__"}


@pytest.mark.parametrize("typed", [False, True])
@pytest.mark.parametrize("bare", [False, True])
def test_a_module_has_each_name_that_it_uses(bare: bool, typed: bool) -> None:
    rows = [each for table in (FILTERS, FUNCTIONS, TESTS) for each in table.values()]
    tasks = []
    for number, each in enumerate(rows):
        called = f"{each.name}()" if bare and each.kind == "function" else _called(each)
        text = f"{{{{ {called} }}}}"
        kind, key = (
            ("core.output.OutputValues", "values: {a: ")
            if typed
            else ("core.debug.Return", "format: ")
        )
        end = "}" if typed else ""
        tasks.append(
            f"  - id: t{number}\n    type: io.kestra.plugin.{kind}\n    {key}{text!r}{end}\n"
        )
    # one flow each, so that a name that one brings does not hide that another lacks it
    head = "id: f\nnamespace: a.b\ninputs:\n  - {id: a, type: STRING}\ntasks:\n"
    written = 0
    for task in tasks:
        try:
            module = flowc.compile_text(head + task)
        except flowc.CompileError:
            continue  # constants that it refuses
        written += 1
        assert not _missing(module), task
    assert written > len(tasks) / 2
