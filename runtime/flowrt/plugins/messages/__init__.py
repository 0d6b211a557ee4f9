"""Messages to people: chat services, alerts, mail."""

from flowrt.plugins.messages.types import TYPES

__all__ = ["TYPES"]
