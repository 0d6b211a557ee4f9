"""Values and records changed by expressions: of JSONata, and of the transform tasks' own language."""

from flowrt.plugins.transform.types import TYPES

__all__ = ["TYPES"]
