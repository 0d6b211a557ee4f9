"""The conductor of one execution: makes task runs of what the coroutines of the flow ask for, and folds their states.

What a task run is, how its state, its outputs and its log come about, which state a block takes from its children: all that
is the engine's (`flowrt.engine`), whose executor this is. Only the order in which things happen is not that of its passes,
but that of the coroutines, which are awaited in an event loop.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from flowrt.conduct import shapes
from flowrt.conduct.faces import Failed, Run, Stopped
from flowrt.conduct.frames import AwaitedFrame
from flowrt.engine import dispatch, lifecycle
from flowrt.engine.assignments import AttemptAssignment
from flowrt.engine.execution import AFTER, ERRORS, FINALLY, LISTENER, MAIN
from flowrt.engine.executor import Executor
from flowrt.engine.flowable import Executable, Flowable, flowable, prepared, retryable
from flowrt.engine.frames import NONE
from flowrt.engine.variables import View
from flowrt.model.blocks import Block, Call, Request, Want
from flowrt.model.states import (
    ACTIVE,
    CREATED,
    FAILED,
    KILLED,
    PAUSED,
    RESTARTED,
    RETRYING,
    RUNNING,
    SUBMITTED,
    SUCCESS,
    TERMINAL,
    WARNING,
)
from flowrt.model.task import NEW_EXECUTION, UpdatingTask
from flowrt.worker.context import WorkContext
from flowrt.worker.perform import attend, perform

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable

    from flowrt.engine.assignments import Assignment
    from flowrt.engine.execution import Execution, TaskRun
    from flowrt.engine.frames import Frame
    from flowrt.engine.work import Report
    from flowrt.model.task import Task


class Conductor(Executor):
    """Conducts one execution of a flow."""

    host: Any

    def __init__(self, host: Any, execution: Execution) -> None:
        self._waiting: list[asyncio.Future[None]] = []
        self._late = False
        self.following = False
        """What follows the final state has begun."""
        self.tried: TaskRun | None = None
        """The next task run, where it was tried elsewhere and has failed."""
        self.lost = 0
        """How many tries of the next task run are known by their number alone."""
        self.abandoned = False
        """Nothing more of it begins in this process."""
        self.signal: BaseException | None = None
        """What is to be raised at its end here."""
        self.asking = asyncio.Lock()
        """People are asked one thing after the other."""
        super().__init__(host, execution)
        root: Any = self.flow.root
        self.root: AwaitedFrame = AwaitedFrame(self, root, None)

    # ---- waiting --------------------------------------------------------------------------------------------------

    def wake(self, frame: Any = None) -> None:
        """Something changed: who waits looks again."""
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            if not each.done():
                each.set_result(None)

    def run_passes(self) -> None:
        """There are none."""

    def ask(self, order: Callable[[], None]) -> None:
        order()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds."""
        while not holds():
            change = asyncio.get_running_loop().create_future()
            self._waiting.append(change)
            await change

    def _ends_late(self, made: TaskRun) -> bool:
        """Whether one more task of the flow begins after an Exit below `made`.

        Kestra has the next task of the main list in hand then, and runs it when something follows the end.
        """
        root = self.flow.root
        nested = made.parent is None and made.frame is not None and made.role == MAIN
        state = self.execution.state
        self._late = nested and bool(root.after_bodies) and state in (SUCCESS, WARNING)
        return self._late

    async def _go_on(self) -> None:
        """Wait while the execution stands still. Raises `Stopped` when it is over."""
        if self.abandoned:
            raise Stopped
        await self.until(lambda: self.execution.state != PAUSED)
        if self.slas is not None and not self._is_over():
            self.slas.due = True
            self.slas.check_assertions()
        if self._is_over():
            raise Stopped

    def _is_over(self) -> bool:
        """The execution has its final state, and what follows the end has not begun."""
        return self.execution.terminal and not self.following

    def move_execution(self, state: str) -> None:
        super().move_execution(state)
        if state == RESTARTED:
            super().move_execution(RUNNING)

    # ---- children -------------------------------------------------------------------------------------------------

    async def child(self, run: Run, target: Task | Block) -> Any:
        """Run a task for a list; answers its outputs. Raises `Failed` when it has failed for good."""
        if self._late:
            self._late = False
        else:
            await self._go_on()
        if run.role == FINALLY:
            await self.ended_all(run.frame, ERRORS)
        around = run.frame.run
        if around is not None and around.state in TERMINAL:
            raise Stopped
        made = self._tried() or self.take([self._made(run, target)])[0]
        for _ in range(self.lost):
            now = self.clock.now()
            made.add_attempt(CREATED, now, RUNNING, now, FAILED, now)
        self.lost = 0
        await asyncio.sleep(0)  # what begins at the same time is there before any of it begins
        try:
            await (self.dispatch(made) if run.role == MAIN else self._handle(made))
            if made.state == PAUSED or self._is_over():
                raise Stopped
        except Stopped:
            if not self._ends_late(made):
                raise
        if made.state in (FAILED, KILLED) and run.role == MAIN:
            raise Failed(made)  # a handler that fails stops no other
        return made.outputs

    def _tried(self) -> TaskRun | None:
        """The task run that was tried elsewhere: it begins anew."""
        made, self.tried = self.tried, None
        if made is not None:
            self.move(made, RETRYING)
            self.move(made, CREATED)
        return made

    async def _handle(self, run: TaskRun) -> None:
        """Run a task of handlers. Their list does not wait for its next try: it goes on after the first failure."""
        work = self.host.spawn(self.dispatch(run))
        work.add_done_callback(self.wake)
        try:
            await self.until(lambda: work.done() or run.state == RETRYING)
        except asyncio.CancelledError:
            work.cancel()
            raise
        if work.done():
            work.result()

    async def ended_all(self, frame: Frame, role: int) -> None:
        """Wait for handlers that are tried again, behind the end of their list."""
        await self.until(lambda: not frame.unended[role] or self._is_over() or self.abandoned)

    def take(self, runs: list[TaskRun]) -> list[TaskRun]:
        """Take new task runs into the execution."""
        self._append(prepared(self, runs))
        return runs

    def _made(self, run: Run, target: Task | Block) -> TaskRun:
        wanted = target if isinstance(target, Block) else Call(target)
        if run.number is None:
            return run.frame.make(Request((wanted,)), run.role)
        want = Want((wanted,), run.round_value, run.number, run.number if run.is_round else 0)
        return run.frame.make(want, run.role)

    async def dispatch(self, run: TaskRun) -> None:
        """Run a task run that is part of the execution, and again as its policy of retries says."""
        while True:
            await self._begin(run)
            if not (run.state == FAILED and retryable(run.task)):
                return
            due = self.due(run)
            if due is None or self._is_over() or not self.host.hands.tries_again(run):
                return
            policy, date = due
            if policy.behavior == NEW_EXECUTION:
                from flowrt.engine.anew import supersede

                supersede(self, run, date)
                raise Stopped
            self.await_try(run)
            await asyncio.sleep(max(0.0, (date - self.clock.now()) / 1e9))
            if run.state == RETRYING:
                self.move(run, CREATED)
            if self.execution.state == RETRYING:
                self.move_execution(RUNNING)

    def await_try(self, run: TaskRun) -> None:
        """A run that has failed is going to be tried again.

        Meanwhile what follows the end goes on, of which each task begins when the one before has failed. It begins where the
        run is the flow's own: when no list of the flow has anything to do for now, Kestra takes that for its end.
        """
        if run.parent is None and run.role == MAIN and self.root.active() == NONE:
            self.end()
        if self.execution.terminal and self.after is not None:
            for each in self.take(self.after.nexts()):
                self.host.spawn(self.dispatch(each))
        self.move(run, RETRYING)
        self.move_execution(RETRYING)

    async def _begin(self, run: TaskRun) -> None:
        task = run.task
        view = View(run, run.attempt_count, self.clock.now())
        if isinstance(task, UpdatingTask):
            dispatch.updating(self, [(run, len(run.history))], {run: view})
            self._pay()
        elif isinstance(task, Executable):
            dispatch.executable(self, [(run, len(run.history))], {run: view})
            self._pay()
            await self.until(lambda: run.state in TERMINAL)
        elif isinstance(task, Flowable):
            if dispatch.wanted(self, run, view):
                try:
                    await self._block(run)
                finally:
                    self.ended.discard(run)
                    self._force_children({run})
        elif dispatch.wanted(self, run, view):
            await asyncio.sleep(0)
            views = [view]
            await self.host.hands.leaf(self, run, lambda: self.attempt(run, views))

    def _pay(self) -> None:
        error, self.error = self.error, None
        if error is not None:
            self.pay(error)

    def pay(self, error: BaseException) -> None:
        """The engine itself failed: the last open run pays for it."""
        lifecycle.engine_failure(self, error)

    # ---- blocks ---------------------------------------------------------------------------------------------------

    async def _block(self, run: TaskRun) -> None:
        task = flowable(run.task)
        while run.state not in TERMINAL:
            frame = run.frame = None
            if not task.runs_children:
                run.frame = AwaitedFrame(self, task.block, run)
            dispatch.begin(self, run)
            frame = run.frame
            assert frame is not None
            result = await shapes.conduct(self, frame)
            if result is None:
                await self.until(lambda: run.state != PAUSED)
                assert run.state not in ACTIVE, f"{task.id} does not end"
            else:
                self.apply(result)
                if result.state == PAUSED:
                    return

    # ---- leaf tasks -----------------------------------------------------------------------------------------------

    async def attempt(self, run: TaskRun, views: list[View]) -> None:
        """One attempt of a leaf task. The first of several sees the execution as it was when its turn had come."""
        view = views.pop() if views else View(run, run.attempt_count, self.clock.now())
        assignment = AttemptAssignment(self, run, view)
        self.move(run, SUBMITTED)
        self.host.assigned.add(assignment)
        await self.beside(assignment)

    async def beside(self, assignment: Assignment) -> None:
        """Do the work of an assignment, which ends with its report."""
        if not assignment.begin():
            return
        context = WorkContext(assignment.work, assignment)
        work = asyncio.get_running_loop().create_task(self._work(assignment, context))
        assignment.handle = (context, work)
        try:
            await asyncio.wait({work})
        except asyncio.CancelledError:
            work.cancel()
            await asyncio.wait({work})
            raise

    async def _work(self, assignment: Assignment, context: WorkContext) -> None:
        begun: Any = perform(context)
        report: Report = begun if hasattr(begun, "kept") else await attend(context, begun)
        assignment.report(report)
        context.close()

    # ---- the end --------------------------------------------------------------------------------------------------

    async def together(self, bodies: Iterable[Coroutine[Any, Any, None]]) -> None:
        """Run coroutines at the same time. Raises what the first raises that fails; the others go on all the same."""
        tasks = [self.host.spawn(body) for body in bodies]
        if tasks:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            for task in tasks:
                if task in done:
                    task.result()

    def end(self) -> None:
        """All lists are over: the final state and the outputs, unless the execution has or awaits another end."""
        if not self.execution.terminal and self.execution.state not in (PAUSED, RETRYING):
            lifecycle.end(self)

    async def after_lists(self) -> None:
        """Run what follows the final state, then tell who waits for the execution. Nothing follows one that never began."""
        if self.execution.terminal and RUNNING in self.execution.history:
            self.following = True
            while True:
                for role in (LISTENER, AFTER):
                    await self.ended_all(self.root, role)
                runs = self.take(self.after.nexts()) if self.after is not None else []
                if not runs:
                    break
                for run in runs:
                    await self.dispatch(run)
            self.end()
        self.check_over()


__all__ = ["Conductor"]
