"""The promises (`sla`) of a flow: how long it may take, what has to hold while it runs, and what a broken one does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.engine.labels import label_pairs
from flowrt.engine.lifecycle import last_open
from flowrt.java.time.duration import SECOND, iso_duration, parse_duration
from flowrt.model.promises import Assertion, MaxDuration
from flowrt.model.states import CANCELLED, FAILED

if TYPE_CHECKING:
    from flowrt.engine.ports import Engine
    from flowrt.model.promises import Sla


class Slas:
    """The promises (`sla`) of a flow, for one execution."""

    def __init__(self, executor: Engine) -> None:
        self._executor = executor
        self.due = True
        """The execution has changed since the assertions were evaluated."""
        self.unheard = False
        """A worker has begun with work that is done at once: when the engine hears that, it has the result too."""
        for sla in executor.flow.sla:
            if isinstance(sla, MaxDuration):
                # Kestra looks once a second, so on average half a second late.
                due = executor.execution.history[1] + parse_duration(sla.duration) + SECOND // 2
                executor.host.at(due, lambda sla=sla: self._too_long(sla))  # type: ignore[misc]

    def _too_long(self, sla: MaxDuration) -> None:
        execution = self._executor.execution
        if execution.terminal:
            return
        took = self._executor.clock.now() - execution.history[1]
        took -= took % (SECOND // 1000)
        self._violated(
            sla,
            f"execution duration of {iso_duration(took)} exceed the maximum duration of"
            f" {iso_duration(parse_duration(sla.duration))}.",
        )

    def look(self, ends: bool) -> None:
        """What a pass looks at first: once for each word of the workers, unless the execution `ends` with the first."""
        if self.unheard and not ends and self.due:
            self.check_assertions()
            self.due = True
        self.unheard = False
        self.check_assertions()

    def check_assertions(self) -> None:
        """Evaluate the assertions, if the execution has changed since the last time; the first that is violated acts."""
        from flowrt.engine.rendering import truthy
        from flowrt.engine.results import message
        from flowrt.engine.variables import execution_variables

        if not self.due or self._executor.execution.terminal:
            return
        self.due = acted = False
        for sla in self._executor.flow.sla:
            if not isinstance(sla, Assertion):
                continue
            try:
                condition = sla.condition
                if not isinstance(condition, str):
                    condition = condition.text(execution_variables(self._executor))
            except Exception as error:
                self._executor.log(
                    None, "ERROR", f"Ignoring SLA '{sla.id}' because of the error: {message(error)}"
                )
                continue
            if not truthy(condition):
                source = getattr(sla.condition, "source", sla.condition)
                self._violated(sla, f"assertion is false: {source}.", act=not acted)
                acted = True

    def _violated(self, sla: Sla, reason: str, act: bool = True) -> None:
        executor = self._executor
        text = f"SLA '{sla.id}' violated: {reason}"
        executor.log(None, "WARN", text)
        if not act:
            return
        if sla.labels:
            labels = executor.execution.labels
            executor.execution.labels = {**labels, **label_pairs(sla.labels)}
            executor.journal.execution(executor.execution)
        if sla.behavior == "NONE":
            return
        fails = sla.behavior == "FAIL"
        state = FAILED if fails else CANCELLED
        if fails:
            executor.log(None, "ERROR", f"Execution failed due to {text}")
        last = last_open(executor)
        if last is not None:
            last.end_from_outside(state)
            # tried again it would break the promise again, for ever
            executor.force(last, state, for_good=True)
        executor.move_execution(state)
        executor.host.order(executor.refuse_work)
        executor.host.interrupt(executor)
