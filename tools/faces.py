#!/usr/bin/env python3
"""Writes `flowrt/expressions.py`: where each name lives that the expressions of generated modules use.

    python tools/faces.py [--check]

The names are the filters, functions and tests of the compiler's table, and the helpers that its emitter calls; the modules are
found by reading the runtime. `--check` writes nothing and fails when the file is not what it should be.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "compiler"), str(ROOT / "runtime")]

from flowc.expr.builtins import FILTERS, FUNCTIONS, TESTS  # noqa: E402

RUNTIME = ROOT / "runtime"
FACE = RUNTIME / "flowrt" / "expressions.py"


def used_names() -> set[str]:
    """The names that generated modules may import."""
    names = {each.symbol for table in (FILTERS, FUNCTIONS, TESTS) for each in table.values()}
    return names | set(current_names())


def current_names() -> list[str]:
    """The names that the face has now."""
    tree = ast.parse(FACE.read_text("utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return [str(name) for name in ast.literal_eval(node.value)]
    return []


def defined() -> dict[str, str]:
    """The module of the runtime that defines each name; that of a filter, function or test is said by its table."""
    found: dict[str, str] = {}
    for room in ("expr", "java"):
        for path in sorted((RUNTIME / "flowrt" / room).rglob("*.py")):
            module = ".".join(path.relative_to(RUNTIME).with_suffix("").parts)
            for node in ast.parse(path.read_text("utf-8")).body:
                for name in _names(node):
                    found.setdefault(name, module)
    for table in (FILTERS, FUNCTIONS, TESTS):
        for each in table.values():
            module = each.module
            found[each.symbol] = module if module.startswith("flowrt.") else f"flowrt.expr.{module}"
    return found


def _names(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return [node.target.id]
    return []


def face() -> str:
    """The whole module."""
    homes = defined()
    names = sorted(used_names(), key=_order)
    modules: dict[str, list[str]] = {}
    for name in names:
        modules.setdefault(homes[name], []).append(name)
    imports = [
        f"    from {module} import {', '.join(modules[module])}" for module in sorted(modules)
    ]
    table = [
        f'    "{module.removeprefix("flowrt.")}": "{" ".join(modules[module])}",'
        for module in sorted(modules)
    ]
    return "\n".join(
        [
            '"""What generated modules are made of beside tasks: expressions, and the values, operators, filters and functions in them.',
            "",
            "Each name is loaded from its module when it is first used. Written by `tools/faces.py`.",
            '"""',
            "",
            "from __future__ import annotations",
            "",
            "from typing import TYPE_CHECKING, Any",
            "",
            "if TYPE_CHECKING:",
            *imports,
            "",
            "_MODULES = {",
            *table,
            "}",
            '"""The names that each module of the runtime has, as words."""',
            "",
            'HOMES = {name: f"flowrt.{module}" for module, names in _MODULES.items() for name in names.split()}',
            '"""Where each name lives."""',
            "",
            "__all__ = [",
            *(f'    "{name}",' for name in names),
            "]",
            "",
            "",
            "def __getattr__(name: str) -> Any:",
            "    home = HOMES.get(name)",
            "    if home is None:",
            '        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")',
            "    from importlib import import_module",
            "",
            "    value = getattr(import_module(home), name)",
            "    globals()[name] = value",
            "    return value",
            "",
        ]
    )


def _order(name: str) -> tuple[int, str]:
    """Constants, then classes, then functions, as ruff sorts them."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def main() -> int:
    import black

    text = black.format_str(face(), mode=black.Mode(line_length=100))
    if FACE.read_text("utf-8") == text:
        return 0
    if "--check" in sys.argv:
        print(f"{FACE.relative_to(ROOT)} is not up to date: run `make tables`", file=sys.stderr)
        return 1
    FACE.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
