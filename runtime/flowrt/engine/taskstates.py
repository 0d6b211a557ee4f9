"""The variable `tasks`: the state of each task, in loops by value.

Most expressions name one task, and an execution has many. So an entry is made when it is asked for, and all of them when
somebody lists them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.engine.runindex import RunIndex
from flowrt.java.growing import GrowingMap

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowrt.engine.ports import Engine
    from flowrt.engine.runindex import Indexed


class Lazy(GrowingMap):
    """A map whose entries are made when they are asked for. Whoever makes one holds the lock of the engine."""

    __slots__ = ("_complete", "_executor", "_when")

    def __init__(self, executor: Engine, when: int | None) -> None:
        super().__init__(copied=False)
        self._executor = executor
        self._when = when
        self._complete = False

    def _make(self, key: Any) -> Any:
        """The entry of a key; None when there is none."""
        raise NotImplementedError

    def _names(self) -> Iterable[Any]:
        """The keys that may have an entry, in order."""
        raise NotImplementedError

    def __missing__(self, key: Any) -> Any:
        if not self._complete:
            with self._executor.host.lock:
                found = self._make(key)
            if found is not None:
                return found
        raise KeyError(key)

    def get(self, key: Any, default: Any = None) -> Any:
        try:
            return self[key]
        except KeyError:
            return default

    def __contains__(self, key: object) -> bool:
        return self.get(key) is not None

    def __len__(self) -> int:
        self._fill()
        return super().__len__()

    def __reduce__(self) -> Any:
        # Another process gets all of them.
        return dict, (self.items(),)

    def _sorted(self) -> list[Any]:
        self._fill()
        return super()._sorted()

    def _fill(self) -> None:
        if not self._complete:
            with self._executor.host.lock:
                self.update((key, self._make(key)) for key in self._names())
                self._complete = True


class TaskStates(Lazy):
    """States by task. A task of a loop has a map of states by value."""

    __slots__ = ("_away",)

    def __init__(self, executor: Engine, when: int | None) -> None:
        super().__init__(executor, when)
        self._away: dict[str, dict[str | None, str]] | None = None

    def _names(self) -> Iterable[Any]:
        known = {**self.away(), **self.runs()}
        return [name for name in known if self._make(name) is not None]

    def _make(self, key: Any) -> Any:
        runs = self.runs().get(key)
        if runs is None:
            away = self.away().get(key)
            return ValueStates(self, key) if away and None not in away else _entry(away)
        if None in runs:
            return self.entry(runs[None])
        return ValueStates(self, key) if self.entry(next(iter(runs.values()))) else None

    def runs(self) -> dict[str, dict[str | None, list[Indexed]]]:
        """The runs in memory by task and value."""
        execution = self._executor.execution
        if execution.index is None:
            execution.index = RunIndex(execution.runs)
        return execution.index.update().tasks

    def entry(self, runs: list[Indexed]) -> dict[str, str] | None:
        """The entry of runs that take each other's place: the last one that was there counts."""
        when = self._when
        for run in reversed(runs):
            state = run.state if when is None else run.state_at(when)
            if state is not None:
                return {"state": state}
        return None

    def away(self) -> dict[str, dict[str | None, str]]:
        """The states of the runs that are in the store alone, by task and value."""
        if self._away is None:
            self._away = {}
            execution = self._executor.execution
            if execution.away:
                for task, value, state in self._executor.journal.ended_away(execution):
                    self._away.setdefault(task, {})[value] = state
        return self._away


def _entry(states: dict[str | None, str] | None) -> dict[str, str] | None:
    return {"state": states[None]} if states else None


class ValueStates(Lazy):
    """States of a task by the value of its round."""

    __slots__ = ("_states", "_task")

    def __init__(self, states: TaskStates, task: str) -> None:
        super().__init__(states._executor, states._when)
        self._states = states
        self._task = task

    def _names(self) -> Iterable[Any]:
        known = {**self._states.away().get(self._task, {}), **self._runs()}
        return [value for value in known if self._make(value) is not None]

    def _make(self, key: Any) -> Any:
        runs = self._runs().get(key)
        if runs is not None:
            return self._states.entry(runs)
        state = self._states.away().get(self._task, {}).get(key)
        return None if state is None else {"state": state}

    def _runs(self) -> dict[str | None, list[Indexed]]:
        return self._states.runs().get(self._task, {})
