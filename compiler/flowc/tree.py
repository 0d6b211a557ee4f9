"""How the nodes of trees are declared: those of templates, of the flow file and of the intermediate form.

Types forbid to assign to a node, and mypy holds everyone to it. Nothing guards it when the compiler runs: for fifty
classes the guards, and comparisons that nobody asks for, took a tenth of the time in which a small flow is checked.
A node is equal to itself alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(eq_default=False, frozen_default=True, field_specifiers=(field,))
def node(cls: type[T]) -> type[T]:
    """A class of nodes, made from its fields in the order in which they stand."""
    return dataclass(eq=False, slots=True)(cls)


@dataclass_transform(
    eq_default=False, frozen_default=True, kw_only_default=True, field_specifiers=(field,)
)
def named_node(cls: type[T]) -> type[T]:
    """A class of nodes, made from its fields by their names."""
    return dataclass(eq=False, kw_only=True, slots=True)(cls)
