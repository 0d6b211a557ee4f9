"""Stores of keys and documents: Redis, MongoDB."""
