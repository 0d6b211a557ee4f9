"""What an execution remembers while it is being made: itself, its task runs, its log.

A run alone writes its state, its history and its attempts; everybody else asks it to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from flowrt.engine.attempt import Attempt, History, soften
from flowrt.engine.changing import Changing
from flowrt.engine.outputs import OutputsTree
from flowrt.model.clock import RANDOM_IDS, SYSTEM_CLOCK, id_text
from flowrt.model.states import CREATED, RESUBMITTED, RUNNING, TERMINAL

if TYPE_CHECKING:
    from flowrt.engine.runindex import RunIndex
    from flowrt.model.clock import Clock, Ids
    from flowrt.model.context import Changes
    from flowrt.model.flow import Flow
    from flowrt.model.task import Retry, Task

ROLES = 6
MAIN, ERRORS, FINALLY, AFTER, LISTENER, ASIDE = range(ROLES)
"""The list of its parent that a run belongs to; ASIDE is none of them (`onPause`)."""

GONE = -1
"""The role of a run that was taken out of its execution, while runs that stood below it stay."""


class Owner(Protocol):
    """The frame whose list a run belongs to."""

    run: TaskRun | None

    def added(self, run: TaskRun) -> None: ...
    def moved(self, run: TaskRun, old: str) -> None: ...
    def put_away(self, ended: set[TaskRun]) -> None: ...


class TaskRun:
    """A task in one place of the run tree: identified by task, loop value and parent.

    `parent` is the run of the flowable around it, `owner` the frame whose list it belongs to and `role` which list.
    `chain` is the number of the loop chain that it belongs to, for the flowables that have several. `seq` is the number
    under which a journal keeps it. A run of an earlier process has no owner until the engine has restored the frames.
    """

    __slots__ = (
        "_attempts",
        "_id",
        "chain",
        "execution",
        "force",
        "frame",
        "history",
        "index",
        "iteration",
        "outputs",
        "outputs_version",
        "owner",
        "parent",
        "role",
        "seq",
        "state",
        "task",
        "value",
    )

    owner: Owner

    def __init__(
        self,
        task: Task,
        execution: Execution,
        role: int,
        parent: TaskRun | None = None,
        value: str | None = None,
        iteration: int | None = None,
        chain: int = 0,
    ) -> None:
        self._id: str | bytes = execution.ids.number()
        self.task = task
        self.execution = execution
        self.parent = parent
        self.role = role
        self.value = value
        self.iteration = iteration
        self.chain = chain
        self.index = -1
        self.seq = 0
        self.state = CREATED
        self.history: History = [CREATED, execution.clock.now()]
        self._attempts: list[Attempt] | int | None = None
        self.outputs: dict[str, Any] | None = None
        self.outputs_version = 0
        self.force = False
        self.frame: Any = None
        """The frame of a flowable that has begun (`flowrt.engine.frames.Frame`)."""

    @property
    def id(self) -> str:
        """The id, written out when somebody asks for it."""
        if isinstance(self._id, bytes):
            self._id = id_text(self._id)
        return self._id

    # ---- as another process or execution left it ------------------------------------------------------------------

    def load(
        self,
        history: History,
        attempts: list[Attempt] | None,
        outputs: dict[str, Any] | None,
        *,
        id: str | None = None,
        seq: int = 0,
        force: bool = False,
    ) -> None:
        """Take over what is known of a run."""
        if id is not None:
            self._id = id
        self.seq = seq
        self.force = force
        self.history = history
        self.state = history[-2]
        self._attempts = attempts
        self.outputs = outputs

    # ---- state and history ----------------------------------------------------------------------------------------

    def enter(self, state: str, when: int | None = None) -> str:
        """Another state, now or at a time; answers the one before."""
        old = self.state
        self.state = state
        self.history.append(state)
        self.history.append(when or self.execution.clock.now())
        return old

    def rewind(self, length: int) -> str | None:
        """Back to a history that was so long; answers the state before, None when it is that long still."""
        if len(self.history) <= length:
            return None
        old = self.state
        self.history = self.history[:length]
        self.state = self.history[-2]
        return old

    def part(self) -> None:
        """From now on the history is no longer that of the worker, which keeps its own."""
        self.history = list(self.history)

    def replace(self, history: History, attempts: list[Attempt]) -> str:
        """Take the history that a worker knows in place of one that was forced; answers the state before."""
        old = self.state
        self.history = history
        self.state = history[-2]
        self._attempts = attempts
        return old

    def forget(self) -> None:
        """Nothing of it has happened yet: its worker gave it up as a whole."""
        self.history = self.history[:2]
        self.state = CREATED
        self._attempts = None

    def reopen(self) -> str:
        """CREATED again without a trace in the history; answers the state before."""
        old, self.state = self.state, CREATED
        self._attempts = None
        return old

    @property
    def terminal(self) -> bool:
        return self.state in TERMINAL

    @property
    def started(self) -> int:
        """The time of the first state, in nanoseconds."""
        return int(self.history[1])

    def state_at(self, when: int) -> str | None:
        """The state at a time; None when it did not exist."""
        state = None
        history = self.history
        for at in range(0, len(history), 2):
            if history[at + 1] > when:
                break
            state = history[at]
        return state

    def soften(self, state: str) -> str:
        """The state that `allowFailure` and `allowWarning` of its task make of one."""
        return soften(self.task, state)

    # ---- attempts -------------------------------------------------------------------------------------------------

    @property
    def attempts(self) -> list[Attempt] | None:
        """The tries so far; not to be changed in place."""
        at = self._attempts
        if isinstance(at, int):
            begun, state, ended = self.history[at + 1 : at + 4]
            return [Attempt([CREATED, begun, RUNNING, begun, state, ended])]
        return at

    @property
    def attempt_count(self) -> int:
        attempts = self._attempts
        return 1 if isinstance(attempts, int) else len(attempts) if attempts else 0

    def begin_attempt(self, when: int) -> list[Attempt]:
        """Another try begins; answers all of them."""
        found = [*(self.attempts or ()), Attempt([CREATED, when, RUNNING, when])]
        self._attempts = found
        return found

    def add_attempt(self, *history: Any) -> None:
        """A try that is over already, by its states and their times."""
        self._attempts = [*(self.attempts or ()), Attempt(list(history))]

    def only_attempt(self, *history: Any) -> None:
        """A try that is over already, in place of all before."""
        self._attempts = [Attempt(list(history))]

    def use_attempts(self, attempts: list[Attempt] | None) -> None:
        """Take over the tries that a worker knows."""
        self._attempts = attempts

    def end_attempt(self, state: str) -> None:
        """The last try, if there is one, ends now."""
        if self._attempts:
            self._attempts = self.attempts_when(state)

    def attempts_when(self, state: str) -> list[Attempt] | None:
        """The tries as they are once the last of them has ended."""
        attempts = self.attempts
        if not attempts:
            return attempts
        return [*attempts[:-1], attempts[-1].end(state, self.execution.clock.now())]

    def end_from_outside(self, state: str) -> None:
        """The last try ends now; one is made where there is none."""
        if self._attempts:
            self.end_attempt(state)
        else:
            self._attempts = [Attempt([state, self.execution.clock.now()])]

    def supersede(self) -> None:
        """The worker of the run is lost: its last try counts as superseded."""
        attempts = self.attempts
        if attempts and attempts[-1].state not in TERMINAL:
            self.end_attempt(RESUBMITTED)

    def compact(self) -> None:
        """Forget an attempt that the history of the run tells as well: loops leave many runs behind.

        What stays is where in the history it began.
        """
        attempts = self._attempts
        if isinstance(attempts, list) and len(attempts) == 1 and self.history[-4:-3] == [RUNNING]:
            told = attempts[0].history
            if len(told) == 6 and told[0] == CREATED and told[4] == self.state:
                self._attempts = len(self.history) - 4

    # ---- place ----------------------------------------------------------------------------------------------------

    @property
    def around(self) -> TaskRun | None:
        """The run of the flowable that it stands in, as long as that is part of the execution."""
        parent = self.parent
        return None if parent is None or parent.role == GONE else parent

    @property
    def orphaned(self) -> bool:
        """Whether the run that it stood below was taken out of the execution."""
        return self.parent is not None and self.around is None

    def stand_alone(self) -> None:
        """From now on it is part of no block."""
        self.parent = None
        self.role = ASIDE

    def values(self) -> list[str]:
        """The loop values around the run and its own, outermost first."""
        found: list[str] = []
        run: TaskRun | None = self
        while run is not None:
            if run.value is not None:
                found.append(run.value)
            run = run.around
        found.reverse()
        return found

    def __repr__(self) -> str:
        value = f"[{self.value}]" if self.value is not None else ""
        return f"<{self.task.id}{value} {self.state}>"


class LogRecord:
    """One log entry of an execution; `run` is None for what the execution itself logs.

    `value` is the loop value that people see. `frame` shows them where in the flow file the failure stands.
    """

    __slots__ = ("attempt", "execution", "frame", "level", "message", "run", "time", "value")

    def __init__(
        self, execution: Execution, run: TaskRun | None, level: str, message: str, attempt: int
    ) -> None:
        self.execution = execution
        self.run = run
        self.value = None if run is None else run.value
        self.level = level
        self.message = message
        self.attempt = attempt
        self.frame: str | None = None
        self.time = execution.clock.now()

    def continued(self, text: str) -> LogRecord:
        """What follows of a message that is too long for one record."""
        rest = LogRecord(self.execution, self.run, self.level, text, self.attempt)
        rest.value, rest.time = self.value, self.time
        return rest


def policy_of(run: TaskRun, flow: Flow) -> Retry | None:
    """How a run is tried again: the policy of its task, else that of the nearest block around that has one, else the flow's."""
    at: TaskRun | None = run
    while at is not None:
        if at.task.retry is not None:
            return at.task.retry
        at = at.parent
    return flow.retry


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
        self.labels: dict[str, Any] = {}
        self.label(labels or {})
        self.variables = flow.raw_variables
        self.trigger = trigger
        self.parent_id: str | None = None
        self.original_id = self.id
        self.attempt_number = 1
        self.created_date = self.history[1]
        self.starter: Execution | None = None
        """The execution that started this one, as a subflow or to try again."""
        self._depth = 0
        self.over = False
        """It has ended, and so have the lists that run after the end."""
        self.due: int | None = None
        """When an execution that takes its place begins (nanoseconds)."""
        self.program: dict[str, str] | None = None
        """What the program looked like that began it, for executions that a store keeps."""
        self.changed = False
        """It goes on with another program."""
        self.row = self.last_seq = self.last_log = 0
        """Its number in a store, and those of its last run and log record."""
        self.away = 0
        """How many runs are in the store alone, or in the past."""
        self.past: Any = None
        """What has left memory without a store (`flowrt.engine.past.Past`)."""
        self._made = 0
        self.runs: list[TaskRun] = []
        self.index: RunIndex | None = None
        """Its runs by task and value, made when an expression asks for them."""
        self.tree = OutputsTree(self.runs)
        self.logs: list[LogRecord] = []
        self.children: list[Execution] = []

    @property
    def terminal(self) -> bool:
        return self.state in TERMINAL

    @property
    def labels(self) -> dict[str, str]:
        return self.changing_labels.now

    @labels.setter
    def labels(self, labels: dict[str, str]) -> None:
        self.changing_labels = Changing(labels, 16)

    def add_labels(self, added: dict[str, str]) -> None:
        """More labels, or others in place of those of the same keys."""
        self.changing_labels.change(added.items(), added)

    @property
    def variables(self) -> dict[str, Any]:
        return self.changing_variables.now

    @variables.setter
    def variables(self, variables: dict[str, Any]) -> None:
        self.changing_variables = Changing(variables, 1)

    @property
    def has_variables(self) -> bool:
        """Whether it has any of its own, or had; what a Flow trigger has started has those that tasks set."""
        listens = str((self.trigger or {}).get("type")).endswith(".trigger.Flow")
        return self.flow.has_variables(self.variables, not listens)

    def merge_variables(self, new: dict[str, Any], changes: Changes) -> None:
        """Merge values into the variables: only programs that do so carry the rules by which it is done."""
        changing = self.changing_variables
        if not (changing.now and self.has_variables):
            self.variables = new
        elif new:
            changing.change(list(changes(changing.now, new, changing.given)), new)

    @property
    def outcome(self) -> Execution:
        """The execution that took its place when it was tried again as a new one; itself if none did."""
        at = self
        while True:
            after = next((one for one in at.children if one.parent_id == at.id), None)
            if after is None:
                return at
            at = after

    def depth(self) -> int:
        """How many executions have started one another until this one, which counts too."""
        unknown: list[Execution] = []
        at: Execution | None = self
        while at is not None and not at._depth:
            unknown.append(at)
            at = at.starter
        for each in reversed(unknown):
            above = each.starter
            # one that takes the place of another is no deeper than that
            deeper = above is None or above.original_id != each.original_id
            each._depth = (above._depth if above is not None else 0) + deeper
        return self._depth

    def enter(self, state: str) -> None:
        """Another state, now."""
        self.state = state
        self.history += (state, self.clock.now())

    def append(self, run: TaskRun) -> None:
        """Take a run into the list."""
        run.index = self._made
        self._made += 1
        self.runs.append(run)

    def label(self, given: dict[str, str]) -> None:
        """Begin with the labels of the flow and those that are given."""
        first = self.flow.labels.items()
        self.labels = {key: value for key, value in first if not key.startswith("system.")}
        self.labels.update({key: value for key, value in given.items() if key and value})
        self.labels.setdefault("system.correlationId", self.id)

    def remove(self, gone: set[TaskRun]) -> None:
        """Take runs out of the list. What stood below them and stays still names them (`GONE`)."""
        self.runs[:] = [run for run in self.runs if run not in gone]
        for run in self.runs:
            if run.parent in gone:
                run.parent.role = GONE
        if self.index is not None:
            self.index.stale()
        self.tree.stale()

    def put_away(self, ended: set[TaskRun]) -> None:
        """Drop runs from memory that nobody has to look at: rounds of loops that have ended."""
        self.runs[:] = [run for run in self.runs if run not in ended]
        if self.index is not None:
            self.index.stale()
        self.away += len(ended)
