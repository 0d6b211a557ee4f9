"""Language models: chat, structure, images, documents by meaning, agents."""

from flowrt.plugins.ai.types import TYPES

__all__ = ["TYPES"]
