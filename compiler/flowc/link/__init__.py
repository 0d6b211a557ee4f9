"""The stage between lowering and code generation: which flows belong together, and whether they fit one another."""

from flowc.link.index import Index, Unit
from flowc.link.link import Linker
from flowc.link.program import Program

__all__ = ["Index", "Linker", "Program", "Unit"]
