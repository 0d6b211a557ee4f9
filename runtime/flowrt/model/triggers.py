"""What starts executions of a flow, besides people."""

from __future__ import annotations

from typing import Any

FLOW_TRIGGER = "io.kestra.plugin.core.trigger.Flow"
"""The type of the triggers that listen to executions of other flows."""


class Trigger:
    """What starts executions of the flow on a server. A program starts as if it had fired (`--trigger ID`).

    `inputs` are rendered for the execution, over `trigger`; `cron` (with a field for seconds in front, `with_seconds`) and
    `timezone` tell when a schedule is due; `states`, `conditions` and `preconditions` to which executions of other flows a
    Flow trigger listens.
    """

    __slots__ = (
        "conditions",
        "cron",
        "disabled",
        "id",
        "inputs",
        "labels",
        "preconditions",
        "states",
        "timezone",
        "type",
        "with_seconds",
    )

    def __init__(
        self,
        id: str,
        type: str,
        *,
        inputs: dict[str, Any] | None = None,
        labels: dict[str, Any] | None = None,
        cron: str | None = None,
        timezone: str | None = None,
        with_seconds: bool = False,
        states: list[str] | None = None,
        conditions: list[dict[str, Any]] | None = None,
        preconditions: dict[str, Any] | None = None,
        disabled: bool = False,
    ) -> None:
        self.id = id
        self.type = type
        self.inputs = inputs or {}
        self.labels = labels or {}
        self.cron = cron
        self.timezone = timezone
        self.with_seconds = with_seconds
        self.states = states or []
        self.conditions = conditions or []
        self.preconditions = preconditions
        self.disabled = disabled
