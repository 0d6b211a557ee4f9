"""Containers and clusters, by the programs `docker` and `kubectl`."""

from flowrt.plugins.containers.types import TYPES

__all__ = ["TYPES"]
