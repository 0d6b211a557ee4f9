"""What tasks of brokers share: work in a thread, texts of messages, and when enough was taken."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from flowrt.formats.jsonread import parse_json
from flowrt.formats.jsonwrite import to_json
from flowrt.java.printing import text_of
from flowrt.model.failures import TaskFailure, reason
from flowrt.model.task import Task
from flowrt.plugins.stored import Stop

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Integer, Text


class BrokerTask(Task):
    """A task that talks to a broker until it is done or stopped."""

    def run(self, run: RunContext) -> Any:
        return run.in_thread(lambda: self._work(run, Stop(run)))

    def _work(self, run: RunContext, stop: Stop) -> dict[str, Any]:
        raise NotImplementedError


class Enough:
    """When a task has taken enough: so many messages, or for so long."""

    def __init__(self, run: RunContext, most: Integer | None, longest: Text | None) -> None:
        self._most = run.integer(most)
        seconds = run.duration(longest)
        self.endless = self._most is None and seconds is None
        self._ends = None if seconds is None else time.monotonic() + seconds
        self.count = 0

    def __bool__(self) -> bool:
        late = self._ends is not None and time.monotonic() >= self._ends
        return late or (self._most is not None and self.count >= self._most)


def body_of(value: Any, kind: str) -> bytes:
    """A value as the body of a message: its JSON, or its text."""
    return (to_json(value) if kind == "JSON" else text_of(value)).encode()


def value_of(body: bytes, kind: str) -> Any:
    """What the body of a message says. Raises TaskFailure when it should be JSON, and is not."""
    text = body.decode("utf-8", "replace")
    if kind != "JSON":
        return text
    try:
        return parse_json(text)
    except Exception as error:
        raise TaskFailure(f"this message is no JSON: {reason(error)}") from None


def texts(run: RunContext, given: Any) -> list[str]:
    """A property that is a text or a list of texts. Raises TaskFailure for anything else."""
    found = run.structure(given)
    if isinstance(found, str):
        return [found]
    if isinstance(found, list):
        return [text_of(each) for each in found]
    from flowrt.java.values import class_name

    raise TaskFailure(f"Invalid topics with type '{class_name(found)}'")
