"""Stores of keys and documents: Redis, MongoDB, Elasticsearch, InfluxDB, Weaviate, Cassandra, SurrealDB, DocumentDB, Couchbase."""

from flowrt.plugins.stores.types import TYPES

__all__ = ["TYPES"]
