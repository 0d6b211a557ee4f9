"""What command-line tools share: shell commands, perhaps others before them, credentials in variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.model.declare import STRING, listing, prop
from flowrt.tasks.scripts import Commands, CommandsTask

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Listing, Text

__all__ = ["CommandsTask", "Tool", "ToolWithSetup", "given"]


class Tool(Commands):
    """A tool that takes nothing but commands."""


class ToolWithSetup(Tool):
    """A tool whose surroundings are prepared by commands before its own."""

    before_commands: Listing | None = prop(listing(STRING), default=None)

    def _before(self, run: RunContext) -> list[str]:
        return [str(line) for line in run.listing(self.before_commands) or []]


def given(run: RunContext, **variables: Text | None) -> dict[str, str]:
    """The variables whose property is there and renders to something."""
    rendered = {name: run.text(value) for name, value in variables.items() if value is not None}
    return {name: value for name, value in rendered.items() if value is not None}
