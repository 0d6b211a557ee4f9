"""What the tasks of Google Workspace share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.model.declare import (
    INTEGER,
    prop,
)
from flowrt.plugins.google.auth import GoogleTask

if TYPE_CHECKING:
    from flowrt.model.declare import Integer

SCOPE = "https://www.googleapis.com/auth"
"""What scopes begin with."""


class WorkspaceTask(GoogleTask):
    """What the tasks share."""

    read_timeout: Integer = prop(INTEGER, default=120, ignored=True)


def chosen(**fields: Any) -> dict[str, Any]:
    """The fields that have a value."""
    return {key: value for key, value in fields.items() if value is not None}
