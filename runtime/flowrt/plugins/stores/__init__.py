"""Stores of keys and documents: Redis, MongoDB, Elasticsearch, InfluxDB, Weaviate, Cassandra, SurrealDB, DocumentDB."""

from flowrt.plugins.stores.types import TYPES

__all__ = ["TYPES"]
