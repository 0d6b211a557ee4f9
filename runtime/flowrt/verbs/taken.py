"""Executions of a store that a process takes up, looks at, or asks another process about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.engine.execution import LISTENER
from flowrt.engine.lines import steps
from flowrt.engine.takeup import go_on, rebuild
from flowrt.model.failures import Refusal
from flowrt.model.states import KILLED, QUEUED, RETRYING, RUNNING, TERMINAL, UNSTARTED
from flowrt.store.errors import StoreError
from flowrt.store.loading import GoneTask
from flowrt.store.program import comparable, described, differences, kind_of, lines_of
from flowrt.verbs import start

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.engine.execution import Execution, TaskRun
    from flowrt.engine.executor import Executor
    from flowrt.model.flow import Flow
    from flowrt.store.host import StoreHost
    from flowrt.verbs.options import RunOptions


POLL_SECONDS = 0.1
_LOOPS = ("loop", "spread")
"""They count what their rounds have made, so they take no other list."""


class Taken:
    """An execution that was taken up, with the others of its family: what it started, what started it.

    `given` says whether a task of another program has asked for it to go on, and nobody has heard that yet.
    """

    def __init__(
        self, flow: Flow, id: str, options: RunOptions, *, forget_choices: bool = False
    ) -> None:
        self.host = open_existing(flow, options)
        self.options = options
        self._changed: list[tuple[Execution, dict[str, str]]] = []
        """Executions that another program began, which the user accepts, and that program."""
        try:
            self._load(id, forget_choices)
        except BaseException:
            self.host.close()
            raise

    def _load(self, id: str, forget_choices: bool) -> None:
        host, reader = self.host, self.host.reader
        row = reader.row_of(id)
        first = reader.first_of(row)
        self.interrupted = host.holders.abandoned(first)
        host.holders.claim({each.row: each.id for each in reader.family(first)})
        # until it was held, another process may have taken it away, or what has started it
        self.family = reader.family(reader.first_of(reader.row_of(id)))
        self.first = self.family[0]
        self.execution = next(each for each in self.family if each.row == row)
        for execution in self.family:
            self._know(execution)
            reader.load_runs(execution)
            reader.load_logs(execution, None if host.keep_logs else "ERROR")
            if not forget_choices:
                host.journal.chosen.update(reader.choices(execution))
        self.given = host.holders.inherit(row)

    def _know(self, execution: Execution) -> None:
        """Raises `Refusal` when the program is not the one that began the execution."""
        before = comparable(execution.program)
        changed = differences(before, described(execution.flow)) if before else []
        if (execution.namespace, execution.flow_id) not in self.host.known:
            if execution.over:
                return
            changed = [f"this program has no flow '{execution.namespace}.{execution.flow_id}'"]
        if changed and not self.options.accept_changes:
            text = "\n".join(f"  {line}" for line in changed)
            raise Refusal(
                f"the program has changed since '{execution.id}' began:\n{text}\n"
                "go on all the same: --accept-changes"
            )
        if changed:
            self._changed.append((execution, before))

    def rebuild(self, *but: Execution) -> None:
        """Make the executors of all executions of the family but some.

        Raises `Refusal` when one of them stands in tasks that the program has no more.
        """
        for execution, before in self._changed:
            way = f"Go on with the program that began it, or end it: kill {execution.id}"
            refuse_lost(execution, before, f"{way} --accept-changes")
            self.host.journal.accept(execution, described(execution.flow))
        for execution in self.family:
            if execution not in but:
                rebuild(self.host, execution)

    def end_lost(self) -> bool:
        """End the execution, and what it has started, without a task of the program; False when it can be killed by its tasks.

        It is needed where one of them stands in what the program does not have.
        """
        ending = [self.execution]
        for each in ending:
            ending += each.children
        if not any(_lost(each, before) for each, before in self._changed if each in ending):
            return False
        journal = self.host.journal
        for each in ending:
            for run in each.runs:
                if not run.terminal:
                    run.enter(KILLED)
                    run.end_attempt(KILLED)
                    journal.run(run)
            if not each.terminal:
                each.enter(KILLED)
            each.over = True
            journal.execution(each)
        journal.commit()
        return True

    def go_on(self, *but: Execution) -> None:
        """Let all executions that have not ended live on."""
        for execution in self.family:
            if execution not in but:
                self._go_on(self.host.executors[execution.id])

    def _go_on(self, executor: Executor) -> None:
        if executor.flow.concurrency:
            self.host.slots.take_up(executor, lambda: go_on(executor))
            return
        if executor.execution.state == QUEUED:  # its flow has lost its limit
            executor.move_execution(RUNNING)
        go_on(executor)

    def run(self, *new: Execution) -> None:
        """Run all of it to the end, or until it stands still."""
        start.run(self.host, self.options, self.first, *new)

    def __enter__(self) -> Taken:
        return self

    def __exit__(self, *error: object) -> None:
        self.host.close()


def open_existing(flow: Flow, options: RunOptions) -> StoreHost:
    """The host over a store that is there already. Raises `StoreError` when there is none."""
    from flowrt.store.host import StoreHost

    options.store = options.store or start.DEFAULT_STORE
    host = start.open_host(flow, options, create=False)
    assert isinstance(host, StoreHost)
    try:
        host.database.check()
    except StoreError:
        host.close()
        raise
    return host


def wait_for_holder(
    host: StoreHost, row: int, done: Callable[[str, bool, str | None], bool]
) -> bool:
    """Wait until something is true of an execution; False when its holder let go or died before that."""
    from time import sleep

    while True:
        held = host.holders.holder(row) is not None
        found = host.database.row("SELECT state, over, wish FROM execution WHERE no = ?", row)
        if found is None or done(*found):
            return True
        if not held:
            return False
        sleep(POLL_SECONDS)


def read(flow: Flow, id: str, options: RunOptions) -> Execution:
    """An execution as it stands in the store, with all that it started."""
    host = open_existing(flow, options)
    try:
        return host.reader.complete(host.reader.row_of(id))
    finally:
        host.close()


def refuse_lost(execution: Execution, before: dict[str, str], way_out: str) -> None:
    """Raises `Refusal` when an execution that the program `before` has begun would go on in what the program does not have."""
    lost = dict.fromkeys(name_of(run) for run in _lost(execution, before))
    if lost:
        raise Refusal(
            f"Execution '{execution.id}' stands in tasks that this program does not have as they were:"
            f" {', '.join(lost)}. {way_out}"
        )


def _lost(execution: Execution, before: dict[str, str]) -> list[TaskRun]:
    """The runs that cannot go on, and what is in them.

    Their tasks are gone, or of another kind since they began, or no longer in the list that they ran in; or they are loops
    that have changed.
    """
    now = described(execution.flow)
    around = {run.parent for run in execution.runs}
    named: dict[object, set[str]] = {}
    found: dict[TaskRun, None] = {}
    for run in execution.runs:
        if run.terminal:
            continue
        id = run.task.id
        was = before.get(id, now.get(id, ""))
        is_other = was.partition(":")[0] != kind_of(run.task) and (run in around or _is_begun(run))
        is_loop = run.task.shape in _LOOPS and was != now.get(id)
        is_gone = isinstance(run.task, GoneTask) or not _is_listed(run, named)
        if is_gone or is_other or is_loop or run.parent in found:
            found[run] = None
    return list(found)


def _is_begun(run: TaskRun) -> bool:
    """Whether a run is at work, and not only to begin, for the first time or once more."""
    if run.state in UNSTARTED or run.state == RETRYING:
        return False
    return len(run.history) < 4 or run.history[-4] not in TERMINAL


def _is_listed(run: TaskRun, named: dict[object, set[str]]) -> bool:
    """Whether the list that a run is in still names its task; `named` keeps what lists name."""
    flow, parent = run.execution.flow, run.parent
    block = flow.root if parent is None else getattr(parent.task, "block", None)
    if block is None or not 0 <= run.role <= LISTENER:
        return True
    key = block, run.role
    if key not in named:
        inner = parent.task.inner() if parent is not None else ()
        lines = lines_of(flow, block, run.role)
        named[key] = {
            *(each.task.id for line in lines for each in steps(line)),
            *(each.id for each in inner),
        }
    return run.task.id in named[key]


def find_run(execution: Execution, name: str) -> TaskRun:
    """A run by its id, its task, or its task and loop values (`task[x][y]`). Raises `Refusal`."""
    for run in execution.runs:
        if run.id == name:
            return run
    for run in execution.runs:
        if name in (run.task.id, name_of(run)):
            return run
    known = dict.fromkeys(name_of(run) for run in execution.runs)
    from flowrt.model.failures import did_you_mean

    raise Refusal(f"No task found to restart execution from! '{name}'{did_you_mean(name, known)}")


def name_of(run: TaskRun) -> str:
    """A run as people write it: its task and the loop values around it."""
    return run.task.id + "".join(f"[{value}]" for value in run.values())
