"""The declaration of a flow, as generated modules write it: tasks as data, blocks as coroutines."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeAlias, overload

from flowrt.engine.lines import Line, NoCase, Request
from flowrt.engine.runs import ERRORS, FINALLY, MAIN

if TYPE_CHECKING:
    from flowrt.control.base import Flowable
    from flowrt.engine.execution import Execution
    from flowrt.engine.frames import Frame
    from flowrt.engine.lines import Body
    from flowrt.program.options import RunOptions
    from flowrt.tasks.base import Retry, Task

BlockBody: TypeAlias = "Callable[..., Coroutine[Any, Any, None]]"
"""The coroutine of a list of tasks: it takes a `Run`, in a loop the value of the round as well."""
Target: TypeAlias = "Call | Block | After"


class Run:
    """The face of a running block to its coroutine."""

    __slots__ = ("_frame", "_value")

    def __init__(self, frame: Frame | None, value: Any = None) -> None:
        self._frame = frame
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


class Block:
    """A flowable with the coroutines of its lists."""

    __slots__ = ("errors_body", "finally_body", "main_body", "name", "options", "task")

    def __init__(
        self, task: Flowable, body: BlockBody | None, options: dict[str, Any] | None = None
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

    def start(self, frame: Frame, role: int) -> Line:
        """The coroutine of one of the lists."""
        if role == MAIN:
            return self.task.start(frame)
        body = self.errors_body if role == ERRORS else self.finally_body
        return Line((lambda: body(Run(frame))) if body is not None else None)

    def line(self, frame: Frame | None, value: Any = None) -> Line:
        """The main list as a line of its own, for a value where the block has one. One that is read only needs no frame."""
        body = self.main_body
        return Line((lambda: self.begin(frame, value)) if body is not None else None)

    def begin(self, frame: Frame | None, value: Any) -> Body:
        """The main coroutine for a value."""
        assert self.main_body is not None
        run = Run(frame, value)
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

    def start(self, frame: Frame, role: int) -> Line:
        body = {MAIN: self.main_body, ERRORS: self.errors_body, FINALLY: self.finally_body}[role]
        return Line((lambda: body(Run(frame))) if body is not None else None)


class Concurrency:
    """How many executions of the flow may run at once, and what happens to the others."""

    __slots__ = ("behavior", "limit")

    def __init__(self, limit: int, behavior: str = "QUEUE") -> None:
        self.limit = limit
        self.behavior = behavior


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


def without_nulls(value: Any) -> Any:
    """Maps without their null entries, at every depth: what is stored as JSON."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value


class Flow:
    """A compiled flow: what it declares, its tasks, and the coroutines of its lists."""

    def __init__(
        self,
        id: str,
        namespace: str,
        *,
        description: str | None = None,
        labels: dict[str, str] | None = None,
        inputs: list[Any] | None = None,
        variables: dict[str, Any] | None = None,
        outputs: list[Any] | None = None,
        retry: Retry | None = None,
        concurrency: Concurrency | None = None,
        sla: list[Sla] | None = None,
        checks: list[Check] | None = None,
        revision: int = 1,
        disabled: bool = False,
    ) -> None:
        self.id = id
        self.namespace = namespace
        self.description = description
        self.labels = labels or {}
        self.inputs = inputs or []
        self.variables = variables or {}
        self.raw_variables = without_nulls(self.variables)
        self.outputs = outputs
        self.retry = retry
        self.concurrency = concurrency
        self.sla = sla or []
        self.checks = checks or []
        self.revision = revision
        self.disabled = disabled
        self.root = Root()
        self.declared: dict[str, Task] = {}
        self.places: dict[str, str] = {}
        self.source_name = ""
        self.others: list[Flow | Callable[[], Flow]] = []

    # ---- declarations ---------------------------------------------------------------------------------------------

    @overload
    def task(self, task: Flowable) -> Block: ...  # type: ignore[overload-overlap]

    @overload
    def task(self, task: AnyTask) -> AnyTask: ...

    def task(self, task: Any) -> Any:
        """Declare a task that has no tasks of its own; of a flowable the answer is its block."""
        self.declared[task.id] = task
        return Block(task, None) if task.is_flowable else task

    def block(self, task: Flowable, **options: Any) -> Callable[[BlockBody | None], Block]:
        """Declare a flowable; decorates the coroutine of its tasks."""
        self.declared[task.id] = task

        def decorate(body: BlockBody | None = None) -> Block:
            return Block(task, body, options)

        return decorate

    def tasks(self, body: BlockBody) -> BlockBody:
        """Decorate the main tasks."""
        self.root.main_body = body
        return body

    def errors(self, body: BlockBody) -> BlockBody:
        """Decorate the tasks that run when the flow has failed."""
        self.root.errors_body = body
        return body

    def finally_(self, body: BlockBody) -> BlockBody:
        """Decorate the tasks that run at the end, failed or not, before the state is final."""
        self.root.finally_body = body
        return body

    def after_execution(self, body: BlockBody) -> BlockBody:
        """Decorate the tasks that run when the state is final."""
        self.root.after_bodies.append(body)
        return body

    def listener(self, conditions: list[Any]) -> Callable[[BlockBody], BlockBody]:
        """Decorate the tasks of a listener."""

        def decorate(body: BlockBody) -> BlockBody:
            self.root.listeners.append((conditions, body))
            return body

        return decorate

    def knows(self, *others: Flow | Callable[[], Flow]) -> None:
        """Flows (or functions that build them) that subflows of this one may start."""
        self.others.extend(others)

    def source(self, name: str, places: dict[str, str]) -> None:
        """The file that this flow was compiled from, and where its tasks and expressions stand in it."""
        self.source_name = name
        self.places = places

    # ---- running --------------------------------------------------------------------------------------------------

    def main(self, argv: list[str] | None = None, command: list[str] | None = None) -> None:
        """The program of the flow: parse the command line, run, exit.

        `command` starts the same program again, for the processes of `--executor process`; by default that of this process.
        """
        import sys

        from flowrt.program import main

        sys.exit(main(self, argv, command))

    def execute(self, options: RunOptions) -> Execution:
        """Run the flow to its end (or to a pause) and answer the execution.

        Raises `flowrt.inputs.errors.InputError` for refused inputs, `CheckError` for a check that blocks.
        """
        from flowrt.engine.start import execute

        return execute(self, options)

    def resume(self, id: str, options: RunOptions) -> Execution:
        """Let an execution of a store go on that is paused, or whose process died.

        Raises `flowrt.inputs.errors.Refusal` when it has ended or another process holds it, `InputError` for values
        that the Pause refuses, `flowrt.store.errors.StoreError` when the store cannot be used.
        """
        from flowrt.store.actions import resume

        return resume(self, id, options)

    def restart(self, id: str, options: RunOptions) -> Execution:
        """Run what failed in an execution of a store again. Raises as `resume`."""
        from flowrt.store.actions import restart

        return restart(self, id, options)

    def replay(self, id: str, task: str, options: RunOptions) -> Execution:
        """A new execution that begins at a task of an old one, from the start without a task. Raises as `resume`."""
        from flowrt.store.actions import replay

        return replay(self, id, task, options)

    def kill(self, id: str, options: RunOptions) -> Execution:
        """End an execution of a store, in whatever process it runs. Raises as `resume`."""
        from flowrt.store.actions import kill

        return kill(self, id, options)

    def change_state(self, id: str, task: str, state: str, options: RunOptions) -> Execution:
        """Give a task run of an ended execution another state; the execution goes on from there. Raises as `resume`."""
        from flowrt.store.actions import change_state

        return change_state(self, id, task, state, options)

    def executions(self, store: str | None) -> list[dict[str, Any]]:
        """The documents of the executions of a store, without task runs and logs. Raises `StoreError`."""
        from flowrt.program.options import RunOptions
        from flowrt.store.actions import executions

        return executions(self, RunOptions(store=store))

    def document(self, id: str, store: str | None) -> dict[str, Any]:
        """The document of an execution of a store. Raises `Refusal` when there is none with that id."""
        from flowrt.program.options import RunOptions
        from flowrt.store.actions import document

        return document(self, id, RunOptions(store=store))

    def asks_people(self) -> bool:
        """Whether it, or a flow that it starts, may wait for somebody to resume it."""
        return any(
            task.waits_for_people()
            for flow in self.known().values()
            for task in flow.declared.values()
        )

    def find(self, namespace: str, flow_id: str) -> Flow | None:
        """This flow or one that it knows, by name."""
        return self.known().get((namespace, flow_id))

    def known(self) -> dict[tuple[str, str], Flow]:
        """All flows that can be started from here."""
        found: dict[tuple[str, str], Flow] = {(self.namespace, self.id): self}
        waiting = list(self.others)
        while waiting:
            other = waiting.pop(0)
            flow = other if isinstance(other, Flow) else other()
            if (flow.namespace, flow.id) not in found:
                found[flow.namespace, flow.id] = flow
                waiting.extend(flow.others)
        return found


if TYPE_CHECKING:
    from typing import TypeVar

    AnyTask = TypeVar("AnyTask", bound=Task)
