"""The metrics of a script: which of them the engine's register takes, and what it says of the others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flowrt.java.printing import text_of
from flowrt.java.time.duration import SECOND

if TYPE_CHECKING:
    from flowrt.model.context import RunContext

_NO_NUMBER = 'Cannot invoke "java.lang.Double.doubleValue()" because "{}" is null'
_HUMP = re.compile(r"(?<!^)(?=[A-Z])")


class Refused(Exception):
    """What the engine does not expect: it ends the reading of an output of the script. `said` is what is logged of it."""

    def __init__(self, said: str | None) -> None:
        super().__init__(said or "")
        self.said = said


class Metric:
    """A measurement: a number, or a length in time; None where the script gives none."""

    def __init__(
        self,
        kind: str,
        name: str | None,
        value: Any,
        tags: dict[str, str | None],
        description: str | None = None,
    ) -> None:
        self.kind = kind
        self.name = name
        self.value = value
        self.tags = tags
        self.description = description


class Register:
    """The metrics of one run of a task."""

    def __init__(self, run: RunContext) -> None:
        self.run = run
        self._counted: dict[tuple[Any, ...], bool] = {}
        """Counters by what makes them the same; whether they have a number to which another can be added."""
        self._kinds: dict[tuple[Any, ...], str] = {}
        """The kind of a name with its tags: it has one."""

    def take(self, metric: Metric) -> None:
        """Take in a measurement. Raises Refused."""
        tags = tuple(sorted(metric.tags.items(), key=lambda item: item[0]))
        if metric.kind == "counter":
            self._add_up(metric, (metric.name, metric.description, tags))
        if None in metric.tags.values():
            raise Refused(None)
        if self._kinds.setdefault((metric.name, tags), metric.kind) != metric.kind:
            there = self._kinds[metric.name, tags]
            raise Refused(
                f"There is already a registered meter of a different type (Composite{there.title()} vs."
                f" {metric.kind.title()}) with the same name: kestra.{self._prefix()}{text_of(metric.name)}"
            )
        if "" in metric.tags:
            raise Refused("Cannot convert an empty string to a valid label name.")
        if metric.value is None:
            if metric.kind == "counter":
                raise Refused(_NO_NUMBER.format("this.value"))
            return
        number = metric.value.nanos / SECOND if metric.kind == "timer" else metric.value
        given = {name: value for name, value in metric.tags.items() if value is not None}
        self.run.metric(metric.kind, metric.name or "", number, given)

    def _add_up(self, metric: Metric, key: tuple[Any, ...]) -> None:
        if key not in self._counted:
            self._counted[key] = metric.value is not None
        elif not self._counted[key]:
            raise Refused(_NO_NUMBER.format("this.value"))
        elif metric.value is None:
            raise Refused(_NO_NUMBER.format("value"))

    def _prefix(self) -> str:
        """The type of the task, which is before the names of its metrics."""
        task = self.run.variables.get("task")
        kind = task.get("type") if isinstance(task, dict) else None
        if not kind:
            return ""
        package, dot, name = str(kind).rpartition(".")
        return f"{package}{dot}{_HUMP.sub('_', name).lower()}."
