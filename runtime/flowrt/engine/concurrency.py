"""How many executions of a flow run at once, and what becomes of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.engine.lifecycle import last_open
from flowrt.model.states import CANCELLED, FAILED, QUEUED, RETRYING, RUNNING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from flowrt.engine.execution import Execution
    from flowrt.engine.ports import Engine

_STATES = {"QUEUE": QUEUED, "CANCEL": CANCELLED, "FAIL": FAILED}


class Slots:
    """The places that the executions of this process hold, as many a flow as its limit."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str], dict[str, None]] = {}
        self._going_on: dict[str, Callable[[], None]] = {}
        """What those do that had begun before they came to wait, when they have their place."""

    def take(self, executor: Engine) -> bool:
        """Take a place for an execution, if one is free."""
        flow, limit = executor.flow, executor.flow.concurrency
        held = self._held.setdefault((flow.namespace, flow.id), {})
        if limit is not None and len(held.keys() - {executor.execution.id}) >= limit.limit:
            return False
        held[executor.execution.id] = None
        return True

    def free(self, executor: Engine) -> None:
        """Give the place of an execution back."""
        flow = executor.flow
        self._held.get((flow.namespace, flow.id), {}).pop(executor.execution.id, None)

    def held(self, executor: Engine) -> Collection[str]:
        """The executions that have the places of the flow of one, by their ids."""
        return self._held.get((executor.flow.namespace, executor.flow.id), {})

    def admit(self, executor: Engine) -> None:
        """An execution begins (again): it runs, waits for its turn, or ends at once."""
        limit = executor.flow.concurrency
        assert limit is not None
        if self.take(executor):
            executor.move_execution(RUNNING)
            return
        state = _STATES[limit.behavior]
        if state == FAILED:
            executor.log(None, "ERROR", "Execution is FAILED due to concurrency limit exceeded")
        executor.move_execution(state)

    def admit_waiting(self, executors: Mapping[str, Engine]) -> None:
        """Let executions run that waited for their turn, the oldest first."""
        for executor in list(executors.values()):
            execution = executor.execution
            if execution.state == QUEUED and self.take(executor):
                waited_to_retry = RETRYING in execution.history[-4:-3]
                executor.move_execution(RETRYING if waited_to_retry else RUNNING)
                self.let_go_on(executor)

    def take_up(self, executor: Engine, go_on: Callable[[], None]) -> None:
        """An execution whose process died goes on, when it has its place again."""
        go_on()

    def wait_to_go_on(self, executor: Engine, go_on: Callable[[], None]) -> None:
        """An execution that has begun waits for a place: then `go_on` brings it back to where it was."""
        if executor.execution.state != QUEUED:
            executor.log(None, "INFO", f"The execution waits for its turn: {_limit_of(executor)}")
            executor.move_execution(QUEUED)
        self._going_on[executor.execution.id] = go_on

    def let_go_on(self, executor: Engine) -> None:
        """An execution does not wait any more: it has a place, or was stopped."""
        go_on = self._going_on.pop(executor.execution.id, None)
        if go_on is not None:
            go_on()

    # ---- standing still -----------------------------------------------------------------------------------------------

    def may_change(self, living: Iterable[Engine]) -> bool:
        """Whether executions that wait may get a place without this process."""
        return False

    def behind(self, found: Mapping[str, Engine]) -> list[Execution]:
        """Of those that may wait for ever, the ones that wait for a place which somebody else has."""
        return [
            each.execution
            for each in found.values()
            if each.execution.state == QUEUED and any(id not in found for id in self.held(each))
        ]

    def tell(self, executors: Mapping[str, Engine], say: Callable[[str], None]) -> None:
        """Say which executions wait, and behind whom."""
        for executor in executors.values():
            execution = executor.execution
            if execution.state == QUEUED:
                say(
                    f"{execution.flow_id} {execution.id} waits for its turn behind"
                    f" {', '.join(self.held(executor))}: {_limit_of(executor)}"
                )

    def unlock(self, executors: Mapping[str, Engine]) -> bool:
        """Whether an execution waits for a place whose holders wait for it; the last of them fails."""
        for id, executor in reversed(list(executors.items())):
            if executor.execution.state == QUEUED and id in self._reached(executor, executors):
                self._fail(executor)
                return True
        return False

    def _reached(self, first: Engine, executors: Mapping[str, Engine]) -> set[str]:
        """The executions that one waits for, and those that they wait for, by their ids."""
        found: set[str] = set()
        left = [*self._awaited(first)]
        while left:
            id = left.pop()
            if id not in found and id in executors and not executors[id].over:
                found.add(id)
                left += self._awaited(executors[id])
        return found

    def _awaited(self, executor: Engine) -> Iterable[str]:
        execution = executor.execution
        if execution.state == QUEUED:
            return self.held(executor)
        return [child.outcome.id for child in execution.children]

    def _fail(self, executor: Engine) -> None:
        executor.log(
            None,
            "ERROR",
            f"FR103: the execution would wait for ever: {_limit_of(executor)}, and who has the place waits for this one."
            " Raise the limit, or let nobody wait for a subflow that starts the flow again",
        )
        last = last_open(executor)
        if last is not None:
            last.end_from_outside(FAILED)
            executor.force(last, FAILED, for_good=True)
        executor.move_execution(FAILED)
        executor.host.interrupt(executor)


def _limit_of(executor: Engine) -> str:
    flow, limit = executor.flow, executor.flow.concurrency
    assert limit is not None
    return f"the flow {flow.namespace}.{flow.id} has a concurrency limit of {limit.limit}"
