"""The stage between lowering and code generation: which flows belong together, and whether they fit one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowc.link.index import Index, Unit
from flowc.link.link import Linker

if TYPE_CHECKING:
    from flowc.link.program import Program

__all__ = ["Index", "Linker", "Program", "Unit"]
