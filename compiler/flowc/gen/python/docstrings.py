"""Modules that come along say nothing of themselves."""

from __future__ import annotations

import ast
from functools import cache


@cache
def without_docstrings(source: str) -> str:
    """A module without its docstrings, those of constants and attributes too; all other lines keep their numbers."""
    lines = source.split("\n")
    for node in ast.walk(ast.parse(source)):
        for body in (getattr(node, name, None) for name in ("body", "orelse", "finalbody")):
            if not isinstance(body, list):
                continue
            documented = [each for each in body if _is_docstring(each)]
            for each in documented:
                first, last = each.lineno - 1, each.end_lineno
                lines[first:last] = [""] * (last - first)
            if len(documented) == len(body) > 0 and not isinstance(node, ast.Module):
                lines[body[0].lineno - 1] = " " * body[0].col_offset + "..."
    return "\n".join(lines)


def _is_docstring(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
