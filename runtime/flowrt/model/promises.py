"""What a flow promises of its executions, and what is tested before one is created."""

from __future__ import annotations

from typing import Any


class Sla:
    """A promise about an execution; `behavior` says what a violation does (FAIL, CANCEL, NONE)."""

    __slots__ = ("behavior", "id", "labels")

    def __init__(self, id: str, behavior: str, labels: Any = None) -> None:
        self.id = id
        self.behavior = behavior
        self.labels = labels


class MaxDuration(Sla):
    """Violated when the execution takes longer than `duration` (ISO text)."""

    __slots__ = ("duration",)

    def __init__(self, id: str, duration: str, behavior: str, labels: Any = None) -> None:
        super().__init__(id, behavior, labels)
        self.duration = duration


class Assertion(Sla):
    """Violated when the expression is not truthy at the start of a pass."""

    __slots__ = ("condition",)

    def __init__(self, id: str, condition: Any, behavior: str, labels: Any = None) -> None:
        super().__init__(id, behavior, labels)
        self.condition = condition


class Check:
    """Tested before an execution is created."""

    __slots__ = ("behavior", "condition", "message", "style")

    def __init__(
        self,
        condition: Any,
        message: str,
        style: str = "INFO",
        behavior: str = "BLOCK_EXECUTION",
    ) -> None:
        self.condition = condition
        self.message = message
        self.style = style
        self.behavior = behavior
