"""The declaration of a flow, as generated modules write it: tasks as data, blocks as coroutines."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, overload

from flowrt.java.values import without_nulls
from flowrt.model.blocks import Block, BlockBody, BlockTask, Root

if TYPE_CHECKING:
    from flowrt.model.promises import Check, Sla
    from flowrt.model.task import Retry, Task
    from flowrt.model.triggers import Trigger

AnyTask = TypeVar("AnyTask", bound="Task")


class Concurrency:
    """How many executions of the flow may run at once, and what happens to the others."""

    __slots__ = ("behavior", "limit")

    def __init__(self, limit: int, behavior: str = "QUEUE") -> None:
        self.limit = limit
        self.behavior = behavior


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
        triggers: list[Trigger] | None = None,
        revision: int = 1,
        disabled: bool = False,
    ) -> None:
        self.id = id
        self.namespace = namespace
        self.description = description
        self.labels = labels or {}
        self.inputs = inputs or []
        self.variables = variables or {}
        self._declares_variables = variables is not None
        self.raw_variables = without_nulls(self.variables)
        self.outputs = outputs
        self.retry = retry
        self.concurrency = concurrency
        self.sla = sla or []
        self.checks = checks or []
        self.triggers = {each.id: each for each in triggers or ()}
        self.revision = revision
        self.disabled = disabled
        self.root = Root()
        self.declared: dict[str, Task] = {}
        self.places: dict[str, str] = {}
        self.source_name = ""
        self.others: list[Flow | Callable[[], Flow]] = []
        self.hearers: list[Flow | Callable[[], Flow]] = []

    # ---- declarations ---------------------------------------------------------------------------------------------

    @overload
    def task(self, task: BlockTask) -> Block: ...  # type: ignore[overload-overlap]

    @overload
    def task(self, task: AnyTask) -> AnyTask: ...

    def task(self, task: Any) -> Any:
        """Declare a task that has no tasks of its own; of a flowable the answer is its block."""
        self.declared[task.id] = task
        return Block(task, None) if isinstance(task, BlockTask) else task

    def block(self, task: BlockTask, **options: Any) -> Callable[[BlockBody | None], Block]:
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

    def heard_by(self, *others: Flow | Callable[[], Flow]) -> None:
        """Flows (or functions that build them) whose Flow triggers listen to what this program executes."""
        self.hearers.extend(others)
        self.others.extend(others)

    def source(self, name: str, places: dict[str, str]) -> None:
        """The file that this flow was compiled from, and where its tasks and expressions stand in it."""
        self.source_name = name
        self.places = places

    # ---- what is known of it --------------------------------------------------------------------------------------

    def asks_people(self) -> bool:
        """Whether it, or a flow that it starts, may wait for somebody to resume it."""
        return any(
            task.waits_for_people()
            for flow in self.known().values()
            for task in flow.declared.values()
        )

    def has_variables(self, variables: dict[str, Any], declared: bool = True) -> bool:
        """Whether an execution with these has any at all: those that are `declared` count, or those set by a task."""
        return (declared and self._declares_variables) or variables is not self.raw_variables

    def find(self, namespace: str, flow_id: str) -> Flow | None:
        """This flow or one that it knows, by name."""
        return self.known().get((namespace, flow_id))

    def hearing(self) -> list[tuple[str, str]]:
        """The names of the flows that listen to what this program executes."""
        flows = (each if isinstance(each, Flow) else each() for each in self.hearers)
        return [(flow.namespace, flow.id) for flow in flows]

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
