"""A task whose type nobody could run when the flow was compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from flowrt.model.declare import STRING, prop
from flowrt.model.failures import TaskFailure
from flowrt.model.task import Task

if TYPE_CHECKING:
    from flowrt.model.context import RunContext


class Missing(Task):
    """Stands in the place of a task of a missing `type`: it fails when it is reached, and says what can be done."""

    type: str = prop(STRING, static=True)

    def run(self, run: RunContext) -> NoReturn:
        raise TaskFailure(
            f"The task type {self.type} is not part of this program. Write a class for it (`flowc stubs` begins one) and "
            "compile the flow with `--tasks FILE`, or install a package that has it."
        )
