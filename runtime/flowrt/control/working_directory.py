"""WorkingDirectory: children one after the other in one folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from flowrt.engine.assignments import Assignment, AttemptAssignment
from flowrt.engine.execution import ERRORS, FINALLY, MAIN
from flowrt.engine.flowable import Flowable
from flowrt.engine.outputs import shown
from flowrt.engine.rendering import Rendering, truthy
from flowrt.engine.results import message
from flowrt.engine.services import WORK
from flowrt.engine.variables import Variables, View, taskrun_entry
from flowrt.engine.work import Abandoned, Work, changes_lists, keep_apart
from flowrt.java.growing import GrowingMap
from flowrt.java.values import hash_map
from flowrt.model.clock import id_text
from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    DURATION,
    STRING,
    TASKS,
    Declared,
    Kind,
    listing,
    mapping,
    prop,
    record,
    task_type,
)
from flowrt.model.states import (
    CREATED,
    FAILED,
    KILLED,
    KILLING,
    RETRYING,
    RUNNING,
    TERMINAL,
)
from flowrt.model.task import Task
from flowrt.services.folders import NAMESPACE_FILES

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.engine.blockcontext import BlockContext
    from flowrt.engine.execution import TaskRun
    from flowrt.engine.frames import Frame
    from flowrt.engine.ports import Engine
    from flowrt.engine.work import Report
    from flowrt.model.declare import Listing, Text
    from flowrt.services.folders import LoadNamespaceFiles
    from flowrt.worker.context import WorkContext


class Cache(Declared):
    """Files of the folder that are kept for later executions."""

    patterns: Listing | None = prop(listing(STRING), default=None)
    ttl: Text | None = prop(DURATION, default=None)


@task_type(
    "io.kestra.plugin.core.flow.WorkingDirectory",
    "io.kestra.core.tasks.flows.WorkingDirectory",
    "io.kestra.core.tasks.flows.Worker",
)
class WorkingDirectory(Flowable):
    """Runs tasks one by one in a folder that they share; only tasks that do work may stand in it."""

    shape: ClassVar[str] = "folder"
    outputs: ClassVar[dict[str, Kind] | None] = {"outputFiles": mapping(STRING)}
    runs_children: ClassVar[bool] = True
    starts_over: ClassVar[bool] = True

    tasks: list[Any] = prop(TASKS, init=False)
    input_files: Any = prop(ANY, default=None)
    output_files: Listing | None = prop(listing(STRING), default=None)
    namespace_files: LoadNamespaceFiles | None = prop(NAMESPACE_FILES, default=None)
    cache: Cache | None = prop(record(Cache), default=None)

    def begun(self, executor: Engine, run: TaskRun) -> None:
        assert run.frame is not None
        run.frame.data = work = FolderWork(executor, run, self)
        work.begin()

    def taken_up(self, executor: Engine, run: TaskRun) -> None:
        """The folder of the earlier process is still there, and so are the children that have ended in it."""
        if run.state == RUNNING:
            self.begun(executor, run)

    def nexts(self, frame: Frame) -> list[TaskRun]:
        frame.data.go_on()
        if not frame.data.done or frame.data.failed or frame.empty():
            return []  # where no child runs, not even `finally` does
        role = frame.active()
        return frame.next_of(role) if role in (ERRORS, FINALLY) else []

    def state(self, frame: Frame) -> str | None:
        if not frame.data.done:
            return None
        return FAILED if frame.data.failed else super().state(frame)

    def ended(self, run: BlockContext) -> dict[str, Any] | None:
        assert run.run.frame is not None
        files = run.run.frame.data.files
        return {"outputFiles": files} if files else None


class FillFolder(Task):
    """Makes the folder, with the files that its children find in it."""

    each: WorkingDirectory = prop(ANY, static=True)
    fresh: bool = prop(BOOLEAN, static=True)

    def run(self, run: WorkContext) -> dict[str, Any]:
        from flowrt.services.folders import prepare_folder, restore_cache
        from flowrt.services.paths import make_folder

        each, folder = self.each, run.working_dir
        if self.fresh and folder.exists():
            from shutil import rmtree

            rmtree(folder)
        make_folder(folder)
        cached = None
        if each.cache is not None and self.fresh:
            cached = restore_cache(run, folder, each.id, run.duration(each.cache.ttl))
        if self.fresh:
            prepare_folder(run, folder, each.input_files, each.namespace_files)
        return {"cached": cached}


class CollectFolder(Task):
    """Stores the files of the folder that are asked for."""

    each: WorkingDirectory = prop(ANY, static=True)
    cached: float | None = prop(ANY, static=True, default=None)

    def run(self, run: WorkContext) -> dict[str, Any]:
        from flowrt.services.folders import collect_outputs, save_cache

        each, folder = self.each, run.working_dir
        files: dict[str, str] = {}
        if each.output_files is not None:
            try:
                # the journal knows of them later: until then another process may have to collect them again
                patterns = run.listing(each.output_files) or []
                files = collect_outputs(run, folder, patterns, keep=run.services.durable)
            except Exception:
                run.log("ERROR", "Unable to capture WorkingDirectory output files")
                raise
        if each.cache is not None:
            patterns = run.listing(each.cache.patterns) or []
            save_cache(run, folder, each.id, patterns, self.cached, files)
        return {"files": files}


class FolderVariables(Variables):
    """The variables of a child, which is told of outputs by the one worker of its folder."""

    __slots__ = ("given",)

    given: Callable[[], dict[str, Any]]


FolderVariables._LAZY = {
    **Variables._LAZY,
    "outputs": lambda v: cast("FolderVariables", v).given(),
}


class FolderWork:
    """A WorkingDirectory at work: it fills the folder, has its children worked on one after the other, collects files.

    Kestra gives the whole of it to one worker, so its children do not wait for passes, and of the task runs they see how
    they were when that began.
    """

    def __init__(self, executor: Engine, run: TaskRun, task: WorkingDirectory) -> None:
        assert run.frame is not None
        self.executor = executor
        self.run = run
        self.task = task
        self.frame = run.frame
        self.done = False
        self.failed = False
        self.files: dict[str, str] = {}
        self.folder = executor.host.services.root / WORK / folder_name(run)
        self._cached: float | None = None
        self._changed: dict[str, Any] = {}
        """What children have changed of what all of them see: one worker runs them, over one copy."""
        self._seen = run.history[-1] - 1
        self._version = executor.execution.tree.version
        self._shown: dict[str, Any] | None = None
        self._told = 0
        """The outputs when it began, what is shown of them now, and of how many children the worker has told."""
        children = self.frame.runs[MAIN]
        self._left = [each for each in children if each.state not in {*TERMINAL, RETRYING}]
        again = (each for each in children if each.state == RETRYING or self._due(each))
        self._tried_again = next(again, None)
        """The child that has failed and will be tried again; what stands behind it waits."""

    def begin(self) -> None:
        """Fill the folder, unless an earlier process has."""
        fill = FillFolder(self.run.task.id, each=self.task, fresh=not self.frame.runs[MAIN])
        self._have_done(fill, self._filled)

    def _have_done(self, task: Task, tell: Callable[[Report], None]) -> None:
        executor, run = self.executor, self.run
        view = View(run, run.attempt_count, executor.clock.now())
        work = Work(
            task,
            run,
            executor.host.services,
            lambda: Variables(executor, run, view),
            0,
            self.folder,
        )
        executor.host.assign(Errand(executor, run, work, tell))

    def _filled(self, report: Report) -> None:
        if report.error is not None:
            self._failed("preExecuteTasks", report.error)
            self._end()
            return
        self._cached = report.result["cached"]
        self._next()

    def _failed(self, step: str, error: BaseException) -> None:
        if isinstance(error, Abandoned):
            return  # the execution is being killed
        text = f"Failed {step} on WorkingDirectory: {message(error)}"
        self.executor.log(self.run, "ERROR", text)
        self.executor.trace(self.run, error)
        self._give_up()

    def _give_up(self) -> None:
        """The folder as a whole has failed.

        The worker reports the run as it got it, which is from before it was RUNNING.
        """
        self.failed = True
        self.executor.give_up(self.run, self.run.soften(FAILED))

    # ---- the children ---------------------------------------------------------------------------------------------

    def _next(self) -> None:
        """The next child, or the end."""
        if self._tried_again is not None:
            return
        child = self._following()
        while child is not None and self.executor.execution.state in (KILLING, KILLED):
            # The worker does not begin the others, but tells of them.
            self.executor.move(child, KILLED)
            child = self._following()
        if child is None:
            self._collect()
            return
        if child.state != CREATED:
            child.supersede()
        assignment = AttemptAssignment(
            self.executor,
            child,
            View(child, 0, self._seen),
            when_over=lambda: self._child_over(child),
        )
        assignment.work.variables = lambda: self._variables(assignment)
        assignment.work.folder = self.folder
        self.executor.host.assign(assignment)

    def _following(self) -> TaskRun | None:
        """The next child that an earlier process has left, or that is wanted now."""
        return self._left.pop(0) if self._left else self._created()

    def _child_over(self, child: TaskRun) -> None:
        if not _stops(child):
            self._next()
        elif self._due(child):
            self._tried_again = child
        else:
            self._collect()

    def _due(self, child: TaskRun) -> bool:
        return child.state == FAILED and self.executor.due(child) is not None

    def go_on(self) -> None:
        """Once a child that was tried again has ended: what stands behind it.

        Kestra forgets that, and waits for it for ever.
        """
        child = self._tried_again
        if child is None or child.state not in TERMINAL or self._due(child):
            return
        self._tried_again = None
        self._child_over(child)

    def _created(self) -> TaskRun | None:
        """The run of the next child that is wanted."""
        from flowrt.engine.dispatch import skip

        executor, line = self.executor, self.frame.line(MAIN)
        ended = self.frame.runs[MAIN]
        if self.failed or (ended and _stops(ended[-1])):
            return None
        while (request := line.peek()) is not None:
            line.take()
            child: TaskRun = self.frame.make(request, MAIN)
            condition = child.task.run_if
            if condition != "true":
                view = View(child, 0, self._seen)
                try:
                    seen = AttemptAssignment(executor, child, view)
                    rendered = Rendering(lambda seen=seen: self._variables(seen)).text(condition)  # type: ignore[misc]
                    wanted = truthy(rendered)
                except Exception as error:
                    executor.log(child, "ERROR", f"Failed evaluating runIf: {message(error)}")
                    self._give_up()
                    return None
                if not wanted:
                    executor.adopt(child)
                    skip(executor, child)
                    continue
            executor.adopt(child)
            return child
        return None

    def _variables(self, assignment: AttemptAssignment) -> Variables:
        """What a child sees: the value of the WorkingDirectory, no parents of its own."""
        executor, child, around = self.executor, assignment.run, self.run
        with executor.host.lock:
            variables = FolderVariables(executor, child, assignment.view, in_worker=True)
            variables.given = self._outputs
            variables.setdefault("trigger", {})
            entry = taskrun_entry(child, 0)
            if around.value is not None:
                entry["value"] = around.value
            variables["taskrun"] = entry
            variables["workerTaskrun"] = taskrun_entry(around, 0)
            variables.update(self._changed)
            if changes_lists(child.task, executor.changers):
                self._changed = keep_apart(variables)
            outer = Variables(executor, around)["parents"]
            variables["parents"] = outer
            if outer:
                variables["parent"] = outer[0]
        return variables

    def _outputs(self) -> dict[str, Any]:
        """The outputs that a child sees: those of the time when the folder began, and those of the children before it.

        After each child, one that was skipped too, the worker copies the hash map and puts the result of the child
        into it; in a loop that takes the place of all rounds.
        """
        tree = self.executor.execution.tree
        ended = [run for run in self.frame.runs[MAIN] if run.terminal]
        if self._shown is None:
            alone = tree.version - self._version == len(ended)
            before = tree.read() if alone else tree.at(self._version)
            own = {each.task.id for each in ended}
            self._shown = {key: value for key, value in before.items() if key not in own}
        for run in ended[self._told :]:
            given = GrowingMap(1)
            given.update(shown(tree.clear(run, run.outputs or {})))
            entries = {**self._shown, run.task.id: _below(self.run.values(), given)}
            self._shown = hash_map(entries.items(), capacity=1)
        self._told = len(ended)
        return self._shown

    # ---- the end --------------------------------------------------------------------------------------------------

    def _collect(self) -> None:
        self._have_done(
            CollectFolder(self.run.task.id, each=self.task, cached=self._cached), self._collected
        )

    def _collected(self, report: Report) -> None:
        if report.error is not None:
            self._failed("postExecuteTasks", report.error)
        else:
            self.files = report.result["files"]
        self._end()

    def _end(self) -> None:
        from shutil import rmtree

        self.done = True
        self.executor.wake(self.frame)
        # once the end is remembered: until then somebody else may have to look into the folder
        self.executor.host.at(0, lambda: rmtree(self.folder, ignore_errors=True))


def _stops(child: TaskRun) -> bool:
    """Whether the children behind it do not run. One that may fail is FAILED, too, where it will be tried again."""
    return child.state == FAILED and not child.task.allow_failure


def folder_name(run: TaskRun) -> str:
    """The name of the folder of a run, which another process finds again."""
    from hashlib import blake2b

    return id_text(blake2b(run.id.encode(), digest_size=16).digest())


class Errand(Assignment):
    """Work that a flowable has done for its own run."""

    __slots__ = ("_tell",)

    def __init__(
        self, executor: Engine, run: TaskRun, work: Work, tell: Callable[[Report], None]
    ) -> None:
        super().__init__(executor, run, work)
        self._tell = tell

    @property
    def attempt(self) -> int:
        return self.run.attempt_count

    def fail(self, error: BaseException, limit: float | None) -> None:
        """Whoever is told words it."""

    def concluded(self, report: Report) -> None:
        self._tell(report)


def _below(values: list[str], outputs: dict[str, Any]) -> dict[str, Any]:
    """Outputs as they stand below the values of the loops around, the outer first."""
    for value in reversed(values):
        outputs = {value: outputs}
    return outputs
