"""Containers, clusters and virtual machines, by the programs `docker`, `kubectl` and `virsh`."""

from flowrt.plugins.containers.types import TYPES

__all__ = ["TYPES"]
