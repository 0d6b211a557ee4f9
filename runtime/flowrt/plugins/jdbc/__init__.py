"""SQL databases."""

from flowrt.plugins.jdbc.types import TYPES

__all__ = ["TYPES"]
