"""Stores of keys and documents: Redis, MongoDB, Elasticsearch, InfluxDB, Weaviate, Cassandra."""

from flowrt.plugins.stores.types import TYPES

__all__ = ["TYPES"]
