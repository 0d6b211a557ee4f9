"""Stores of keys: Redis."""
