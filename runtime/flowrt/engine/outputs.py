"""The variable `outputs`: what the task runs of an execution gave, by task and loop values.

Kept up to date as runs end, because building it anew for every task would cost the square of their number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowrt.engine.runs import TaskRun


def merge_deep(into: dict[str, Any], other: dict[str, Any]) -> None:
    """Merge maps key by key, at every depth; lists are concatenated."""
    for key, value in other.items():
        old = into.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            merge_deep(old, value)
        elif isinstance(old, list) and isinstance(value, list):
            into[key] = old + value
        else:
            into[key] = _own(value)


def _own(value: Any) -> Any:
    """A copy of the maps, so that merging into the tree leaves the outputs of the run alone."""
    if isinstance(value, dict):
        return {key: _own(item) for key, item in value.items()}
    return value


class OutputsTree:
    """Address: task id, the values of the ancestors that have one (outermost first), the own value, then the fields.

    Runs with an `iteration` merge deeply; a run without one takes the place of what was there at the first level,
    which loses data below two loops. Kestra does the same.
    """

    __slots__ = ("_last", "_runs", "_stale", "_tree")

    def __init__(self, runs: list[TaskRun]) -> None:
        self._runs = runs
        self._tree: dict[str, Any] = {}
        self._last: dict[str, int] = {}
        self._stale = False

    def stale(self) -> None:
        """Runs were removed or changed their outputs: build it anew when it is read."""
        self._stale = True

    def add(self, run: TaskRun) -> None:
        """A run has outputs now."""
        if self._stale or run.outputs is None:
            return
        task_id = run.task.id
        last = self._last.get(task_id)
        if (last is None and run.index < max(self._last.values(), default=-1)) or (
            last is not None and run.index < last
        ):
            # Out of order: the keys would stand in another order than the runs do.
            self._stale = True
            return
        self._last[task_id] = run.index
        self._put(run)

    def _put(self, run: TaskRun) -> None:
        assert run.outputs is not None
        task_id = run.task.id
        values = run.values()
        if not values:
            if run.iteration is not None and isinstance(self._tree.get(task_id), dict):
                merge_deep(self._tree[task_id], run.outputs)
            else:
                self._tree[task_id] = _own(run.outputs)
            return
        level: dict[str, Any] = self._tree.setdefault(task_id, {})
        if not run.outputs:
            return
        if run.iteration is None:
            branch: dict[str, Any] = _own(run.outputs)
            for value in reversed(values[1:]):
                branch = {value: branch}
            level[values[0]] = branch
            return
        for value in values:
            level = level.setdefault(value, {})
        merge_deep(level, run.outputs)

    def read(self) -> dict[str, Any]:
        """The tree. Not to be changed by the reader."""
        if self._stale:
            self._tree = {}
            self._last = {}
            self._stale = False
            for run in self._runs:
                if run.outputs is not None:
                    self._last[run.task.id] = run.index
                    self._put(run)
        return self._tree
