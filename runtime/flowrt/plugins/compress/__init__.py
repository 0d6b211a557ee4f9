"""Archives, compressed files, and files encrypted with a password."""

from flowrt.plugins.compress.types import TYPES

__all__ = ["TYPES"]
