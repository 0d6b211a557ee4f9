"""Executions of a store that a process takes up, looks at, or asks another process about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.engine.flowable import Flowable
from flowrt.engine.takeup import go_on, rebuild
from flowrt.inputs.errors import Refusal
from flowrt.model.states import KILLED, QUEUED, RUNNING
from flowrt.store.errors import StoreError
from flowrt.store.loading import GoneTask
from flowrt.store.program import described, differences
from flowrt.verbs import start

if TYPE_CHECKING:
    from collections.abc import Callable, Container

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
        name = (execution.namespace, execution.flow_id)
        if name not in self.host.known:
            if not execution.over:
                raise Refusal(f"this program has no flow '{name[0]}.{name[1]}'")
            return
        now = described(execution.flow)
        changed = differences(execution.program or now, now)
        if changed and not self.options.accept_changes:
            text = "\n".join(f"  {line}" for line in changed)
            raise Refusal(
                f"the program has changed since '{execution.id}' began:\n{text}\n"
                "go on all the same: --accept-changes"
            )
        if changed:
            self._changed.append((execution, now))

    def rebuild(self, *but: Execution) -> None:
        """Make the executors of all executions of the family but some.

        Raises `Refusal` when one of them stands in tasks that the program has no more.
        """
        for execution, now in self._changed:
            refuse_lost(
                execution,
                f"Go on with the program that began it, or end it: kill {execution.id} --accept-changes",
                _altered(execution, now),
            )
            self.host.journal.accept(execution, now)
        for execution in self.family:
            if execution not in but:
                rebuild(self.host, execution)

    def end_lost(self) -> None:
        """What stands in tasks that the program has no more is killed, with what is around it, so that the rest can be."""
        for execution, now in self._changed:
            for lost in _lost(execution, _altered(execution, now)):
                run: TaskRun | None = lost
                while run is not None and not run.terminal:
                    run.enter(KILLED)
                    run.end_attempt(KILLED)
                    self.host.journal.run(run)
                    run = run.parent

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


def refuse_lost(execution: Execution, way_out: str, changed: Container[str] = ()) -> None:
    """Raises `Refusal` when an execution would go on in tasks that the program has no more, or in loops that have `changed`."""
    lost = dict.fromkeys(name_of(run) for run in _lost(execution, changed))
    if lost:
        raise Refusal(
            f"Execution '{execution.id}' stands in tasks that this program does not have as they were:"
            f" {', '.join(lost)}. {way_out}"
        )


def _altered(execution: Execution, now: dict[str, str]) -> set[str]:
    """The tasks that are not as an execution began them."""
    before = execution.program or now
    return {name for name, text in before.items() if now.get(name) != text}


def _lost(execution: Execution, changed: Container[str]) -> list[TaskRun]:
    """The runs that cannot go on: their tasks are gone, no blocks any more, or changed loops; and what is in them."""
    around = {run.parent for run in execution.runs}
    found: dict[TaskRun, None] = {}
    for run in execution.runs:
        if run.terminal:
            continue
        is_no_block = run in around and not isinstance(run.task, Flowable)
        is_other = run.task.shape in _LOOPS and run.task.id in changed
        if isinstance(run.task, GoneTask) or is_no_block or is_other or run.parent in found:
            found[run] = None
    return list(found)


def find_run(execution: Execution, name: str) -> TaskRun:
    """A run by its id, its task, or its task and loop values (`task[x][y]`). Raises `Refusal`."""
    for run in execution.runs:
        if run.id == name:
            return run
    for run in execution.runs:
        if name in (run.task.id, name_of(run)):
            return run
    known = dict.fromkeys(name_of(run) for run in execution.runs)
    from flowrt.model.suggestions import did_you_mean

    raise Refusal(f"No task found to restart execution from! '{name}'{did_you_mean(name, known)}")


def name_of(run: TaskRun) -> str:
    """A run as people write it: its task and the loop values around it."""
    return run.task.id + "".join(f"[{value}]" for value in run.values())
