"""Git repositories: cloned, pushed to, and kept in step with namespace files and flows."""

from flowrt.plugins.git.types import TYPES

__all__ = ["TYPES"]
