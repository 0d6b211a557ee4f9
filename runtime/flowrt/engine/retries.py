"""When a failed task run is tried again, by whose policy, and what that takes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.engine.below import descendants
from flowrt.engine.execution import ERRORS, FINALLY, policy_of
from flowrt.engine.flowable import retryable, works
from flowrt.java.time.duration import parse_duration
from flowrt.model.states import CREATED, FAILED, KILLING, RETRIED, RETRYING, RUNNING, TERMINAL
from flowrt.model.task import NEW_EXECUTION, Constant, Exponential, Retry

if TYPE_CHECKING:
    from flowrt.engine.attempt import Attempt
    from flowrt.engine.execution import TaskRun
    from flowrt.engine.ports import Engine
    from flowrt.model.blocks import Block


def pause_after(policy: Retry, attempts: int) -> int:
    """Nanoseconds between the end of an attempt and the next one; `attempts` were made so far."""
    if isinstance(policy, Constant):
        return parse_duration(policy.interval)
    if isinstance(policy, Exponential):
        factor = policy.delay_factor ** (attempts - 1)
        return min(
            parse_duration(policy.max_interval), round(parse_duration(policy.interval) * factor)
        )
    from random import uniform

    low = parse_duration(policy.min_interval)  # type: ignore[attr-defined]
    high = parse_duration(policy.max_interval)  # type: ignore[attr-defined]
    return round(uniform(low, high))


def next_attempt(policy: Retry, attempts: list[Attempt] | None) -> int | None:
    """When a run is tried again after its attempts so far (nanoseconds), None when the policy grants nothing more."""
    if not attempts:
        return None
    made = len(attempts)
    if policy.max_attempts is not None and made >= policy.max_attempts:
        return None
    date = attempts[-1].ended + pause_after(policy, made)
    if policy.max_duration is not None:
        limit = attempts[0].started + parse_duration(policy.max_duration)
        if date > limit:
            return None
    return date


class Retries:
    """The retry policies that apply in one execution."""

    def __init__(self, executor: Engine) -> None:
        self._executor = executor

    def due(self, run: TaskRun) -> tuple[Retry, int] | None:
        """The policy and date of the next attempt; None for work that has ended with its block."""
        policy = policy_of(run, self._executor.flow)
        if policy is None or (
            works(run.task) and run.parent is not None and run.parent.state in TERMINAL
        ):
            return None
        date = (
            self._next_execution(policy, run)
            if policy.behavior == NEW_EXECUTION
            else next_attempt(policy, run.attempts)
        )
        return None if date is None else (policy, date)

    def hold(self, failed: list[TaskRun]) -> set[TaskRun]:
        """Failed runs will be tried again when their time has come; answers the parents whose end is withheld."""
        executor = self._executor
        held: set[TaskRun] = set()
        failed.sort(key=lambda run: run.index)
        for number, run in enumerate(failed):
            if executor.execution.state in (RETRYING, RETRIED):
                if executor.execution.state == RETRYING:
                    executor.failed = failed[number:]
                break
            due = self.due(run) if run.state == FAILED else None
            if due is None:
                continue
            policy, date = due
            if run.parent is not None:
                held.add(run.parent)
            if policy.behavior == NEW_EXECUTION:
                from flowrt.engine.anew import supersede

                supersede(executor, run, date)
            else:
                executor.journal.choice(run, "retry", date)
                executor.move(run, RETRYING)
                executor.move_execution(RETRYING)
                executor.host.later(date, lambda run=run: self.try_again(run))  # type: ignore[misc]
        return held

    def _next_execution(self, policy: Retry, run: TaskRun) -> int | None:
        """When a new execution takes the place of this one."""
        execution = self._executor.execution
        made = execution.attempt_number
        if not run.attempts or (policy.max_attempts is not None and made >= policy.max_attempts):
            return None
        date = run.attempts[-1].ended + pause_after(policy, made)
        if policy.max_duration is not None:
            limit = execution.created_date + parse_duration(policy.max_duration)
            if date > limit:
                return None
        return date

    def due_by_own_policy(self, run: TaskRun) -> bool:
        """What the selection of lists looks at: the own policy only, and the run's own attempts.

        What will never be tried again counts there as if it were, too: a block, whose retry is that of its children, and a
        task of which new executions were made, since it has one attempt in each. So the handlers of the flow do not run.
        A block waits for it, for ever; here it does not.
        """
        policy = run.task.retry
        if policy is None or (run.parent is not None and not retryable(run.task)):
            return False
        if run.parent is not None and policy.behavior == NEW_EXECUTION:
            return self._next_execution(policy, run) is not None
        return next_attempt(policy, run.attempts) is not None

    def try_again(self, run: TaskRun) -> None:
        """The pause before a retry is over. What the handlers around it did meanwhile is taken back, in all rounds."""
        executor = self._executor
        execution = executor.execution
        if execution.terminal or execution.state == KILLING:
            return
        if run.state != RETRYING and works(run.task):
            # Its block has ended, and the run with it. Kestra tries it again, which the block undoes, for ever.
            if execution.state == RETRYING:
                executor.move_execution(RUNNING)
            return
        executor.over = False
        frame = run.parent.frame if run.parent is not None else None
        if frame is not None and run.role not in (ERRORS, FINALLY):
            # Kestra takes back a handler that is tried again, too, and then misses it: the execution hangs.
            self._take_back_handlers(frame.block)
        executor.move(run, CREATED)
        executor.move_execution(RUNNING)

    def _take_back_handlers(self, block: Block) -> None:
        if block.errors_body is None and block.finally_body is None:
            return
        for run in list(self._executor.execution.runs):
            frame = run.frame
            if frame is not None and frame.block is block:
                self._executor.forget(descendants(frame.runs[ERRORS] + frame.runs[FINALLY]))
                frame.reset(ERRORS)
                frame.reset(FINALLY)
