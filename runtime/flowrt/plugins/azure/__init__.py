"""Azure: blobs, files and tables of its storage, events of its hubs, functions, and what is asked by REST."""

from flowrt.plugins.azure.types import TYPES

__all__ = ["TYPES"]
