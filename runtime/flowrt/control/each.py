"""ForEach, EachSequential, EachParallel: a list of tasks for each value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.control.context import context_of
from flowrt.control.loops import Chains, LoopLine
from flowrt.control.parallel import Fan, side_by_side, wants
from flowrt.engine.execution import MAIN
from flowrt.engine.flowable import Flowable
from flowrt.engine.lines import line_of
from flowrt.expr.template import Template
from flowrt.java.errors import ExpressionError
from flowrt.model.declare import ANY, INTEGER, TASKS, prop, task_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrt.engine.blockcontext import BlockContext
    from flowrt.engine.execution import TaskRun
    from flowrt.engine.frames import Frame
    from flowrt.engine.lines import Line
    from flowrt.model.blocks import Want
    from flowrt.model.declare import Integer


class LoopValues:
    """The texts that a loop runs over. Kestra renders them at every step, so a list that grows gets more rounds.

    Here they are rendered again when something has changed that they may depend on, and recorded when they are others.
    """

    def __init__(self, frame: Frame, given: Any) -> None:
        assert frame.run is not None
        self._frame = frame
        self._run = frame.run
        self._given = given
        self._fixed = not _may_change(given)
        self._text: str | None = None
        self._seen: object = None
        known, values = frame.executor.journal.recall(frame.run, "values")
        self.recalled: bool = known
        """Whether an earlier process has left them: its runs are theirs, though each step may have read other values."""
        self._values: list[str] | None = values if known else None
        if known:
            self._seen = self._state()

    def _state(self) -> object:
        """What other values depend on: equal as long as nothing has changed."""
        execution = self._frame.executor.execution
        changing = (execution.changing_variables, execution.changing_labels)
        return execution.tree.version, [(id(each), each.version) for each in changing]

    @property
    def fixed(self) -> bool:
        """Whether they stay as they are."""
        return self._fixed and self._values is not None

    def __call__(self) -> list[str]:
        """The values as they are now. Raises ExpressionError for values that Kestra refuses."""
        values = self._values
        if values is not None and self._fixed:
            return values
        state = self._state()
        if values is not None and state == self._seen:
            return values
        self._seen = state
        context = context_of(self._frame)
        if isinstance(self._given, (str, Template)):
            text = context.text(self._given)
            if values is not None and text == self._text:
                return values
            self._text = text
            found = value_texts(context, text)
        else:
            found = value_texts(context, self._given)
        if found != values:
            self._frame.executor.journal.choice(self._run, "values", found)
            self._values = found
        return found


CHANGING_VARIABLES = "outputs vars tasks labels execution parent parents taskrun"
CHANGING_FUNCTIONS = """
    currentEachOutput encrypt errorLogs fetchContext fileExists fileSize fileURI http i18n id
    isFileEmpty ksuid kv nanoId now printContext randomInt randomPort read render renderOnce
    secret subflow tasksWithState uuid
"""
_CHANGING = re.compile(
    rf"\b({'|'.join(CHANGING_VARIABLES.split())})\b"
    rf"|\b({'|'.join(CHANGING_FUNCTIONS.split())})\s*\("
)
"""What an expression has whose value may change while the execution runs; inputs, for one, do not."""


def _may_change(given: Any) -> bool:
    if isinstance(given, list):
        return any(map(_may_change, given))
    if isinstance(given, dict):
        return any(_may_change(part) for pair in given.items() for part in pair)
    return isinstance(given, Template) and _CHANGING.search(given.source) is not None


def loop_values(frame: Frame, given: Any) -> LoopValues:
    """The values of a loop, as its frame keeps them."""
    if frame.data is None:
        frame.data = LoopValues(frame, given)
    values: LoopValues = frame.data
    return values


def value_texts(run: BlockContext, given: Any) -> list[str]:
    """Render the values of a loop. Raises ExpressionError for values that Kestra refuses."""
    from flowrt.formats.jsonwrite import to_json
    from flowrt.java.printing import text_of

    if isinstance(given, list):
        values = [_element(run, item) for item in given]
    elif given is None or isinstance(given, (dict, bool, int, float)):
        raise ExpressionError(f"Unknown value type: {_java_class(given)}")
    else:
        values = _json_list(run.text(given) or "")
    seen: dict[type, set[str]] = {}
    found: list[str] = []
    nulls = 0
    for value in values:
        text = value if isinstance(value, str) else to_json(value)
        # Maps are equal in any order of their keys.
        same = to_json(_sorted(value)) if isinstance(value, (dict, list)) else text
        others = seen.setdefault(type(value), set())
        if same in others:
            continue
        others.add(same)
        nulls += value is None
        found.append(text)
    if nulls:
        raise ExpressionError(f"Found '{nulls}' null values on Each, with values={text_of(values)}")
    return found


def _sorted(value: Any) -> Any:
    """The value with the keys of all its maps in order."""
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value, key=str)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def _json_list(text: str) -> list[Any]:
    """The list that a text is. Raises ExpressionError, worded as the engine words the failure of its parser."""
    from flowrt.formats.jsonlist import failure, parse_list
    from flowrt.formats.jsonread import JsonError

    if text.strip() == "null":
        raise ExpressionError('Cannot invoke "java.util.List.stream()" because "values" is null')
    try:
        return parse_list(text)
    except JsonError as error:
        raise ExpressionError(failure(error, text)) from None


def _element(run: BlockContext, item: Any) -> Any:
    if isinstance(item, bool) or item is None or isinstance(item, (float, list)):
        if item is None:
            raise ExpressionError('Cannot invoke "Object.getClass()" because "obj" is null')
        raise ExpressionError(f"Unknown value element type: {_java_class(item)}")
    if isinstance(item, int):
        if not -(2**31) <= item < 2**31:
            raise ExpressionError(f"Unknown value element type: {_java_class(item)}")
        return str(item)
    if isinstance(item, dict):
        return run.structure(item)
    return run.text(item)


def _java_class(value: Any) -> str:
    names = {
        bool: "java.lang.Boolean",
        float: "java.lang.Double",
        list: "java.util.ArrayList",
        dict: "java.util.LinkedHashMap",
        str: "java.lang.String",
    }
    if isinstance(value, int) and not isinstance(value, bool):
        return "class java.lang." + ("Integer" if -(2**31) <= value < 2**31 else "Long")
    return "class " + names.get(type(value), "java.lang.Object")


@task_type("io.kestra.plugin.core.flow.ForEach")
class ForEach(Flowable):
    """Runs a chain of tasks for each value; `concurrencyLimit` chains at once, 0 for all."""

    shape: ClassVar[str] = "loop"
    is_loop: ClassVar[bool] = True

    not_blank: ClassVar[tuple[str, ...]] = ("concurrencyLimit",)

    values: Any = prop(ANY)
    concurrency_limit: int = prop(INTEGER, static=True, default=1)
    tasks: list[Any] = prop(TASKS, init=False)

    def start(self, frame: Frame) -> Line:
        values = loop_values(frame, self.values)
        begin = self.block.begin
        if self.concurrency_limit == 1:
            return LoopLine(values, begin, values.recalled)
        return Chains(values, begin, values.recalled)

    def is_steady(self, run: TaskRun) -> bool:
        return run.frame is not None and loop_values(run.frame, self.values).fixed

    def nexts(self, frame: Frame) -> list[TaskRun]:
        values = loop_values(frame, self.values)()
        if self.concurrency_limit == 1:
            return frame.sequential()
        role = frame.active()
        if role != MAIN:
            return frame.next_of(role)
        slots = min(self.concurrency_limit or len(values), len(values)) - frame.open
        line = frame.line(MAIN)
        found: list[TaskRun] = []
        while slots > 0 and (request := line.peek()) is not None:
            line.take()
            found.append(frame.make(request, MAIN))
            slots -= 1
        return found


@task_type("io.kestra.plugin.core.flow.EachSequential", "io.kestra.core.tasks.flows.EachSequential")
class EachSequential(Flowable):
    """The older name of a ForEach with one chain at a time."""

    shape: ClassVar[str] = "loop"
    is_loop: ClassVar[bool] = True

    value: Any = prop(ANY)
    tasks: list[Any] = prop(TASKS, init=False)

    def start(self, frame: Frame) -> Line:
        values = loop_values(frame, self.value)
        return LoopLine(values, self.block.begin, values.recalled)


@task_type("io.kestra.plugin.core.flow.EachParallel", "io.kestra.core.tasks.flows.EachParallel")
class EachParallel(Flowable):
    """Every task for every value at once, or as many as `concurrent` allows."""

    shape: ClassVar[str] = "spread"
    is_loop: ClassVar[bool] = True

    value: Any = prop(ANY)
    concurrent: Integer = prop(INTEGER, default=0)
    tasks: list[Any] = prop(TASKS, init=False)

    def graph(self) -> dict[str, tuple[str, ...]] | None:
        return {}

    def start(self, frame: Frame) -> Line:
        values = loop_values(frame, self.value)()

        def all_wants() -> Iterator[Want]:
            for number, value in enumerate(values):
                yield from wants(line_of(self.block, value), value, number)

        return Fan(all_wants)

    def nexts(self, frame: Frame) -> list[TaskRun]:
        return side_by_side(frame, context_of(frame).integer(self.concurrent) or 0)
