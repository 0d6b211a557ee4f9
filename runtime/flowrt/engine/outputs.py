"""The variable `outputs`: what the task runs of an execution gave, by task and loop values.

Kept up to date as runs end, because building it anew for every task would cost the square of their number. Its maps
show their entries in the order of Java's hash maps, as templates print them; they are put into that order when
somebody looks at it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from flowrt.java.growing import GrowingMap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flowrt.model.task import Task


def shown(value: Any) -> Any:
    """The outputs of a run as expressions see them: its maps are copied into hash maps."""
    if not isinstance(value, dict) or isinstance(value, GrowingMap):
        return value
    if len(value) < 2 and not any(isinstance(item, dict) for item in value.values()):
        return value
    found = GrowingMap(0)
    for key, item in value.items():
        dict.__setitem__(found, key, shown(item))
    return found


def _merge(into: GrowingMap, other: dict[str, Any]) -> None:
    """Merge maps key by key at every depth; lists are concatenated, nulls leave what is there."""
    for key, value in other.items():
        old = into.get(key)
        if value is None:
            continue
        if isinstance(old, dict) and isinstance(value, dict):
            into[key] = _merged(old, value)
        elif isinstance(old, list) and isinstance(value, list):
            into[key] = old + value
        else:
            into[key] = value


def _merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    if not old or not new:
        return old or new
    if not isinstance(old, GrowingMap):
        grown = GrowingMap(1)
        grown.update(old)
        old = grown
    _merge(old, new)
    return old


class Giver(Protocol):
    """A task run, as far as its outputs go."""

    task: Task
    index: int
    value: str | None
    iteration: int | None
    outputs: dict[str, Any] | None
    outputs_version: int

    def values(self) -> list[str]: ...


class OutputsTree:
    """Address: task id, the values of the ancestors that have one (outermost first), the own value, then the fields.

    Runs with an `iteration` merge deeply; a run without one takes the place of what was there at the first level,
    which loses data below two loops. Kestra does the same.
    """

    __slots__ = ("_before", "_runs", "_stale", "_tree", "reveal", "version")

    def __init__(self, runs: Sequence[Giver]) -> None:
        self._runs = runs
        self._tree = GrowingMap()
        self._stale = False
        self._before: dict[Giver, tuple[int, dict[str, Any] | None]] = {}
        self.version = 0
        self.reveal: Callable[[dict[str, Any]], dict[str, Any]] | None = None
        """Opens what is sealed in outputs: expressions see the clear text."""

    def stale(self) -> None:
        """Runs were removed or changed their outputs: build it anew when it is read."""
        self._stale = True
        self.version += 1

    def add(self, run: Giver) -> None:
        """A run has outputs now."""
        self.version += 1
        run.outputs_version = self.version
        if not self._stale and run.outputs is not None:
            _put(self._tree, run, self.clear(run, run.outputs))

    def replace(self, run: Giver, outputs: dict[str, Any] | None) -> None:
        """A run has other outputs from now on. Those before stay with who has seen them."""
        self._before[run] = (run.outputs_version, run.outputs)
        run.outputs = outputs
        self.stale()
        run.outputs_version = self.version

    def take_back(self, run: Giver) -> None:
        """A run has the outputs again that it had before."""
        _, outputs = self._before.pop(run)
        run.outputs = outputs
        self.stale()

    def read(self) -> dict[str, Any]:
        """The tree as it is now. Not to be changed by the reader."""
        if self._stale:
            self._tree = self._build(None)
            self._stale = False
        return self._tree

    def at(self, version: int) -> dict[str, Any]:
        """The tree as it was."""
        return self.read() if version == self.version else self._build(version)

    def _build(self, version: int | None) -> GrowingMap:
        tree = GrowingMap()
        for run in self._runs:
            outputs = run.outputs
            if version is not None and run.outputs_version > version:
                since, outputs = self._before.get(run, (version, None))
                if since > version:
                    continue
            if outputs is not None:
                _put(tree, run, self.clear(run, outputs))
        return tree

    def clear(self, run: Giver, outputs: dict[str, Any]) -> dict[str, Any]:
        return self.reveal(outputs) if run.task.seals and self.reveal is not None else outputs


def _put(tree: GrowingMap, run: Giver, outputs: dict[str, Any]) -> None:
    task_id = run.task.id
    tree.rank(task_id, run.index)
    level = tree.get(task_id)
    if level is None:
        level = tree[task_id] = GrowingMap(1)
    if not outputs:
        return
    outputs = shown(outputs)
    values = run.values()
    if run.iteration is None:
        if not values:
            level.update(outputs)
            return
        branch: dict[str, Any] = outputs
        if run.value is None:
            branch = GrowingMap(1)
            branch.update(outputs)
        for value in reversed(values[1:]):
            branch = {value: branch}
        level[values[0]] = branch
        return
    if not values:
        _merge(level, outputs)
        return
    for value in values[:-1]:
        inner = level.get(value)
        if not isinstance(inner, GrowingMap):
            grown = GrowingMap(1)
            if inner:
                grown.update(inner)
            level[value] = inner = grown
        level = inner
    old = level.get(values[-1])
    if run.value is None:
        old = old or GrowingMap(1)
        level[values[-1]] = _merged(old, outputs) if old else _filled(old, outputs)
    else:
        level[values[-1]] = _merged(old, outputs) if old else outputs


def _filled(into: dict[str, Any], outputs: dict[str, Any]) -> dict[str, Any]:
    into.update(outputs)
    return into
