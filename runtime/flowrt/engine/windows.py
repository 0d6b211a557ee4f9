"""Triggers that wait for several executions: which of their conditions have held within a window of time.

A window begins with the first execution that one of its conditions holds for, whose outputs it keeps. When all of them
have held, the trigger fires, and the window is over unless it is not to be reset.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from flowrt.engine.conditions import Seen, hold, kind_of
from flowrt.inputs.defaults import rendered
from flowrt.java.time.duration import SECOND, parse_duration
from flowrt.services.merge import deep_merge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from flowrt.model.triggers import Trigger

    Failed = Callable[[dict[str, Any], str], None]
    Test = Callable[[Seen, Failed], bool]

MINUTE, HOUR, DAY = 60 * SECOND, 3_600 * SECOND, 86_400 * SECOND
MILLI = SECOND // 1_000


class Window:
    """A span of time (nanoseconds), the conditions that have held in it, the outputs of the execution that began it."""

    __slots__ = ("end", "held", "outputs", "start")

    def __init__(self, start: int, end: int, outputs: dict[str, Any] | None) -> None:
        self.start = start
        self.end = end
        self.outputs = outputs
        self.held: set[str] = set()

    def holds(self, now: int) -> bool:
        """Whether a moment lies in it."""
        return self.start < now < self.end


Key: TypeAlias = tuple[str, str, str]
"""Namespace and id of the flow that waits, and the id of what it says of several executions."""


class Kept(Protocol):
    """Where windows are kept."""

    def alone(self) -> AbstractContextManager[None]:
        """Nobody else looks at windows meanwhile."""

    def get(self, key: Key) -> Window | None: ...
    def put(self, key: Key, window: Window) -> None: ...
    def drop(self, key: Key) -> None: ...


class InMemory:
    """The windows of one process, which end with it."""

    def __init__(self) -> None:
        self._windows: dict[Key, Window] = {}

    @contextmanager
    def alone(self) -> Iterator[None]:
        yield

    def get(self, key: Key) -> Window | None:
        return self._windows.get(key)

    def put(self, key: Key, window: Window) -> None:
        self._windows[key] = window

    def drop(self, key: Key) -> None:
        self._windows.pop(key, None)


class Windows:
    """The windows of triggers."""

    def __init__(self, kept: Kept | None = None) -> None:
        self.kept = kept or InMemory()

    def take_in(self, trigger: Trigger, seen: Seen, failed: Failed) -> dict[str, Any] | None:
        """Hold the conditions of a trigger against an execution, within `kept.alone()`.

        Answers the outputs of all executions that the trigger has waited for, when there is nothing left to wait for;
        else None.
        """
        now = seen.execution.clock.now()
        outputs = seen.execution.outputs or {}
        complete = True
        over = []
        for several in conditions_of(trigger):
            key = (seen.flow.namespace, seen.flow.id, str(several.get("id")))
            window = self.kept.get(key)
            if window is None or not window.holds(now):
                window = Window(*span(several, now), seen.execution.outputs)
            tests = dict(_tests(several))
            if window.holds(now):
                window.held |= {name for name, test in tests.items() if test(seen, failed)}
                if window.held:
                    self.kept.put(key, window)
                    if (
                        len(window.held) == len(tests)
                        and several.get("resetOnSuccess") is not False
                    ):
                        over.append(key)
            kept = self.kept.get(key)
            complete &= kept is not None and tests.keys() <= kept.held
            if kept is not None:
                outputs = deep_merge(outputs, kept.outputs or {})
        for key in over:
            self.kept.drop(key)
        return outputs if complete else None


def conditions_of(trigger: Trigger) -> list[dict[str, Any]]:
    """What a trigger says of several executions: the old conditions of that kind, and its preconditions."""
    found = [each for each in trigger.conditions if kind_of(each) == "Multiple"]
    return [*found, trigger.preconditions] if trigger.preconditions else found


def span(several: dict[str, Any], now: int) -> tuple[int, int]:
    """Start and end of the window that begins now (nanoseconds), as Kestra aligns it."""
    given = several.get("timeWindow") or {}
    kind = given.get("type") or "DURATION_WINDOW"
    now -= now % SECOND
    midnight = now - now % DAY
    if kind == "DAILY_TIME_DEADLINE":
        return midnight, midnight + _of_day(given.get("deadline"))
    if kind == "DAILY_TIME_WINDOW":
        return midnight + _of_day(given.get("startTime")), midnight + _of_day(given.get("endTime"))
    wanted = given.get("window", several.get("window"))
    length = parse_duration(str(wanted)) if wanted else DAY
    if kind == "SLIDING_WINDOW":
        return now, now + length
    start = now
    if length >= DAY:
        start -= start % DAY
    elif length >= MINUTE:
        start -= start % HOUR % (length // MINUTE * MINUTE)
    advance = given.get("windowAdvance", several.get("windowAdvance"))
    if advance:
        start += parse_duration(str(advance))
    return start, start + length - MILLI


def _of_day(text: Any) -> int:
    """A time of the day in nanoseconds."""
    from flowrt.java.time.isoparse import parse_local_time

    return parse_local_time(str(text)).nano_of_day


def _tests(several: dict[str, Any]) -> Iterator[tuple[str, Test]]:
    """The conditions by their names: those of an old condition, or what the flows and filters of preconditions say."""
    given = several.get("conditions")
    if isinstance(given, dict):
        for name, each in given.items():
            yield str(name), _condition(each)
    for each in several.get("flows") or ():
        yield f"flow {_written(each)}", _upstream(each)
    for each in several.get("where") or ():
        yield f"where {_written(each)}", _filters(each)


def _written(condition: dict[str, Any]) -> str:
    """A condition as a name: one that is written anew in another version of a flow is another one."""
    import json

    return json.dumps(condition, sort_keys=True, default=lambda value: value.source)


def _condition(condition: dict[str, Any]) -> Test:
    return lambda seen, failed: hold([condition], seen, failed)


def _upstream(wanted: dict[str, Any]) -> Test:
    """An execution of a flow, in one of some states, with some labels."""

    def test(seen: Seen, failed: Failed) -> bool:
        from flowrt.java.printing import text_of

        execution = seen.execution
        labels = wanted.get("labels") or {}
        return (
            wanted.get("namespace") in (None, execution.namespace)
            and wanted.get("flowId") in (None, execution.flow_id)
            and (wanted.get("states") is None or execution.state in wanted["states"])
            and all(execution.labels.get(key) == text_of(value) for key, value in labels.items())
        )

    return test


def _filters(given: dict[str, Any]) -> Test:
    """Filters of which all must hold, or one of them."""

    def test(seen: Seen, failed: Failed) -> bool:
        from flowrt.engine.results import message

        enough = any if given.get("operand") == "OR" else all
        try:
            return enough(_passes(each, seen) for each in given.get("filters") or ())
        except Exception as error:
            failed(given, message(error))
            return False

    return test


def _passes(given: dict[str, Any], seen: Seen) -> bool:
    from flowrt.engine.rendering import truthy

    execution = seen.execution
    value, values = given.get("value"), given.get("values") or ()
    match given.get("field"):
        case "FLOW_ID":
            text = execution.flow_id
        case "NAMESPACE":
            text = execution.namespace
        case "STATE":
            text = execution.state
        case _:
            text = rendered(value, seen.variables)
    plain: Any = getattr(value, "source", value)
    match given.get("type"):
        case "EQUAL_TO":
            return bool(text == plain)
        case "NOT_EQUAL_TO":
            return bool(text != plain)
        case "IN":
            return text in values
        case "NOT_IN":
            return text not in values
        case "IS_TRUE":
            return truthy(text)
        case "IS_FALSE":
            return not truthy(text)
        case "IS_NULL":
            return text is None
        case "IS_NOT_NULL":
            return text is not None
        case "STARTS_WITH":
            return text is not None and text.startswith(plain)
        case "ENDS_WITH":
            return text is not None and text.endswith(plain)
        case "CONTAINS":
            return text is not None and plain in text
    from flowrt.java.regex.patterns import matches

    return text is not None and matches(plain, text)
