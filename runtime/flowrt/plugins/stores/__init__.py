"""Stores of keys and documents: Redis, MongoDB."""

from flowrt.plugins.stores.types import TYPES

__all__ = ["TYPES"]
