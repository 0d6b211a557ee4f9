"""Services by their interfaces on the web: issues and records, jobs that are started and waited for."""

from flowrt.plugins.services.types import TYPES

__all__ = ["TYPES"]
