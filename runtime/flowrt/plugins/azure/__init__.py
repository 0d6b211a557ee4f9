"""Azure: blobs of its storage."""

from flowrt.plugins.azure.types import TYPES

__all__ = ["TYPES"]
