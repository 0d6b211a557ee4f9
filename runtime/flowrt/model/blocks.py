"""Blocks of a generated module: coroutines that say what is to run, and the tasks that they belong to."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from flowrt.model.task import Task

if TYPE_CHECKING:
    from flowrt.model.declare import TASKS, prop

Body: TypeAlias = Coroutine[Any, None, None]
BlockBody: TypeAlias = "Callable[..., Coroutine[Any, Any, None]]"
"""The coroutine of a list of tasks: it takes a `Run`, in a loop the value of the round as well."""
Target: TypeAlias = "Call | Block | After"


class Run:
    """The face of a running block to its coroutine."""

    __slots__ = ("_value",)

    def __init__(self, value: Any = None) -> None:
        self._value = value

    def __call__(self, target: Task | Block) -> Request:
        """Run a task or block; to be awaited. Goes on when it has ended without a final failure."""
        return Request((target if isinstance(target, Block) else Call(target),))

    def all(self, *targets: Task | Block | After) -> Request:
        """Run tasks and blocks at the same time, as many as the block's limit allows; to be awaited."""
        return Request(tuple(t if isinstance(t, (Block, After)) else Call(t) for t in targets))

    @property
    def condition(self) -> bool:
        """The result of an If."""
        return bool(self._value)

    @property
    def value(self) -> str:
        """The rendered value of a Switch, the current value of a loop."""
        return str(self._value)

    def no_case(self) -> None:
        """No case fits and there are no defaults: the Switch fails."""
        raise NoCase


class Call:
    """A leaf task as the target of a request."""

    __slots__ = ("task",)

    def __init__(self, task: Task) -> None:
        self.task = task


class After:
    """A target that waits for others of the same Dag."""

    __slots__ = ("depends_on", "target", "task")

    def __init__(self, target: Task | Block, depends_on: tuple[str, ...]) -> None:
        self.target = target
        self.task = target.task if isinstance(target, Block) else target
        self.depends_on = depends_on


def after(target: Task | Block, *others: Task | Block) -> After:
    """In a Dag: `target` starts when the others have ended."""
    return After(target, tuple((o.task if isinstance(o, Block) else o).id for o in others))


class BlockTask(Task):
    """A task with lists of tasks of its own, which it decides about; what that takes the engine defines."""

    is_loop: ClassVar[bool] = False
    """It has rounds that do not look at each other."""

    if TYPE_CHECKING:
        block: Block = prop(TASKS, init=False)
        """Its lists, set when the flow is declared."""


class Block:
    """A flowable with the coroutines of its lists."""

    __slots__ = ("errors_body", "finally_body", "main_body", "name", "options", "task")

    def __init__(
        self, task: BlockTask, body: BlockBody | None, options: dict[str, Any] | None = None
    ) -> None:
        self.task = task
        self.main_body = body
        self.errors_body: BlockBody | None = None
        self.finally_body: BlockBody | None = None
        self.options = options or {}
        task.block = self

    @property
    def id(self) -> str:
        return self.task.id

    def errors(self, body: BlockBody) -> BlockBody:
        """Decorate the tasks that run after a failure in this block."""
        self.errors_body = body
        return body

    def finally_(self, body: BlockBody) -> BlockBody:
        """Decorate the tasks that run at the end of this block, failed or not."""
        self.finally_body = body
        return body

    def begin(self, value: Any) -> Body:
        """The main coroutine for a value."""
        assert self.main_body is not None
        run = Run(value)
        return self.main_body(run, value) if self.task.is_loop else self.main_body(run)


class Root:
    """The lists of the flow itself, in the shape of a block."""

    __slots__ = ("after_bodies", "errors_body", "finally_body", "listeners", "main_body", "options")

    task = None

    def __init__(self) -> None:
        self.main_body: BlockBody | None = None
        self.errors_body: BlockBody | None = None
        self.finally_body: BlockBody | None = None
        self.after_bodies: list[BlockBody] = []
        self.listeners: list[tuple[list[Any], BlockBody]] = []
        self.options: dict[str, Any] = {}


class NoCase(Exception):
    """No case of a Switch fits and it has no defaults."""


class Request:
    """What a block awaits: targets that it wants to run, one after the other or at the same time."""

    __slots__ = ("targets",)

    def __init__(self, targets: tuple[Target, ...]) -> None:
        self.targets = targets

    @property
    def place(self) -> tuple[str, str | None]:
        """Where it stands in a list: its task, and in loops the value."""
        return self.targets[0].task.id, None

    def __await__(self) -> Generator[Request, None, None]:
        yield self


class Want(Request):
    """A request with the loop value it is made for."""

    __slots__ = ("chain", "iteration", "value")

    def __init__(
        self,
        targets: tuple[Target, ...],
        value: str | None,
        iteration: int | None,
        chain: int = 0,
    ) -> None:
        super().__init__(targets)
        self.value = value
        self.iteration = iteration
        self.chain = chain

    @property
    def place(self) -> tuple[str, str | None]:
        return self.targets[0].task.id, self.value
