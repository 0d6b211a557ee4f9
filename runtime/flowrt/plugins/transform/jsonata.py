"""JSONata: a value, or each row of a file, by an expression."""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt import missing, packages
from flowrt.model.declare import ANY, BOOLEAN, INTEGER, STRING, URI, Kind, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.model.task import Task
from flowrt.plugins.rows import given_rows, stored
from flowrt.plugins.stored import Stop
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Text

FRAMES = 12
"""Frames of Python, at most, for a level of an expression."""
STACK = 256 * 1024 * 1024
"""Bytes of stack of the thread in which an expression is evaluated: only those that it uses are taken."""


class JsonataTask(Task):
    """What the tasks share."""

    packages: ClassVar[tuple[str, ...]] = (packages.JSONATA,)

    expression: Text = prop(STRING)
    max_depth: Integer = prop(INTEGER, default=1000)
    from_: Text = prop(STRING)

    def run(self, run: RunContext) -> Any:
        return run.in_thread(lambda: self._work(run))

    def _work(self, run: RunContext) -> dict[str, Any]:
        raise NotImplementedError

    def _evaluator(self, run: RunContext) -> Callable[[Any], Any]:
        """The expression as a function. Raises TaskFailure when it cannot be parsed."""
        try:
            from jsonata.jexception import JException
            from jsonata.jsonata import Jsonata
        except ImportError:
            raise missing.MissingPackage("JSONata", packages.JSONATA, "jsonata") from None
        try:
            expression = Jsonata(required_text(run, self.expression))
        except JException as error:
            raise TaskFailure(f"Invalid JSONata expression. Error: {error}") from None
        DEEP.again()  # the library sets a limit of its own
        depth, limit = run.integer(self.max_depth) or 0, run.duration(self.timeout)
        milliseconds = None if limit is None else int(limit * 1000)

        def evaluate(value: Any) -> Any:
            frame = expression.create_frame()
            frame.set_runtime_bounds(milliseconds, depth)
            try:
                return _plain(expression.evaluate(_known(value), frame))
            except JException as error:
                why = (
                    f"the expression goes deeper than maxDepth={depth}: does a function never end?"
                    if error.get_error() == "D1011"
                    else str(error)
                )
                raise TaskFailure(f"Failed to evaluate expression: {why}") from None
            except RecursionError:
                raise TaskFailure("Failed to evaluate expression: it goes too deep") from None
            except Exception:  # the library lets errors of Python through, whose words are no help
                raise TaskFailure(
                    "Failed to evaluate expression: it does not fit the value"
                ) from None

        return evaluate

    def _deep(self, run: RunContext, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Do it where expressions may go as deep as `maxDepth` allows."""
        found: list[Any] = []

        def catch() -> None:
            try:
                found.append((work(), None))
            except BaseException as error:
                found.append((None, error))

        with DEEP.frames((run.integer(self.max_depth) or 0) * FRAMES + 1000):
            usual = threading.stack_size(STACK)
            try:
                thread = threading.Thread(target=catch, daemon=True)
                thread.start()
            finally:
                threading.stack_size(usual)
            thread.join()
        outputs, error = found[0]
        if error is not None:
            raise error
        return outputs  # type: ignore[no-any-return]


class _Deep:
    """Python's limit of recursion is one for all threads: it is raised for as long as an evaluation needs it."""

    def __init__(self) -> None:
        self._usual = sys.getrecursionlimit()
        self._wanted: list[int] = []
        self._lock = threading.Lock()

    @contextmanager
    def frames(self, count: int) -> Iterator[None]:
        """Inside, threads may be that many frames deep."""
        with self._lock:
            if not self._wanted:
                self._usual = sys.getrecursionlimit()
            self._wanted.append(count)
            self._tell()
        try:
            yield
        finally:
            with self._lock:
                self._wanted.remove(count)
                self._tell()

    def again(self) -> None:
        """After somebody else has set the limit."""
        with self._lock:
            self._tell()

    def _tell(self) -> None:
        sys.setrecursionlimit(max([self._usual, *self._wanted]))


DEEP = _Deep()


class _Exact(float):
    """A decimal number as the library counts with it; it is still there when nothing was counted."""

    exact: Decimal


def _known(value: Any) -> Any:
    """A row in the kinds that the library takes: decimals are numbers, dates the texts that JSON has of them."""
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, dict):
        return {key: _known(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_known(each) for each in value]
    if isinstance(value, Decimal):
        number = _Exact(value)
        number.exact = value
        return number
    from flowrt.formats.jsonread import parse_json
    from flowrt.formats.jsonwrite import to_json

    return parse_json(to_json(value))


def _plain(value: Any) -> Any:
    """A result without the classes of the library."""
    if type(value) is _Exact:
        return value.exact
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (list, range)):
        return [_plain(each) for each in value]
    return value


@task_type("io.kestra.plugin.transform.jsonata.TransformValue")
class TransformValue(JsonataTask):
    """Change a value, which is given as JSON."""

    outputs: ClassVar[dict[str, Kind] | None] = {"value": ANY}

    def _work(self, run: RunContext) -> dict[str, Any]:
        from flowrt.formats.jsonread import parse_json

        evaluate = self._evaluator(run)
        try:
            given = parse_json(required_text(run, self.from_))
        except Exception:
            raise TaskFailure(
                "Failed to parse the JSON object passed through the `from` property."
            ) from None
        return self._deep(run, lambda: {"value": evaluate(given)})


@task_type("io.kestra.plugin.transform.jsonata.TransformItems")
class TransformItems(JsonataTask):
    """Change each row of a file; a result that is a list becomes rows."""

    outputs: ClassVar[dict[str, Kind] | None] = {"processedItemsTotal": INTEGER, "uri": URI}

    explode_array: Flag = prop(BOOLEAN, default=True)

    def _work(self, run: RunContext) -> dict[str, Any]:
        evaluate, explode = self._evaluator(run), run.flag(self.explode_array, True)
        stop = Stop(run)

        def rows() -> Iterator[Any]:
            for row in stop.each(given_rows(run, required_text(run, self.from_))):
                found = evaluate(row)
                if explode and isinstance(found, list):
                    yield from found
                else:
                    yield found

        def work() -> dict[str, Any]:
            uri, count = stored(run, rows())
            return {"uri": uri, "processedItemsTotal": count}

        return self._deep(run, work)
