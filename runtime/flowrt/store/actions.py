"""What can be done with the executions of a store: resume, restart, replay, kill, change a state, look at them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.engine import start
from flowrt.engine.lifecycle import kill as kill_executor
from flowrt.engine.resume import go_on, rebuild, unfinished
from flowrt.inputs.errors import Refusal
from flowrt.states import PAUSED, RUNNING
from flowrt.store.errors import MISSING, StoreError
from flowrt.store.holders import KILL, RESUME, Held
from flowrt.store.program import described, differences

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.engine.execution import Execution
    from flowrt.engine.executor import Executor
    from flowrt.engine.runs import TaskRun
    from flowrt.flow import Flow
    from flowrt.program.options import RunOptions
    from flowrt.store.host import StoreHost

POLL_SECONDS = 0.1


class Taken:
    """An execution that was taken up, with the others of its family: what it started, what started it."""

    def __init__(
        self, flow: Flow, id: str, options: RunOptions, *, forget_choices: bool = False
    ) -> None:
        self.host = open_existing(flow, options)
        self.options = options
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
        self.family = reader.family(first)
        self.first = self.family[0]
        self.execution = next(each for each in self.family if each.row == row)
        for execution in self.family:
            self._know(execution)
            reader.load_runs(execution)
            reader.load_logs(execution, None if self.options.keep_logs else "ERROR")
            if not forget_choices:
                host.journal.chosen.update(reader.choices(execution))
        host.holders.wish_nothing(row)

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
            self.host.journal.accept(execution, now)

    def rebuild(self, *but: Execution) -> None:
        """Make the executors of all executions of the family but some."""
        for execution in self.family:
            if execution not in but:
                rebuild(self.host, execution)

    def go_on(self, *but: Execution) -> None:
        """Let all executions that have not ended live on."""
        for execution in self.family:
            if execution not in but:
                go_on(self.host.executors[execution.id])

    def run(self, *new: Execution) -> None:
        """Run all of it to the end, or until it stands still."""
        start.run(self.host, self.options, self.first, *new)

    def __enter__(self) -> Taken:
        return self

    def __exit__(self, *error: object) -> None:
        self.host.close()


def open_existing(flow: Flow, options: RunOptions) -> StoreHost:
    """The host over a store that is there already. Raises `StoreError` when there is none."""
    from pathlib import Path

    from flowrt.store.database import FILE
    from flowrt.store.host import StoreHost

    options.store = options.store or start.DEFAULT_STORE
    if not (Path(options.store) / FILE).exists():
        raise StoreError(MISSING, f"there is no store in {options.store}")
    host = start.open_host(flow, options)
    assert isinstance(host, StoreHost)
    return host


# ---- resume ---------------------------------------------------------------------------------------------------------


def resume(flow: Flow, id: str, options: RunOptions) -> Execution:
    """Let a paused execution, or one whose process died, go on.

    When it is paused for a time and a process waits for that, the process is told. Raises `Refusal` when it has ended or is
    held by a process that is at work, `InputError` for wrong values of `onResume`.
    """
    try:
        return _resume(flow, id, options)
    except Held:
        if not _tell(flow, id, options):
            raise
        return _read(flow, id, options)


def _resume(flow: Flow, id: str, options: RunOptions) -> Execution:
    with Taken(flow, id, options) as taken:
        execution = taken.execution
        if not any(map(unfinished, taken.family)):
            raise Refusal(
                f"Execution '{id}' is not paused, can't resume it: it has ended as {execution.state}"
            )
        taken.rebuild()
        executor = taken.host.executors[id]
        paused = paused_run(execution)
        inputs: dict[str, Any] | None = None
        if (
            paused is not None
            and taken.interrupted
            and not options.inputs
            and _waits(executor, paused)
        ):
            paused = None  # its time has not come yet
        if paused is not None:
            given = options.inputs
            if options.ask is not None and not given:
                given = options.ask(paused.task.on_resume or [])  # type: ignore[attr-defined]
            inputs = resume_inputs(taken.host, execution, paused, given)
        taken.go_on()
        if paused is not None:
            from flowrt.control.pause import resume as resume_run

            resume_run(executor, paused, RUNNING, inputs)
        taken.run()
        return taken.first


def paused_run(execution: Execution) -> TaskRun | None:
    """The first run that waits for somebody."""
    from flowrt.control.pause import Pause

    if execution.state != PAUSED:
        return None
    paused = (run for run in execution.runs if run.state == PAUSED)
    return next((run for run in paused if isinstance(run.task, Pause)), None)


def _waits(executor: Executor, paused: TaskRun) -> bool:
    """Whether a pause ends by itself."""
    return executor.journal.recall(paused, "pause")[0]


def resume_inputs(
    host: StoreHost, execution: Execution, paused: TaskRun, given: dict[str, Any]
) -> dict[str, Any]:
    """The values for a paused run, resolved as the inputs of a flow are. Raises `InputError`."""
    from flowrt.control.pause import Pause
    from flowrt.engine.execution import LogRecord
    from flowrt.engine.starting import input_context, store_input
    from flowrt.inputs.resolution import resolve_inputs

    task = paused.task
    assert isinstance(task, Pause)
    if not task.on_resume and not given:
        return {}
    resolved = resolve_inputs(
        task.on_resume or [],
        given,
        variables=lambda more: input_context(host, execution, more),
        store_file=lambda input_id, name, data: store_input(host, execution, input_id, name, data),
        sealer=host.services.sealer,
    )
    for secret in resolved.secrets:
        host.services.masks.add(secret)
    for text in resolved.warnings(execution.namespace, execution.flow_id):
        host.record(LogRecord(execution, None, "WARN", text, 0))
    # outputs of a task hold no nulls
    return {key: value for key, value in resolved.values.items() if value is not None}


def _tell(flow: Flow, id: str, options: RunOptions) -> bool:
    """Ask the process that waits for a paused execution to go on, and wait for what becomes of it."""
    from flowrt.store.codec import pack

    host = open_existing(flow, options)
    try:
        row = host.reader.row_of(id)
        execution = next(each for each in host.reader.family(row) if each.row == row)
        host.reader.load_runs(execution)
        paused = paused_run(execution)
        if paused is None:
            return False
        inputs = resume_inputs(host, execution, paused, options.inputs)
        host.holders.wish(row, f"{RESUME} {pack(inputs)}")
        _wait_for_holder(
            host, row, lambda state, over, wish: over or (wish is None and state == PAUSED)
        )
        return True
    finally:
        host.close()


def _wait_for_holder(
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


# ---- restart, replay, change of state -------------------------------------------------------------------------------


def restart(flow: Flow, id: str, options: RunOptions) -> Execution:
    """Run the failed runs of an ended execution again. Raises `Refusal`."""
    from flowrt.engine import restart as engine

    return _live_again(flow, id, options, engine.restart)


def change_state(flow: Flow, id: str, task: str, state: str, options: RunOptions) -> Execution:
    """Give a task run of an ended execution another state, and let the execution go on. Raises `Refusal`."""
    from flowrt.engine import restart as engine

    def change(execution: Execution) -> list[TaskRun]:
        return engine.change_state(execution, find_run(execution, task), state)

    return _live_again(flow, id, options, change)


def _live_again(
    flow: Flow, id: str, options: RunOptions, change: Callable[[Execution], list[TaskRun]]
) -> Execution:
    from flowrt.engine.restart import live_again

    with Taken(flow, id, options, forget_choices=True) as taken:
        gone = change(taken.execution)
        taken.rebuild(taken.execution)
        live_again(taken.host, taken.execution, gone)
        taken.go_on(taken.execution)
        taken.run()
        return taken.execution


def replay(flow: Flow, id: str, task: str, options: RunOptions) -> Execution:
    """A new execution that begins at a task (or a task run) of an old one; from its start without one. Raises `Refusal`."""
    from flowrt.engine.replay import replay as copy
    from flowrt.engine.restart import live_again
    from flowrt.engine.starting import create_execution

    with Taken(flow, id, options) as taken:
        source = taken.execution
        new = copy(source, find_run(source, task) if task else None)
        if options.inputs:
            given = create_execution(taken.host, source.flow, options.inputs)
            new.inputs = given.inputs
        taken.host.holders.release_all()
        new.program = described(new.flow)
        live_again(taken.host, new, [])
        taken.run(new)
        return new


def find_run(execution: Execution, name: str) -> TaskRun:
    """A run by its id, its task, or its task and loop values (`task[x][y]`). Raises `Refusal`."""
    for run in execution.runs:
        if run.id == name:
            return run
    for run in execution.runs:
        if name in (run.task.id, name_of(run)):
            return run
    known = dict.fromkeys(name_of(run) for run in execution.runs)
    from flowrt.program.errors import did_you_mean

    raise Refusal(f"No task found to restart execution from! '{name}'{did_you_mean(name, known)}")


def name_of(run: TaskRun) -> str:
    """A run as people write it: its task and the loop values around it."""
    return run.task.id + "".join(f"[{value}]" for value in run.values())


# ---- kill -----------------------------------------------------------------------------------------------------------


def kill(flow: Flow, id: str, options: RunOptions) -> Execution:
    """End an execution. When another process has it, that process is asked to, and waited for. Raises `Refusal`."""
    while True:
        try:
            with Taken(flow, id, options) as taken:
                taken.rebuild()
                taken.go_on()
                kill_executor(taken.host.executors[id])
                taken.run()
                return taken.execution
        except Held:
            if _ask(flow, id, options):
                return _read(flow, id, options)


def _ask(flow: Flow, id: str, options: RunOptions) -> bool:
    """Ask the holder to kill an execution; False when it let go or died without doing so."""
    host = open_existing(flow, options)
    try:
        row = host.reader.row_of(id)
        host.holders.wish(row, KILL)
        return _wait_for_holder(host, row, lambda state, over, wish: over)
    finally:
        host.close()


# ---- looking --------------------------------------------------------------------------------------------------------


def _read(flow: Flow, id: str, options: RunOptions) -> Execution:
    """An execution as it stands in the store, with all that it started."""
    host = open_existing(flow, options)
    try:
        family = host.reader.family(host.reader.row_of(id))
        for execution in family:
            host.reader.load_runs(execution)
            host.reader.load_logs(execution)
        return family[0]
    finally:
        host.close()


def document(flow: Flow, id: str, options: RunOptions) -> dict[str, Any]:
    """The document of an execution, with logs and children. Raises `Refusal` when there is none with that id."""
    from flowrt.engine.document import execution_document

    return execution_document(_read(flow, id, options))


def executions(flow: Flow, options: RunOptions) -> list[dict[str, Any]]:
    """The documents of all executions of a store without task runs and logs, the latest first."""
    from flowrt.engine.document import execution_document

    host = open_existing(flow, options)
    try:
        return [execution_document(each, logs=False) for each in host.reader.all()]
    finally:
        host.close()
