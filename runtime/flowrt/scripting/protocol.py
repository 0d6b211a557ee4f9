"""What the output lines of a script mean: `::{"outputs": …}::` is for the flow, the rest for the log."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flowrt.java.time.duration import SECOND
from flowrt.scripting.messages import Message, Unreadable, read_message

if TYPE_CHECKING:
    from flowrt.model.context import RunContext

_NO_NUMBER = 'Cannot invoke "java.lang.Double.doubleValue()" because "this.value" is null'
_MESSAGE = re.compile(r"::(\{.*\})::")


class OutputLines:
    """Takes the lines of a process; gathers the outputs and counts the lines."""

    def __init__(self, run: RunContext) -> None:
        self.run = run
        self.outputs: dict[str, Any] = {}
        self.count = {False: 0, True: 0}

    @property
    def vars(self) -> dict[str, Any]:
        """The outputs, a later line's over an earlier one's, without what is null in maps."""
        from flowrt.java.values import hash_map, without_nulls

        return hash_map(without_nulls(self.outputs).items())

    def accept(self, line: str, is_error: bool) -> None:
        """One line of the standard output or of the standard error."""
        self.count[is_error] += 1
        match = _MESSAGE.fullmatch(line)
        if match is None:
            self.run.log("ERROR" if is_error else "INFO", line)
            return
        text = match.group(1)
        try:
            message = read_message(text)
        except Unreadable as error:
            self.run.log("WARN", f"Invalid outputs '{error}'")
            if error.behind:
                self.run.log("WARN", error.behind)
            self.run.trace(error)
            return
        self._apply(message, text)

    def _apply(self, message: Message, text: str) -> None:
        for metric in message.metrics:
            if metric.value is None:
                if metric.kind == "counter":  # it is added up, which ends the reading of the line
                    self.run.log("ERROR", _NO_NUMBER)
                    return
                continue
            number = metric.value.nanos / SECOND if metric.kind == "timer" else metric.value
            self.run.metric(metric.kind, metric.name or "", number, metric.tags)
        for level, said in message.logs:
            if level is None:
                self.run.log("WARN", f"Invalid log '{text}'")
            elif said is not None:
                self.run.log(level, said)
        self.outputs.update(message.outputs)
