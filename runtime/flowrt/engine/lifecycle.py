"""How an execution ends, otherwise than by its tasks too: kill, exit, engine failures, promises that are broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.engine.execution import TaskRun
from flowrt.engine.flowable import Executable, flowable
from flowrt.java.time.duration import SECOND, iso_duration, parse_duration
from flowrt.model.states import (
    CANCELLED,
    FAILED,
    KILLED,
    KILLING,
    PAUSED,
    RETRYING,
    TERMINAL,
    UNSTARTED,
)

if TYPE_CHECKING:
    from flowrt.engine.ports import Engine


def end(executor: Engine) -> None:
    """All active tasks have ended: the final state, then the outputs of the flow."""
    from flowrt.engine.results import message

    failure: Exception | None = None
    if executor.flow.outputs is not None:
        from flowrt.engine.flow_outputs import render_outputs

        try:
            executor.execution.outputs = render_outputs(executor)
        except Exception as error:
            failure = error
            executor.execution.outputs = None
            executor.log(None, "ERROR", f"Failed to render output values: {message(error)}")
            executor.trace(None, error)
    executor.move_execution(executor.root.fold())
    if failure is not None:
        executor.move_execution(FAILED)


# ---- kill -----------------------------------------------------------------------------------------------------------


def kill(executor: Engine) -> None:
    """Ask an execution to stop: its workers are interrupted, what it has started is killed, even if it is over itself.

    What is to take its place begins now, to be killed: in Kestra that begins later, and runs.
    """
    execution = executor.execution
    if executor in executor.host.awaited:
        executor.host.awaited[executor]()
    if execution.terminal and executor.over:
        executor.host.kill_started(executor)
        return
    if execution.state == PAUSED:
        for run in execution.runs:
            if run.state == PAUSED:
                state = flowable(run.task).killed_while_paused(executor, run)
                executor.move(run, state)
                run.end_attempt(state)
        executor.move_execution("RESTARTED")
    if not execution.terminal:
        executor.move_execution(KILLING)
    # It reaches the worker first: what the passes give out now is refused. What is at work ends behind them.
    executor.host.order(executor.refuse_work)
    executor.host.interrupt(executor)
    for run in execution.runs:
        if run.terminal and isinstance(run.task, Executable):
            run.task.killed(executor, run)


def killed(executor: Engine) -> None:
    """A pass over a KILLING execution: what had not started never will."""
    for run in executor.execution.runs:
        if run.state in UNSTARTED:
            executor.move(run, KILLED)
            if run.parent is not None:
                kill_parents(executor, run.parent)
    for run in executor.execution.runs:
        if run.state in (KILLING, RETRYING):
            # Kestra lets it go on with its next round or attempt, behind the end of the execution.
            kill_parents(executor, run)
    executor.drop_waiting()
    executor.move_execution(KILLED)


def kill_parents(executor: Engine, run: TaskRun) -> None:
    """The ancestors of a killed run are killed too."""
    at: TaskRun | None = run
    while at is not None:
        if at.state != KILLED:
            executor.move(at, KILLED)
            at.end_attempt(KILLED)
        at = at.parent


# ---- exit -----------------------------------------------------------------------------------------------------------


def exit_execution(executor: Engine, own: TaskRun, state: str) -> None:
    """The Exit task: the execution takes the state at once, and so do the ancestors of the last open run."""
    if state == KILLED:
        executor.host.interrupt(executor)
        executor.move_execution(KILLED)
        return
    last = last_open(executor)
    at = last
    while at is not None:
        if at is not own:
            executor.force(at, state)
            if at is not last:
                at.end_from_outside(state)
        at = at.parent
    executor.move_execution(state)


def last_open(executor: Engine) -> TaskRun | None:
    """The last run of the list that is neither terminal nor paused."""
    for run in reversed(executor.execution.runs):
        if run.state not in TERMINAL and run.state != PAUSED:
            return run
    return None


def engine_failure(executor: Engine, error: BaseException) -> None:
    """The engine itself failed while it handled a run: the last open run pays for it, else the execution."""
    from flowrt.engine.results import message

    last = last_open(executor)
    if last is None:
        executor.log(None, "ERROR", message(error))
        executor.move_execution(FAILED)
        return
    executor.log(last, "ERROR", message(error))
    last.end_from_outside(FAILED)
    executor.force(last, FAILED)


# ---- promises -------------------------------------------------------------------------------------------------------


class Slas:
    """The promises (`sla`) of a flow, for one execution."""

    def __init__(self, executor: Engine) -> None:
        from flowrt.model.flow import MaxDuration

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

    def _too_long(self, sla: object) -> None:
        from flowrt.model.flow import MaxDuration

        assert isinstance(sla, MaxDuration)
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
        from flowrt.engine.results import message
        from flowrt.engine.variables import execution_variables
        from flowrt.expr.truth import truthy
        from flowrt.model.flow import Assertion

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

    def _violated(self, sla: object, reason: str, act: bool = True) -> None:
        from flowrt.model.flow import Sla

        assert isinstance(sla, Sla)
        executor = self._executor
        text = f"SLA '{sla.id}' violated: {reason}"
        executor.log(None, "WARN", text)
        if not act:
            return
        if sla.labels:
            from flowrt.engine.labels import label_pairs

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
