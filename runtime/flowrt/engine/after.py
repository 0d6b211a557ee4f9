"""What runs when an execution has its final state: the tasks of listeners, then `afterExecution`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.engine.execution import AFTER, LISTENER, TaskRun
from flowrt.engine.flowable import Executable
from flowrt.engine.lines import Line, body_line, steps
from flowrt.model.states import KILLED, TERMINAL

if TYPE_CHECKING:
    from flowrt.engine.ports import Engine
    from flowrt.model.blocks import BlockBody


class AfterLists:
    """Two sequential lists that start when the execution is terminal. They change no state."""

    def __init__(self, executor: Engine) -> None:
        self._executor = executor
        self._lists: list[tuple[int, list[Line], list[TaskRun]]] | None = None

    def _start(self) -> list[tuple[int, list[Line], list[TaskRun]]]:
        if self._lists is None:
            executor = self._executor
            root = executor.flow.root

            self._lists = []
            if root.listeners:
                from flowrt.engine.conditions import listens

                valid = [body for given, body in root.listeners if listens(given, executor)]
                if valid:
                    self._lists.append(self._begin(LISTENER, valid))
            if root.after_bodies:
                self._lists.append(self._begin(AFTER, root.after_bodies))
        return self._lists

    def _begin(self, role: int, bodies: list[BlockBody]) -> tuple[int, list[Line], list[TaskRun]]:
        """Lists that have come behind all that has run of them."""
        execution = self._executor.execution
        runs = [run for run in execution.runs if run.role == role and not run.parent]
        lines = [body_line(body) for body in bodies]
        if runs:
            ran = {run.task.id for run in runs}
            for line, body in zip(lines, bodies, strict=True):
                names = [each.task.id for each in steps(body_line(body))]
                for _ in range(
                    max((n for n, name in enumerate(names, 1) if name in ran), default=0)
                ):
                    line.peek()
                    line.take()
        return role, lines, runs

    def over(self) -> bool:
        """Nothing of the lists is left to do."""
        return all(
            not self._executor.root.unended[role] and all(one.peek() is None for one in lines)
            for role, lines, _ in self._start()
        )

    def waits(self) -> bool:
        """Whether work of a killed execution, or what a task has started, is yet to end: what runs behind the end sees it ended."""
        executor = self._executor
        execution, host = executor.execution, executor.host
        if execution.state != KILLED:
            return False
        if any(each.executor is executor and not each.run.force for each in host.assigned):
            return True
        runs = any(not run.terminal and isinstance(run.task, Executable) for run in execution.runs)
        return runs and any(not host.executors[each.outcome.id].over for each in execution.children)

    def nexts(self) -> list[TaskRun]:
        """The next task, if its turn has come."""
        for role, lines, runs in self._start():
            if runs and runs[-1].state not in TERMINAL:
                return []
            for line in lines:
                request = line.peek()
                if request is not None:
                    line.take()
                    run = self._executor.root.make(request, role)
                    run.force = role == AFTER
                    runs.append(run)
                    return [run]
        return []
