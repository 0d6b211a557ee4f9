"""Azure: blobs of its storage, events of its hubs, functions."""

from flowrt.plugins.azure.types import TYPES

__all__ = ["TYPES"]
