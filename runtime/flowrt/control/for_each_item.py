"""ForEachItem: a subflow for each batch of lines of a file."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.control.subflow import (
    begin,
    earlier,
    find_flow,
    given_inputs,
    prepare,
    restarted,
    started_by,
)
from flowrt.engine.blockcontext import BlockContext
from flowrt.engine.execution import Execution
from flowrt.engine.flowable import Executable, Flowable
from flowrt.engine.lines import Line
from flowrt.model.blocks import Run
from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    DATETIME,
    INTEGER,
    PLAIN,
    STRING,
    Declared,
    Kind,
    enum,
    prop,
    record,
    task_type,
    written_map,
)
from flowrt.model.failures import TaskFailure
from flowrt.model.states import (
    CREATED,
    FAILED,
    KILLED,
    RESTARTED,
    RUNNING,
    SUCCESS,
    TERMINAL,
    WARNING,
)
from flowrt.model.task import Task

if TYPE_CHECKING:
    from flowrt.engine.execution import TaskRun
    from flowrt.engine.frames import Frame
    from flowrt.engine.ports import Engine
    from flowrt.engine.rendering import Rendering
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Integer, Mapping, Text


class Batch(Declared):
    """How lines are grouped; the first of regex_pattern, bytes, partitions, rows that is set counts."""

    regex_pattern: Text | None = prop(STRING, default=None)
    bytes: Text | None = prop(STRING, default=None)
    partitions: Integer | None = prop(INTEGER, default=None)
    rows: Integer = prop(INTEGER, default=1)
    separator: Text = prop(STRING, default="\n")


@task_type("io.kestra.plugin.core.flow.ForEachItem", "io.kestra.core.tasks.flows.ForEachItem")
class ForEachItem(Flowable):
    """Starts a flow for each batch of lines of a file.

    Its children are fixed: `<id>_split`, `<id>_items`, `<id>_merge`.
    """

    shape: ClassVar[str] = "batch"
    outputs: ClassVar[dict[str, Kind] | None] = {}

    not_blank: ClassVar[tuple[str, ...]] = ("items", "namespace", "flowId")

    items: Text = prop(PLAIN)
    batch: Batch | None = prop(record(Batch), default=None)
    namespace: Text = prop(PLAIN)
    flow_id: Text = prop(PLAIN)
    revision: int | None = prop(INTEGER, static=True, default=None)
    inputs: Mapping | None = prop(written_map(), default=None)
    labels: Any = prop(ANY, default=None)
    inherit_labels: bool = prop(BOOLEAN, default=False, static=True)
    wait: bool = prop(BOOLEAN, static=True, default=True)
    transmit_failed: bool = prop(BOOLEAN, static=True, default=True)
    schedule_date: Text | None = prop(DATETIME, default=None)
    restart_behavior: str = prop(
        enum("RETRY_FAILED", "NEW_EXECUTION"), static=True, default="RETRY_FAILED"
    )

    def start(self, frame: Frame) -> Line:
        return Line(lambda: self._steps(Run()))

    async def _steps(self, run: Run) -> None:
        for step in self.inner():
            await run(step)

    def inner(self) -> tuple[Task, ...]:
        return (
            Split(f"{self.id}_split", each=self),
            Items(f"{self.id}_items", each=self),
            Merge(f"{self.id}_merge", each=self),
        )


class Step(Task):
    """One of the three tasks that a ForEachItem consists of."""

    suffix: ClassVar[str] = ""

    each: ForEachItem = prop(ANY, static=True)


def _outputs_of(run: Rendering | RunContext, task_id: str) -> dict[str, Any] | None:
    """The outputs of a sibling step; below a loop they stand under the loop value."""
    found = (run.variables.get("outputs") or {}).get(task_id)
    parent = run.variables.get("parent") or {}
    if found and "taskrun" in parent:
        found = found.get(parent["taskrun"].get("value"))
    return found or None


@task_type("io.kestra.plugin.core.flow.ForEachItem$ForEachItemSplit")
class Split(Step):
    """Cuts the file into batches."""

    async def run(self, run: RunContext) -> dict[str, Any]:
        from flowrt.services.split import split_file

        uri = run.text(self.each.items) or ""
        if not uri.startswith("kestra://"):
            text = f"Unable to split the items from {uri}, this is not an internal storage URI!"
            run.log("ERROR", text)
            raise TaskFailure(text)
        batch = self.each.batch or Batch()
        uris = await run.in_thread(lambda: split_file(run, uri, batch))
        return {"splits": run.put_file("\n".join(uris).encode(), "splits.txt")}


@task_type("io.kestra.plugin.core.flow.ForEachItem$ForEachItemExecutable")
class Items(Step, Executable):
    """Starts an execution for each batch."""

    tried_again: ClassVar[bool] = False

    def launch(self, executor: Engine, run: TaskRun, context: BlockContext) -> None:
        """Start all executions. Raises when one cannot be started."""
        each = self.each
        splits = (_outputs_of(context, f"{each.id}_split") or {})["splits"]
        uris = context.open_file(splits).decode("utf-8", "replace").splitlines()
        if not uris:
            executor.move(run, SUCCESS)
            return
        base = context.output_base()
        state = Batches(self, executor, run, len(uris), base, {CREATED: 0, RUNNING: len(uris)})
        # What cannot be rendered for one batch fails the run before any execution has started.
        prepared = [
            earlier(executor, run, each, number)
            or self._prepare(executor, run, context, uris, number, base)
            for number in range(len(uris))
        ]
        counted = (run.outputs or {}).get("iterations") or {}
        goes_on = bool(counted) and not any(isinstance(found, Execution) for found in prepared)
        if goes_on:
            state.counts = dict(counted)
        executor.move(run, RUNNING)
        for number, found in enumerate(prepared):
            if isinstance(found, Execution):
                child = begin(executor, context, found)
                if not each.wait:
                    continue
            else:
                again = restarted(executor, context, found)
                if goes_on and again is None:
                    continue  # it is counted already
                if goes_on:
                    state.restarted()
                child = again or found
            uri = _outputs_file(base, number)
            child.when_over(lambda child=child, uri=uri: state.ended(child, uri))  # type: ignore[misc]
        if goes_on:
            state.look()
        if not each.wait:
            state.counts = {SUCCESS: len(uris), RUNNING: 0}
            state.finish(SUCCESS)

    def _prepare(
        self,
        executor: Engine,
        run: TaskRun,
        context: BlockContext,
        uris: list[str],
        number: int,
        base: str,
    ) -> Execution:
        """The execution of one batch. The inputs see the batch; the labels do not."""
        from flowrt.engine.variables import Variables

        each = self.each
        inputs: dict[str, Any] = {}
        if each.inputs is not None:
            variables = Variables(executor, run)
            variables["taskrun"] = {
                **variables["taskrun"],
                "items": uris[number],
                "iteration": number,
            }
            seeing = BlockContext(executor, run)
            seeing.use(variables)
            inputs = given_inputs(seeing, each.inputs)
        return prepare(
            executor,
            run,
            context,
            Started(self),
            flow=find_flow(executor, context, each.namespace, each.flow_id, each.revision),
            inputs=inputs,
            outputs={"numberOfBatches": len(uris), "uri": _outputs_file(base, number)},
            iteration=number,
        )

    def taken_up(self, executor: Engine, run: TaskRun) -> None:
        """Wait for the executions that were started before; those that are over are counted anew."""
        children = started_by(executor, run)
        context = BlockContext(executor, run)
        base = context.output_base()
        counts = {CREATED: 0, RUNNING: len(children)}
        state = Batches(self, executor, run, len(children), base, counts)
        for number, child in enumerate(children):
            uri = _outputs_file(base, number)
            child.when_over(lambda child=child, uri=uri: state.ended(child, uri))  # type: ignore[misc]


def _outputs_file(base: str, number: int) -> str:
    """Where the outputs of a batch are kept for the merge."""
    return f"kestra://{base}/{number}/outputs.ion"


class Started:
    """What a started execution is told about the task that started it."""

    def __init__(self, step: Items) -> None:
        self.id = step.id
        self.type_name = Items.type_name
        self.labels = step.each.labels
        self.inherit_labels = step.each.inherit_labels
        self.schedule_date = step.each.schedule_date


class Batches:
    """Counts the executions of the batches as they end."""

    def __init__(
        self,
        step: Items,
        executor: Engine,
        run: TaskRun,
        number: int,
        base: str,
        counts: dict[str, int],
    ) -> None:
        self.step = step
        self.executor = executor
        self.run = run
        self.number = number
        self.base = base
        self.counts = counts

    def ended(self, child: Engine, uri: str) -> None:
        """The execution of a batch is over."""
        from flowrt.engine.results import message

        state = child.execution.state
        if child.flow.outputs is not None:
            from flowrt.engine.flow_outputs import rendered_outputs
            from flowrt.formats.ion import write_ion

            try:
                log = partial(self.executor.log, self.run)
                data = (write_ion(rendered_outputs(child, self.run, log)) + "\n").encode()
                self.executor.host.services.storage.write(uri, data)
            except Exception as error:
                self.executor.log(
                    self.run,
                    "WARN",
                    f"Failed to extract outputs with the error: '{message(error)}'",
                )
                state = FAILED
        self.counts[RUNNING] -= 1
        self.counts[state] = self.counts.get(state, 0) + 1
        self.look()

    def restarted(self) -> None:
        """An execution that had failed runs again: with the first of them those that failed are forgotten."""
        self.counts[RUNNING] = self.counts.get(RUNNING, 0) + 1
        self.counts[RESTARTED] = self.counts.get(RESTARTED, self.number) - 1
        self.counts[FAILED] = 0

    def look(self) -> None:
        """End the step when all are over."""
        over = sum(count for state, count in self.counts.items() if state in TERMINAL)
        if over == self.number and not self.counts[RUNNING]:
            self.finish(self._final())

    def _final(self) -> str:
        if not self.step.each.transmit_failed:
            return SUCCESS
        for state in (FAILED, KILLED, WARNING):
            if self.counts.get(state):
                return state
        return SUCCESS

    def finish(self, state: str) -> None:
        """All are over: the state and the outputs of the step."""
        from flowrt.engine.results import Result
        from flowrt.java.values import hash_map

        if self.run.state == KILLED:
            return
        now = self.executor.clock.now()
        outputs = hash_map(
            {
                "iterations": hash_map(self.counts.items()),
                "numberOfBatches": self.number,
                "subflowOutputsBaseUri": self.base,
            }.items()
        )
        self.run.only_attempt(CREATED, now, state, now)
        self.executor.apply(Result(self.run, state, outputs, self.run.attempts))
        self.executor.wake()


@task_type("io.kestra.plugin.core.flow.ForEachItem$ForEachItemMergeOutputs")
class Merge(Step):
    """Puts the outputs of all executions into one file."""

    def run(self, run: RunContext) -> dict[str, Any] | None:
        items = _outputs_of(run, f"{self.each.id}_items")
        if items is None:
            return None
        base = f"kestra://{items['subflowOutputsBaseUri']}/"
        rows = []
        for number in range(items["numberOfBatches"]):
            uri = f"{base}{number}/outputs.ion"
            if run.storage.exists(uri):
                rows.append(run.storage.read(uri))
        if not rows:
            return None
        return {"subflowOutputs": run.put_file(b"".join(rows), "outputs.ion")}
