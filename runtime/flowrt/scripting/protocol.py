"""What the output lines of a script mean: `::{"outputs": …}::` is for the flow, the rest for the log."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flowrt.scripting.messages import Message, read_message
from flowrt.scripting.metrics import Refused, Register
from flowrt.scripting.otlp import tell
from flowrt.scripting.records import Unreadable

if TYPE_CHECKING:
    from flowrt.model.context import RunContext

_ENDS = "\n\r\x85\u2028\u2029"
"""What Java takes for the end of a line, beside what splits outputs into lines: a message has none within, one may follow."""
_MESSAGE = re.compile(rf"::(\{{[^{_ENDS}]*\}})::[{_ENDS}]?")


class OutputLines:
    """Takes the lines of a process; gathers the outputs and counts the lines."""

    def __init__(self, run: RunContext) -> None:
        self.run = run
        self.outputs: dict[str, Any] = {}
        self.count = {False: 0, True: 0}
        self._register = Register(run)
        self._over: set[bool] = set()

    @property
    def vars(self) -> dict[str, Any]:
        """The outputs, a later line's over an earlier one's, without what is null in maps."""
        from flowrt.java.values import hash_map, without_nulls

        return hash_map(without_nulls(self.outputs).items())

    def accept(self, line: str, is_error: bool) -> bool | None:
        """One line of the standard output or of the standard error; False when no more of that output is heard."""
        if is_error in self._over:
            return False
        try:
            self._take(line, is_error)
        except Refused as error:  # the engine stops to read where it did not expect something
            self._over.add(is_error)
            if error.said is not None:
                self.count[True] += 1
                self.run.log("ERROR", error.said)
            return False
        self.count[is_error] += 1
        return True

    def _take(self, line: str, is_error: bool) -> None:
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
            # without a value, a timer ends the process of the engine, as nothing in the place of a metric does
            if metric is not None and (metric.value is not None or metric.kind != "timer"):
                self._register.take(metric)
        for log in message.logs:
            level, said = log or (None, None)
            if level is None:
                self.run.log("WARN", f"Invalid log '{text}'")
            elif said is not None:
                self.run.log(level, said)
        if message.has_assets:
            raise Refused(None)  # assets are of the enterprise edition
        if message.otlp is not None:
            tell(self.run, message.otlp, text, self._register.take)
        self.outputs.update(message.outputs)
