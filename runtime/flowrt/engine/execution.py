"""An execution: the document that Kestra shows, while it is being made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.engine.clock import RANDOM_IDS, SYSTEM_CLOCK, id_text
from flowrt.engine.outputs import OutputsTree
from flowrt.engine.runs import History, TaskRun
from flowrt.states import CREATED, TERMINAL

if TYPE_CHECKING:
    from flowrt.engine.clock import Clock, Ids
    from flowrt.flow import Flow


class LogRecord:
    """One log entry of an execution; `run` is None for what the execution itself logs.

    `frame` shows people where in the flow file the failure stands; it is no part of the message.
    """

    __slots__ = ("attempt", "execution", "frame", "level", "message", "run", "time")

    def __init__(
        self, execution: Execution, run: TaskRun | None, level: str, message: str, attempt: int
    ) -> None:
        self.execution = execution
        self.run = run
        self.level = level
        self.message = message
        self.attempt = attempt
        self.frame: str | None = None
        self.time = execution.clock.now()


class Execution:
    """State, task runs, variables and labels of one execution of a flow."""

    def __init__(
        self,
        flow: Flow,
        *,
        inputs: dict[str, Any] | None = None,
        labels: dict[str, str] | None = None,
        trigger: dict[str, Any] | None = None,
        id: str | None = None,
        clock: Clock = SYSTEM_CLOCK,
        ids: Ids = RANDOM_IDS,
    ) -> None:
        self.flow = flow
        self.clock = clock
        self.ids = ids
        self.id = id or id_text(ids.number())
        self.namespace = flow.namespace
        self.flow_id = flow.id
        self.state = CREATED
        self.history: History = [CREATED, clock.now()]
        self.inputs: dict[str, Any] = inputs or {}
        self.undeclared: list[str] = []
        self.view: dict[str, Any] | None = None
        self.outputs: dict[str, Any] | None = None
        self.labels: dict[str, str] = {
            key: value for key, value in flow.labels.items() if not key.startswith("system.")
        }
        self.labels.update({k: v for k, v in (labels or {}).items() if k and v})
        self.labels.setdefault("system.correlationId", self.id)
        self.variables: dict[str, Any] = flow.raw_variables
        self.trigger = trigger
        self.parent_id: str | None = None
        self.original_id = self.id
        self.attempt_number = 1
        self.created_date = self.history[1]
        self.starter: Execution | None = None
        """The execution that started this one, as a subflow or to try again."""
        self.over = False
        """It has ended, and so have the lists that run after the end."""
        self.due: int | None = None
        """When an execution that takes its place begins (nanoseconds)."""
        self.program: dict[str, str] | None = None
        """What the program looked like that began it, for executions that a store keeps."""
        self.row = self.last_seq = self.last_log = 0
        """Its number in a store, and those of its last run and log record."""
        self.away = 0
        """How many runs are in the store alone."""
        self._made = 0
        self.runs: list[TaskRun] = []
        self.tree = OutputsTree(self.runs)
        self.logs: list[LogRecord] = []
        self.children: list[Execution] = []

    @property
    def terminal(self) -> bool:
        return self.state in TERMINAL

    @property
    def outcome(self) -> Execution:
        """The execution that took its place when it was tried again as a new one; itself if none did."""
        at = self
        while True:
            after = next((one for one in at.children if one.parent_id == at.id), None)
            if after is None:
                return at
            at = after

    def enter(self, state: str) -> None:
        """Another state, now."""
        self.state = state
        self.history += (state, self.clock.now())

    def append(self, run: TaskRun) -> None:
        """Take a run into the list."""
        run.index = self._made
        self._made += 1
        self.runs.append(run)

    def remove(self, gone: set[TaskRun]) -> None:
        """Take runs out of the list."""
        self.runs[:] = [run for run in self.runs if run not in gone]
        self.tree.stale()

    def put_away(self, ended: set[TaskRun]) -> None:
        """Drop runs from memory that a store keeps and nobody has to look at: rounds of loops that have ended."""
        self.runs[:] = [run for run in self.runs if run not in ended]
        self.away += len(ended)
