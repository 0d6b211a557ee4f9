"""Azure: blobs, files and tables of its storage, items of Cosmos DB, events of its hubs and messages of its Service Bus, functions, and what is asked by REST."""

from flowrt.plugins.azure.types import TYPES

__all__ = ["TYPES"]
