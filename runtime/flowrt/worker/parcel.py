"""Work as a value that another process can do: names in place of objects, the variables as they are, an answer back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.engine.results import failure_texts
from flowrt.engine.services import Services
from flowrt.engine.variables import EngineEnvironment
from flowrt.engine.work import Report, Work
from flowrt.expr.context import Context
from flowrt.java.errors import ExpressionError
from flowrt.model.clock import SYSTEM_CLOCK
from flowrt.model.failures import TaskFailure
from flowrt.worker.context import WorkContext
from flowrt.worker.perform import attend, perform

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.engine.assignments import Assignment
    from flowrt.model.flow import Flow
    from flowrt.model.task import Task

    Say = Callable[..., None]


class Told:
    """An execution, as far as another process is told of it."""

    def __init__(self, id: str, namespace: str, flow_id: str, error_logs: list[Any]) -> None:
        self.id = id
        self.namespace = namespace
        self.flow_id = flow_id
        self.error_logs = error_logs
        self.clock = SYSTEM_CLOCK


class Parcel:
    """One attempt, without anything of this process in it."""

    def __init__(self, work: Work, *, far: bool = False) -> None:
        """`work` is of a run in this process; to be made with the engine's lock held. `far`: it may go to another machine."""
        from pathlib import Path

        run: Any = work.run
        execution = run.execution
        variables = work.variables()
        self.flow = (execution.namespace, execution.flow_id)
        self.task = work.task.id
        self.run = (run.id, run.value)
        self.execution = execution.id
        self.error_logs = variables.env.error_logs() if variables.env is not None else []
        self.variables: dict[str, Any] = {**variables, **variables.visible()}
        self.root = str(Path(work.services.root).absolute())
        self.settings = work.services.settings()
        if far:
            self.settings["mark"] = str(work.services.workplace.path.absolute())
        self.attempt = work.attempt
        self.folder = work.folder

    def work(self, find: Callable[[tuple[str, str], str], Task]) -> Work:
        """The work, in the process that does it; `find` knows the tasks of the program."""
        from pathlib import Path
        from types import SimpleNamespace

        execution = Told(self.execution, *self.flow, self.error_logs)
        task = find(self.flow, self.task)
        id, value = self.run
        run: Any = SimpleNamespace(id=id, value=value, task=task, execution=execution)
        services = Services(Path(self.root), **self.settings)
        host: Any = SimpleNamespace(services=services)
        told: Any = execution
        environment = ToldEnvironment(host, told, in_worker=True)
        return Work(
            task,
            run,
            services,
            lambda: Context(self.variables, environment),
            self.attempt,
            self.folder,
        )


class ToldEnvironment(EngineEnvironment):
    """The services of expressions in another process."""

    def error_logs(self) -> list[dict[str, Any]]:
        told: Any = self._execution
        return list(told.error_logs)


def hear(assignment: Assignment, name: str, *said: Any) -> bool:
    """Take in what the process says that does the work of an assignment, with the engine's lock held; whether it is done."""
    if name == "mask":
        assignment.work.services.masks.add(said[0])
    elif name == "answer":
        assignment.report(said[0].report())
        return True
    elif assignment.ended:
        pass
    elif name == "log":
        assignment.log(*said)
    elif name == "limit":
        assignment.limit(*said)
    elif name == "failed":
        assignment.log_failure(*said)
    return False


class Answer:
    """What became of a parcel: outputs, or the text of a failure that the log has told already."""

    def __init__(self, report: Report) -> None:
        self.result = report.result
        self.kept = report.kept
        self.failure: str | None = None
        self.outputs: dict[str, Any] | None = None
        if report.error is not None:
            self.failure = str(report.error)
            if isinstance(report.error, TaskFailure):
                self.outputs = report.error.outputs

    def report(self) -> Report:
        """The report for the engine."""
        if self.failure is None:
            return Report(self.result)
        return Report(error=TaskFailure(self.failure, self.outputs, logged=True), kept=self.kept)


class Speaker:
    """The channel of a task in another process: what it says is sent as a method of the assignment and its arguments."""

    def __init__(self, say: Say) -> None:
        self._say = say

    def log(self, level: str, message: str) -> None:
        self._say("log", level, message)

    def trace(self, error: BaseException) -> None:
        pass

    def log_entries(self, execution_id: str) -> list[dict[str, Any]]:
        raise RuntimeError("the log of an execution is with the engine")

    def alive(self) -> None:
        """Whoever is not waited for any more is ended from outside."""

    def limit(self, seconds: float) -> None:
        self._say("limit", seconds)

    def fail(self, error: BaseException, limit: float | None) -> None:
        if not (isinstance(error, TaskFailure) and error.logged):
            self._say("failed", *failure_texts(error, limit is not None), _told(error))

    async def sleep(self, seconds: float) -> None:
        from asyncio import sleep

        await sleep(seconds)


def _told(error: BaseException) -> ExpressionError:
    """What places are found by, of any error, in a class that every process knows."""
    seen = vars(error)
    told = ExpressionError(str(seen.get("message", "")))
    vars(told).update({each: seen[each] for each in ("place", "name") if each in seen})
    return told


def finder(flow: Flow) -> Callable[[tuple[str, str], str], Task]:
    """How the tasks of a program are found: by the namespace and id of their flow, and their own id."""
    known = flow.known()
    found: dict[tuple[str, str], dict[str, Task]] = {}

    def find(name: tuple[str, str], task: str) -> Task:
        if name not in found:
            tasks = found[name] = dict(known[name].declared)
            for declared in known[name].declared.values():
                tasks.update({inner.id: inner for inner in declared.inner()})
        return found[name][task]

    return find


def do(parcel: Parcel, find: Callable[[tuple[str, str], str], Task], say: Say) -> Answer:
    """Do the work of a parcel, in the process that has it."""
    work = parcel.work(find)
    work.services.masks.told = lambda text: say("mask", text)
    context = WorkContext(work, Speaker(say))
    try:
        done = perform(context)
        if not isinstance(done, Report):
            import asyncio

            rest = done

            async def wait() -> Report:
                return await attend(context, rest)

            done = asyncio.run(wait())
        return Answer(done)
    finally:
        context.close()
        work.services.close()
