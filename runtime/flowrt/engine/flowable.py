"""What the engine asks of a flowable, and the rules that most of them follow; and of a task that starts executions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.engine.blockcontext import context_of
from flowrt.engine.execution import policy_of
from flowrt.engine.lines import line_of
from flowrt.engine.results import Result, message
from flowrt.model.blocks import BlockTask
from flowrt.model.declare import TASKS, Kind, prop
from flowrt.model.states import ACTIVE, FAILED, KILLING, SUCCESS, TERMINAL
from flowrt.model.task import Task, UpdatingTask

if TYPE_CHECKING:
    from flowrt.engine.blockcontext import BlockContext
    from flowrt.engine.execution import TaskRun
    from flowrt.engine.frames import Frame
    from flowrt.engine.lines import Line
    from flowrt.engine.ports import Engine
    from flowrt.model.flow import Flow


class Flowable(BlockTask):
    """A task that decides which of its children run next; it does no work itself.

    The rules here are those of Sequential: one child after the other.
    """

    outputs: ClassVar[dict[str, Kind] | None] = {}
    runs_children: ClassVar[bool] = False
    """Its children run within its own work."""
    starts_over: ClassVar[bool] = False
    """It begins anew when it is restarted."""

    errors: list[Any] = prop(TASKS, default=None, init=False)
    finally_: list[Any] = prop(TASKS, default=None, init=False)

    def created(self, run: BlockContext) -> dict[str, Any] | None:
        """The outputs when the task run is created."""
        return None

    def begun(self, executor: Engine, run: TaskRun) -> None:
        """The run is RUNNING now."""

    def start(self, frame: Frame) -> Line:
        """The main list."""
        return line_of(self.block)

    def nexts(self, frame: Frame) -> list[TaskRun]:
        """The runs to create in this pass."""
        return frame.sequential()

    def state(self, frame: Frame) -> str | None:
        """The state that the flowable takes in this pass; None when it goes on."""
        return SUCCESS if frame.empty() else frame.resolve()

    def is_steady(self, run: TaskRun) -> bool:
        """Whether a run of it decides by what has ended, and renders nothing at each step."""
        return False

    def after_state(self, frame: Frame, failed: bool) -> None:
        """Bookkeeping of a flowable that goes on, or that has `failed` because its state could not be found out."""

    def ended(self, run: BlockContext) -> dict[str, Any] | None:
        """The outputs at the end, merged over those so far."""
        return None

    def pausing(self, executor: Engine, run: TaskRun) -> None:
        """The run is about to become PAUSED. An error here is one of the engine: the run does not pause."""

    def paused(self, executor: Engine, run: TaskRun) -> None:
        """The run has become PAUSED."""

    def taken_up(self, executor: Engine, run: TaskRun) -> None:
        """A run of it that has begun goes on in another process: timers and links are made anew."""

    def killed_while_paused(self, executor: Engine, run: TaskRun) -> str:
        """A paused run of it is killed; answers the state that it takes at once."""
        return KILLING

    def marked(self, run: TaskRun, state: str) -> str:
        """A person gives a run of it another state; answers the one that it takes."""
        return state

    def graph(self) -> dict[str, tuple[str, ...]] | None:
        """For one whose children do not follow each other: which ones each child waits for."""
        return None


def flowable(task: Task | None) -> Flowable:
    """The task, of which it is known that it is a flowable."""
    assert isinstance(task, Flowable)
    return task


def works(task: Task) -> bool:
    """Whether a task is one for a worker."""
    return not isinstance(task, (BlockTask, UpdatingTask, Executable))


def prepared(executor: Engine, runs: list[TaskRun]) -> list[TaskRun]:
    """Runs that are about to be part of the execution: flowables have their first outputs."""
    for run in runs:
        if run.parent is not None and run.parent.force:
            run.force = True
        task = run.task
        if not isinstance(task, Flowable):
            continue
        try:
            run.outputs = task.created(context_of(executor, run)) or {}
        except Exception as error:
            from flowrt.engine.document import run_text

            text = run_text(run, executor.execution)
            executor.log(run, "WARN", f"Unable to save output on taskRun '{text}'")
            executor.trace(run, error)
    return runs


def result_of(executor: Engine, frame: Frame) -> Result | None:
    """What has become of a flowable, by its frame; None while it goes on."""
    run = frame.run
    assert run is not None
    if run.state not in ACTIVE:
        return None
    task = flowable(frame.block.task)
    broken = False
    try:
        stuck = executor.stuck.pop(frame, None)
        state = task.state(frame)
        if state is None and stuck is not None:
            # Kestra would wait for ever.
            raise stuck
    except Exception as error:
        executor.log(
            run,
            "ERROR",
            f"Unable to resolve state from the Flowable task: {message(error)}",
            error=error,
        )
        executor.trace(run, error)
        state = FAILED
        broken = True
    if state is None:
        return None
    if state not in TERMINAL:
        return Result(run, state, run.outputs, run.attempts)
    try:
        outputs = {**(run.outputs or {}), **(task.ended(context_of(executor, run)) or {})}
    except Exception as error:
        executor.log(
            run, "ERROR", f"Unable to resolve outputs from the Flowable task: {message(error)}"
        )
        executor.trace(run, error)
        outputs = {}
    # A result may be withheld, because a child is tried again: then the attempt goes on.
    result = Result(run, state, outputs, run.attempts_when(state))
    result.broken = broken
    return result


def retryable(task: Task) -> bool:
    """Whether a failed run of a task may be tried again: of one that works, or starts an execution."""
    if isinstance(task, Executable):
        return task.tried_again
    return not isinstance(task, (BlockTask, UpdatingTask))


def has_policy(run: TaskRun, flow: Flow) -> bool:
    """Whether a run has failed and a policy of retries applies to it."""
    return run.state == FAILED and retryable(run.task) and policy_of(run, flow) is not None


class Executable(Task):
    """A task that starts other executions."""

    tried_again: ClassVar[bool] = True
    """It obeys policies of retries."""

    def launch(self, executor: Engine, run: TaskRun, context: BlockContext) -> None:
        """Start them. Raises when they cannot be started."""
        raise NotImplementedError

    def taken_up(self, executor: Engine, run: TaskRun) -> None:
        """A run of it that has begun goes on in another process: what it started is waited for again."""

    def told(self, executor: Engine, run: TaskRun) -> None:
        """A run of it has ended in an earlier process: what takes the place of what it started may tell of its end, too."""

    def killed(self, executor: Engine, run: TaskRun) -> None:
        """The execution is killed in which a run of it has ended."""
