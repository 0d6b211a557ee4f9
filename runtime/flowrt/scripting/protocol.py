"""What the output lines of a script mean: `::{"outputs": …}::` is for the flow, the rest for the log."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flowrt.model.task import LEVELS

if TYPE_CHECKING:
    from flowrt.model.context import RunContext

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
        try:
            self._apply(match.group(1))
        except Exception as error:
            self.run.log("WARN", f"Invalid outputs '{error}'")
            self.run.trace(error)

    def _apply(self, text: str) -> None:
        from flowrt.formats.jsonread import parse_json
        from flowrt.services.metrics import record_metric

        message = parse_json(text)
        outputs = message.get("outputs") or {}
        metrics = message.get("metrics") or []
        logs = message.get("logs") or []
        if not isinstance(outputs, dict):
            raise ValueError("`outputs` is no object")
        if not all(isinstance(item, dict) for items in (metrics, logs) for item in items):
            raise ValueError("`metrics` and `logs` are lists of objects")
        for log in logs:
            if log.get("level") not in (None, *LEVELS):
                raise ValueError(
                    f"Cannot deserialize value of type `org.slf4j.event.Level` from String \"{log['level']}\":"
                    f" not one of the values accepted for Enum class: [{', '.join(reversed(LEVELS))}]"
                )
        for metric in metrics:
            record_metric(self.run, metric)
        for log in logs:
            if log.get("level") is None:
                self.run.log("WARN", f"Invalid log '{text}'")
            else:
                self.run.log(log["level"], str(log.get("message", "")))
        self.outputs.update(outputs)
