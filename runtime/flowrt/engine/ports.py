"""What the parts of the engine know of each other: the executor of an execution, and the process that it lives in.

The classes are `flowrt.engine.executor.Executor` and `flowrt.engine.host.Host`. Whoever is called by them, or is handed
one, knows it by these protocols; so imports run one way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from flowrt.engine.execution import LogRecord, Owner

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flowrt.engine.attempt import Attempt, History
    from flowrt.engine.execution import Execution, TaskRun
    from flowrt.engine.journal import Journal
    from flowrt.engine.results import Result
    from flowrt.engine.services import Services
    from flowrt.engine.work import Report
    from flowrt.model.clock import Clock, Ids
    from flowrt.model.flow import Flow
    from flowrt.model.task import Task


class Lock(Protocol):
    """A lock that its holder may take again."""

    def __enter__(self) -> Any: ...
    def __exit__(self, *error: Any) -> Any: ...
    def acquire(self) -> Any: ...
    def release(self) -> Any: ...


class Watch(Protocol):
    """The promises of an execution."""

    unheard: bool

    def check_assertions(self) -> None: ...


class OwnRetries(Protocol):
    """The retry policies of an execution."""

    def due_by_own_policy(self, run: TaskRun) -> bool: ...
    def try_again(self, run: TaskRun) -> None: ...


class Places(Protocol):
    """How many executions of a flow may run at once."""

    def admit(self, executor: Any) -> None: ...
    def behind(self, found: Mapping[str, Engine]) -> list[Execution]: ...


class Root(Owner, Protocol):
    """The frame of the flow itself."""

    unended: list[int]

    def make(self, request: Any, role: int, target: int = 0) -> TaskRun: ...
    def fold(self, default: str = "SUCCESS") -> str: ...


class Labour(Protocol):
    """A worker, as far as an attempt speaks to it."""

    def interrupt(self, assignment: Any) -> None: ...


class Listening(Protocol):
    """Flows that hear of executions."""

    def hear(self, engine: Engine) -> None: ...


class Process(Protocol):
    """The process that executions live in."""

    services: Services
    clock: Clock
    ids: Ids
    known: dict[tuple[str, str], Flow]
    busy: int
    wants_trace: bool
    deepest: int

    @property
    def flow_triggers(self) -> Listening | None: ...
    @property
    def journal(self) -> Journal: ...
    @property
    def lock(self) -> Lock: ...
    @property
    def ready(self) -> Any:
        """The executors that a pass is due for."""

    @property
    def executors(self) -> Any:
        """The executors of the process, by the ids of their executions."""

    @property
    def assigned(self) -> set[Any]:
        """The attempts that the worker has, begun or not."""

    @property
    def awaited(self) -> dict[Any, Callable[[], None]]:
        """Executions whose place others will take, and what begins these."""

    @property
    def worker(self) -> Labour: ...
    @property
    def slots(self) -> Places: ...
    def start(self, execution: Execution) -> Engine: ...
    def complete(self, execution: Execution) -> None: ...
    def assign(self, assignment: Any) -> None: ...
    def reported(self, assignment: Any, report: Report) -> None: ...
    def hear(self, what: Callable[[], None]) -> None: ...
    def order(self, what: Callable[[], None]) -> None: ...
    def interrupt(self, executor: Any) -> None: ...
    def log_of(self, id: str) -> list[dict[str, Any]]: ...
    def resume_elsewhere(self, id: str, inputs: dict[str, Any] | None) -> None: ...
    def kill_started(self, executor: Any) -> None: ...
    def lives(self, executor: Any, lives: bool) -> None: ...
    def ended(self, executor: Any) -> None: ...
    def later(self, date: int, act: Callable[[], None]) -> None: ...
    def at(self, date: int, act: Callable[[], None]) -> None: ...
    def record(self, entry: LogRecord) -> None: ...


class Engine(Protocol):
    """What drives one execution of a flow."""

    execution: Execution
    clock: Clock
    flow: Flow
    error: BaseException | None
    killed: bool
    over: bool
    heard: str
    changers: dict[Task, bool]
    failed: list[TaskRun]
    stuck: dict[Any, Exception]
    on_over: list[Callable[[], None]]
    on_again: list[Callable[[Engine], None]]

    @property
    def host(self) -> Process: ...
    @property
    def journal(self) -> Journal: ...
    @property
    def root(self) -> Root: ...
    @property
    def slas(self) -> Watch | None: ...
    @property
    def retries(self) -> OwnRetries: ...
    def due(self, run: TaskRun) -> tuple[Any, int] | None: ...
    def wake(self, frame: Any = None) -> None: ...
    def when_over(self, tell: Callable[[], None]) -> None: ...
    def ask(self, order: Callable[[], None]) -> None: ...
    def refuse_work(self) -> None: ...
    def drop_waiting(self) -> None: ...
    def apply(self, result: Result) -> None: ...
    def force(self, run: TaskRun, state: str, *, for_good: bool = False) -> None: ...
    def replaced(
        self,
        run: TaskRun,
        history: History,
        attempts: list[Attempt],
        outputs: dict[str, Any] | None,
    ) -> None: ...
    def move(self, run: TaskRun, state: str, when: int | None = None) -> None: ...
    def give_up(self, run: TaskRun, state: str) -> None: ...
    def adopt(self, run: TaskRun) -> None: ...
    def reopen(self, run: TaskRun) -> None: ...
    def forget(self, runs: set[TaskRun]) -> None: ...
    def move_execution(self, state: str) -> None: ...
    def log(
        self,
        run: TaskRun | None,
        level: str,
        text: str,
        attempt: int | None = None,
        error: BaseException | None = None,
        when: int | None = None,
    ) -> None: ...
    def trace(self, run: TaskRun | None, error: BaseException) -> None: ...
