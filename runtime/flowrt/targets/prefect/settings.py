"""How a process runs flows on Prefect: where files and entries are kept, and what a caller wants to know of an execution."""

from __future__ import annotations

import os
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowrt.verbs.options import RunOptions

if TYPE_CHECKING:
    from flowrt.conduct.conductor import Conductor

STORE = "FLOWRT_STORE"
"""The variable that names the folder of files, entries and states. Workers on several machines need one that all see."""


class Settings(RunOptions):
    """The options of one start, and the execution that has `begun`.

    `hands`: who does what the conductor decides, if not Prefect as it comes.
    """

    __slots__ = ("begun", "hands")

    def __init__(self, *, hands: Any = None, **options: Any) -> None:
        super().__init__(**options)
        self.hands = hands
        self.begun: Conductor | None = None


_given: ContextVar[Settings | None] = ContextVar("options", default=None)
prepared: ContextVar[Conductor | None] = ContextVar("prepared", default=None)
"""The execution that a subflow conducts, made by the one that starts it."""


def options() -> Settings:
    """The options of executions that begin here."""
    return _given.get() or Settings(store=store())


def use(given: Settings) -> None:
    """Let executions of this context begin with these options."""
    _given.set(given)


def store() -> str:
    """The folder of files, entries and states."""
    home = os.environ.get("PREFECT_HOME") or str(Path.home() / ".prefect")
    return os.environ.get(STORE) or str(Path(home) / "flowrt")
