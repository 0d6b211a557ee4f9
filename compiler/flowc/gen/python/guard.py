"""The last look at a module before it is written: it holds nothing that the generator does not write.

User text enters a module only as a literal, through one function. This is the second line behind it: the finished text
is read anew, with its own parser, and whatever is no declaration, block or call into the runtime is an error of the
compiler, not a program.
"""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

_FORBIDDEN_CALLS = frozenset(
    {"eval", "exec", "compile", "open", "input", "getattr", "setattr", "delattr", "globals"}
    | {"locals", "vars", "breakpoint", "__import__"}
)
_PRELUDE = frozenset({"os", "sys"})


class GuardError(Exception):
    """A generated module holds code that the generator does not write: an error of the compiler."""


def guard(source: str, modules: Iterable[str] = ()) -> None:
    """Check a generated module; `modules` are those of other flows that it may import.

    Raises GuardError, naming what is wrong.
    """
    cst.parse_module(source).visit(_Guard(frozenset(modules)))


class _Guard(cst.CSTVisitor):
    """Walks the whole tree once."""

    def __init__(self, modules: frozenset[str]) -> None:
        super().__init__()
        self._modules = modules

    def visit_Import(self, node: cst.Import) -> None:
        for alias in node.names:
            name = alias.evaluated_name
            if name not in _PRELUDE:
                raise GuardError(f"imports {name}")

    def visit_ImportFrom(self, node: cst.ImportFrom) -> None:
        name = _dotted(node.module)
        if node.relative or not (
            name == "flowrt" or name.startswith("flowrt.") or name in self._modules
        ):
            raise GuardError(f"imports from {'.' * len(node.relative)}{name}")

    def visit_Call(self, node: cst.Call) -> None:
        if isinstance(node.func, cst.Name) and node.func.value in _FORBIDDEN_CALLS:
            raise GuardError(f"calls {node.func.value}")

    def visit_Attribute(self, node: cst.Attribute) -> None:
        if node.attr.value.startswith("__"):
            raise GuardError(f"reaches for {node.attr.value}")

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        raise GuardError(f"defines the class {node.name.value}")

    def visit_Global(self, node: cst.Global) -> None:
        raise GuardError("declares a global name")

    def visit_Del(self, node: cst.Del) -> None:
        raise GuardError("deletes a name")


def _dotted(node: cst.Attribute | cst.Name | None) -> str:
    if isinstance(node, cst.Attribute):
        assert isinstance(node.value, (cst.Attribute, cst.Name))
        return f"{_dotted(node.value)}.{node.attr.value}"
    return "" if node is None else node.value
