"""The checks of a flow, evaluated with the inputs before an execution is created."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.java.errors import ExpressionError
from flowrt.model.failures import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowrt.expr.context import Context
    from flowrt.model.promises import Check

BLOCK, FAIL, CREATE = "BLOCK_EXECUTION", "FAIL_EXECUTION", "CREATE_EXECUTION"
_STRICTNESS = (BLOCK, FAIL, CREATE)


BLOCKED = "Flow execution blocked: one or more condition checks evaluated to false."


class CheckError(Refusal):
    """A check blocks the start; `messages` are those of all failed checks."""

    def __init__(self, messages: list[str]) -> None:
        super().__init__("\n".join((BLOCKED, *messages)))
        self.messages = messages


class CheckResult:
    """What to do (`behavior`, the strictest of the failed checks; CREATE when all hold), and why."""

    __slots__ = ("behavior", "messages")

    def __init__(self, behavior: str, messages: list[str]) -> None:
        self.behavior = behavior
        self.messages = messages


def evaluate_checks(checks: Sequence[Check], context: Context) -> CheckResult:
    """Evaluate all checks; the context holds `flow` and `inputs`.

    A check holds only when its condition is the boolean true. Raises `CheckError` when one that blocks does not hold,
    or cannot be evaluated.
    """
    behavior, messages = CREATE, []
    for check in checks:
        failed, message = check.behavior, check.message
        condition = check.condition
        try:
            if not isinstance(condition, str) and condition.value(context) is True:
                continue
        except ExpressionError as error:
            failed = BLOCK
            message = f"Failed to evaluate check condition. Cause: {error}"
        behavior = min(behavior, failed, key=_STRICTNESS.index)
        messages.append(message)
    if behavior == BLOCK:
        raise CheckError(messages)
    return CheckResult(behavior, messages)
