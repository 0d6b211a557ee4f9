"""Command-line tools: their commands run in a shell of this machine, which has the tool on its path."""

from flowrt.plugins.cli.types import TYPES

__all__ = ["TYPES"]
