"""What runs when an execution has its final state: the tasks of listeners, then `afterExecution`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.engine.execution import AFTER, LISTENER, TaskRun
from flowrt.engine.lines import Line, body_line
from flowrt.model.states import TERMINAL

if TYPE_CHECKING:
    from flowrt.engine.ports import Engine
    from flowrt.model.blocks import BlockBody


class AfterLists:
    """Two sequential lists that start when the execution is terminal. They change no state."""

    def __init__(self, executor: Engine) -> None:
        self._executor = executor
        self._lists: list[tuple[int, list[Line], list[TaskRun]]] | None = None

    def reset(self) -> None:
        """Forget what ran: the execution lives again."""
        self._lists = None

    def _start(self) -> list[tuple[int, list[Line], list[TaskRun]]]:
        if self._lists is None:
            executor = self._executor
            root = executor.flow.root

            def begin(body: BlockBody) -> Line:
                return body_line(body)

            self._lists = []
            if root.listeners:
                from flowrt.engine.conditions import listens

                valid = [body for given, body in root.listeners if listens(given, executor)]
                if valid:
                    self._lists.append((LISTENER, [begin(body) for body in valid], []))
            if root.after_bodies:
                self._lists.append((AFTER, [begin(body) for body in root.after_bodies], []))
            for role, lines, runs in self._lists:
                runs.extend(
                    run for run in executor.execution.runs if run.role == role and not run.parent
                )
                for _ in runs:
                    line = next((one for one in lines if one.peek() is not None), None)
                    if line is not None:
                        line.take()
        return self._lists

    def over(self) -> bool:
        """Nothing of the lists is left to do."""
        root = self._executor.flow.root
        if not root.after_bodies and not root.listeners:
            return True
        return all(
            not self._executor.root.unended[role] and all(one.peek() is None for one in lines)
            for role, lines, _ in self._start()
        )

    def nexts(self) -> list[TaskRun]:
        """The next task, if its turn has come."""
        root = self._executor.flow.root
        if not root.after_bodies and not root.listeners:
            return []
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
