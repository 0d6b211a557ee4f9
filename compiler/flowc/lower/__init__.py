"""From the flow as written to the intermediate form."""

from flowc.lower.flow import Library, lower_flow

__all__ = ["Library", "lower_flow"]
