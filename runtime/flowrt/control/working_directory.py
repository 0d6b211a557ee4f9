"""WorkingDirectory: children one after the other in one folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.control.base import Flowable
from flowrt.control.context import context_of
from flowrt.declare import (
    ANY,
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
from flowrt.engine.jobs import Job, supersede
from flowrt.engine.runcontext import TaskContext
from flowrt.engine.runs import ERRORS, FINALLY, MAIN
from flowrt.engine.variables import Variables, taskrun_entry
from flowrt.expr.truth import truthy
from flowrt.states import FAILED, KILLED, RUNNING, SUCCESS, TERMINAL, WARNING
from flowrt.tasks.files import NAMESPACE_FILES

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from pathlib import Path

    from flowrt.declare import Listing, Text
    from flowrt.engine.executor import Executor
    from flowrt.engine.frames import Frame
    from flowrt.engine.runs import TaskRun
    from flowrt.tasks.files import LoadNamespaceFiles


class Cache(Declared):
    """Files of the folder that are kept for later executions."""

    patterns: Listing = prop(listing(STRING))
    ttl: Text | None = prop(DURATION, default=None)


@task_type(
    "io.kestra.plugin.core.flow.WorkingDirectory",
    "io.kestra.core.tasks.flows.WorkingDirectory",
    "io.kestra.core.tasks.flows.Worker",
)
class WorkingDirectory(Flowable):
    """Runs tasks one by one in a folder that they share; only tasks that do work may stand in it."""

    shape: ClassVar[str] = "group"
    outputs: ClassVar[dict[str, Kind] | None] = {"outputFiles": mapping(STRING)}
    runs_children: ClassVar[bool] = True
    starts_over: ClassVar[bool] = True

    tasks: list[Any] = prop(TASKS, static=True, init=False)
    input_files: Any = prop(ANY, default=None)
    output_files: Listing | None = prop(listing(STRING), default=None)
    namespace_files: LoadNamespaceFiles | None = prop(NAMESPACE_FILES, default=None)
    cache: Cache | None = prop(record(Cache), default=None)

    def begun(self, executor: Executor, run: TaskRun) -> None:
        assert run.frame is not None
        run.frame.data = work = FolderWork(executor, run)
        executor.host.submit(work)

    def taken_up(self, executor: Executor, run: TaskRun) -> None:
        """The folder of the earlier process is still there, and so are the children that have ended in it."""
        if run.state == RUNNING:
            self.begun(executor, run)

    def nexts(self, frame: Frame) -> list[TaskRun]:
        if not frame.data.done or frame.data.failed:
            return []
        role = frame.active()
        return frame.next_of(role) if role in (ERRORS, FINALLY) else []

    def state(self, frame: Frame) -> str | None:
        if not frame.data.done:
            return None
        return FAILED if frame.data.failed else super().state(frame)

    def ended(self, run: TaskContext) -> dict[str, Any] | None:
        assert run.run.frame is not None
        files = run.run.frame.data.files
        return {"outputFiles": files} if files else None


class FolderWork(Job):
    """The work of a WorkingDirectory: its children, one after the other in one folder."""

    __slots__ = ("cached", "done", "failed", "files", "folder")

    @property
    def waits(self) -> bool:
        return True

    def __init__(self, executor: Executor, run: TaskRun) -> None:
        super().__init__(executor, run, run.history[-1] - 1)
        self.done = False
        self.failed = False
        self.files: dict[str, str] = {}
        self.folder: Path | None = None
        self.cached: float | None = None

    def start(self) -> Coroutine[Any, Any, None]:
        return self._share_folder()

    async def _share_folder(self) -> None:
        run, executor = self.run, self.executor
        frame = run.frame
        assert frame is not None
        task = run.task
        assert isinstance(task, WorkingDirectory)
        self.context = context = context_of(frame)
        try:
            begun = bool(frame.runs[MAIN])
            self.folder = context.folder_of(run, fresh=not begun)
            if begun or self._prepare(task, context):
                await self._children(frame)
                self._collect(task, context)
        finally:
            self.done = True
            executor.live -= 1
            executor.host.done(self)
            executor.wake(frame)
            executor.host.progress(executor)
            # once the end is remembered: until then somebody else may have to look into the folder
            executor.host.at(0, context.close)

    def _prepare(self, task: WorkingDirectory, context: TaskContext) -> bool:
        """Fill the folder; says whether that went well."""
        from flowrt.engine.executor import message
        from flowrt.tasks.files import prepare_folder, restore_cache

        assert self.folder is not None
        try:
            if task.cache is not None:
                ttl = context.duration(task.cache.ttl)
                self.cached = restore_cache(context, self.folder, task.id, ttl)
            prepare_folder(context, self.folder, task.input_files, task.namespace_files)
        except Exception as error:
            context.log("ERROR", f"Failed preExecuteTasks on WorkingDirectory: {message(error)}")
            context.trace(error)
            self._give_up()
            return False
        return True

    def _give_up(self) -> None:
        """The worker gives up the whole folder, as if it had never begun."""
        run = self.run
        self.failed = True
        run.attempts = None
        run.history = run.history[:2]
        state = FAILED
        if run.task.allow_failure:
            state = SUCCESS if run.task.allow_warning else WARNING
        self.executor.move(run, state)

    async def _children(self, frame: Frame) -> None:
        from flowrt.engine.dispatch import skip
        from flowrt.engine.executor import message

        executor = self.executor
        line = frame.line(MAIN)
        for child in frame.runs[MAIN]:
            if child.state not in TERMINAL:
                supersede(child)
                await self._work_on(ChildJob(executor, child, self))
            if child.state in (FAILED, KILLED):
                return
        while not self.failed and not self.interrupted and (request := line.peek()) is not None:
            line.take()
            child = frame.make(request, MAIN)
            job = ChildJob(executor, child, self)
            condition = child.task.run_if
            if condition != "true":
                try:
                    wanted = truthy(job.make_context().text(condition))
                except Exception as error:
                    executor.log(child, "ERROR", f"Failed evaluating runIf: {message(error)}")
                    executor.live -= 1
                    self._give_up()
                    return
                if not wanted:
                    executor.live -= 1
                    executor.adopt(child)
                    skip(executor, child)
                    continue
            executor.adopt(child)
            await self._work_on(job)
            if child.state in (FAILED, KILLED):
                return

    async def _work_on(self, job: ChildJob) -> None:
        self.context = None
        work = job.start()
        if work is not None:
            job.handle = self.handle
            await work
        else:
            job.finish()

    def _collect(self, task: WorkingDirectory, context: TaskContext) -> None:
        from flowrt.engine.executor import message
        from flowrt.tasks.files import collect_outputs, save_cache

        assert self.folder is not None
        try:
            if task.output_files is not None:
                try:
                    patterns = context.listing(task.output_files) or []
                    self.files = collect_outputs(context, self.folder, patterns)
                except Exception:
                    context.log("ERROR", "Unable to capture WorkingDirectory output files")
                    raise
            if task.cache is not None:
                patterns = context.listing(task.cache.patterns) or []
                save_cache(context, self.folder, task.id, patterns, self.cached)
        except Exception as error:
            context.log("ERROR", f"Failed postExecuteTasks on WorkingDirectory: {message(error)}")
            context.trace(error)
            self._give_up()


class ChildJob(Job):
    """An attempt of a child, in the folder of the WorkingDirectory."""

    __slots__ = ("work",)

    def __init__(self, executor: Executor, run: TaskRun, work: FolderWork) -> None:
        super().__init__(executor, run)
        self.work = work

    def make_context(self) -> TaskContext:
        """Rendering as a child sees things: the value of the WorkingDirectory, no parents."""
        context = TaskContext(self.executor, self.run, self, folder=self.work.folder)
        variables = Variables(self.executor, self.run, in_worker=True)
        around = self.work.run
        variables.setdefault("trigger", {})
        entry = taskrun_entry(self.run, 0)
        if around.value is not None:
            entry["value"] = around.value
        variables["taskrun"] = entry
        # Of the task runs they see how they were when the folder was given to the worker.
        variables.freeze(self.work.seen, self.version)
        variables["workerTaskrun"] = taskrun_entry(around, 0)
        outer = Variables(self.executor, around)["parents"]
        variables["parents"] = outer
        if outer:
            variables["parent"] = outer[0]
        context.use(variables)
        return context
