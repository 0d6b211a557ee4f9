"""Subflow: another flow as one task."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.engine.flowable import Executable
from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    DATETIME,
    INTEGER,
    PLAIN,
    STRING,
    Kind,
    enum,
    mapping,
    prop,
    task_type,
    written_map,
)
from flowrt.model.states import CREATED, FAILED, KILLED, RUNNING, SUCCESS, WARNING

if TYPE_CHECKING:
    from flowrt.engine.blockcontext import BlockContext
    from flowrt.engine.execution import Execution, TaskRun
    from flowrt.engine.flow_outputs import Log
    from flowrt.engine.ports import Engine
    from flowrt.model.declare import Flag, Mapping, Text
    from flowrt.model.flow import Flow


@task_type(
    "io.kestra.plugin.core.flow.Subflow",
    "io.kestra.core.tasks.flows.Subflow",
    "io.kestra.core.tasks.flows.Flow",
)
class Subflow(Executable):
    """Starts an execution of another flow and, with `wait`, takes its state and outputs."""

    shape: ClassVar[str] = "subflow"
    seals: ClassVar[bool] = True

    outputs: ClassVar[dict[str, Kind] | None] = {
        "executionId": STRING,
        "state": STRING,
        "outputs": mapping(),
    }

    not_blank: ClassVar[tuple[str, ...]] = ("namespace",)

    namespace: Text = prop(PLAIN)
    flow_id: Text = prop(PLAIN)
    revision: int | None = prop(INTEGER, static=True, default=None)
    inputs: Mapping | None = prop(written_map(), default=None)
    labels: Any = prop(ANY, default=None)
    inherit_labels: Flag = prop(BOOLEAN, default=False)
    wait: bool = prop(BOOLEAN, static=True, default=True)
    transmit_failed: bool = prop(BOOLEAN, static=True, default=True)
    output_map: Mapping | None = prop(written_map(), yaml="outputs", default=None)
    schedule_date: Text | None = prop(DATETIME, default=None)
    restart_behavior: str = prop(
        enum("RETRY_FAILED", "NEW_EXECUTION"), static=True, default="RETRY_FAILED"
    )

    def launch(self, executor: Engine, run: TaskRun, context: BlockContext) -> None:
        """Start the other flow. Raises when it cannot be started."""
        before = earlier(executor, run, self)
        if before is not None:
            again = restarted(executor, context, before)
            if again is None:
                executor.move(run, SUCCESS)
                return
            executor.move(run, RUNNING)
            self._follow(executor, run, again)
            return
        inputs = given_inputs(context, self.inputs)
        flow = find_flow(executor, context, self.namespace, self.flow_id, self.revision)
        execution = prepare(executor, run, context, self, flow=flow, inputs=inputs)
        child = begin(executor, context, execution)
        executor.move(run, RUNNING)
        self._begun(executor, run, child)

    def _begun(self, executor: Engine, run: TaskRun, child: Engine) -> None:
        """Wait for the other execution, or be told of its begin: behind the pass, as of any result."""
        if self.wait:
            self._follow(executor, run, child)
        else:
            begun = len(run.history), run.attempt_count
            executor.host.hear(lambda: self._let_go(executor, run, child, *begun))

    def _let_go(
        self, executor: Engine, run: TaskRun, child: Engine, length: int, attempts: int
    ) -> None:
        """End the run: what its block has forced upon it is overwritten.

        What has got an attempt meanwhile keeps its end: another task of the pass could not be started, and this one has paid.
        """
        from flowrt.engine.dispatch import rewind

        if run.attempt_count > attempts:
            return
        rewind(run, length)
        run.outputs = {"executionId": child.execution.id, "state": "CREATED"}
        executor.move(run, SUCCESS)
        run.add_attempt(*run.history)
        executor.execution.tree.add(run)

    def taken_up(self, executor: Engine, run: TaskRun) -> None:
        """Wait for the execution that was started before."""
        for child in started_by(executor, run)[-1:]:
            self._begun(executor, run, child)

    def told(self, executor: Engine, run: TaskRun) -> None:
        for child in started_by(executor, run)[-1:] if self._has_waited(run) else ():
            last = executor.host.executors[child.execution.outcome.id]
            if last.over:
                self._follow_next(executor, run, last)
            else:
                self._follow(executor, run, last)

    def killed(self, executor: Engine, run: TaskRun) -> None:
        # The kill reaches what it started, too. What is over already tells so once more, and that has an attempt.
        for child in started_by(executor, run) if self._has_waited(run) else ():
            if child.over and child.execution.state != KILLED:
                self._ended(executor, run, child)

    def _has_waited(self, run: TaskRun) -> bool:
        """Whether an ended run has waited: the program may have changed since."""
        return self.wait and (run.outputs or {}).get("state") != "CREATED"

    def _follow(self, executor: Engine, run: TaskRun, child: Engine) -> None:
        child.when_over(lambda: self._ended(executor, run, child))
        self._follow_next(executor, run, child)

    def _follow_next(self, executor: Engine, run: TaskRun, child: Engine) -> None:
        """The execution that takes its place when it is tried again names the same task run, and reports to it, too."""
        child.on_again.append(lambda again: self._follow(executor, run, again))

    def _ended(self, executor: Engine, run: TaskRun, child: Engine) -> None:
        """The other execution is over: take its state and outputs."""
        from flowrt.engine.lifecycle import kill_parents
        from flowrt.engine.results import Result, message

        if run.state == "RETRYING":
            return
        execution = child.execution
        outputs: dict[str, Any] = {"executionId": execution.id, "state": execution.state}
        if run.state == KILLED:
            run.outputs = outputs
            run.add_attempt(*run.history)
            executor.execution.tree.stale()
            executor.journal.run(run)
            executor.wake()
            return
        executor.move(run, execution.state)
        try:
            found = self._outputs(child, run, partial(executor.log, run))
        except Exception as error:
            executor.log(
                run, "ERROR", f"Failed to extract outputs with the error: '{message(error)}'"
            )
            executor.trace(run, error)
            state = run.soften(FAILED)
            now = executor.clock.now()
            run.only_attempt(CREATED, now, state, now)
            executor.apply(Result(run, state, outputs, run.attempts))
            executor.wake()
            return
        if found is not None:
            outputs["outputs"] = found
        state = transmitted(execution.state, self)
        link = link_to(child)
        if state == FAILED:
            executor.log(run, "ERROR", f"Subflow execution {link} ends in FAILED state")
        elif state == WARNING:
            executor.log(run, "WARN", f"Subflow execution {link} ends in WARNING state")
        run.outputs = outputs
        executor.move(run, state)
        run.add_attempt(*run.history)
        executor.journal.run(run)
        executor.execution.tree.stale()
        if state == KILLED and run.parent is not None:
            kill_parents(executor, run.parent)
        executor.wake()

    def _outputs(self, child: Engine, run: TaskRun, log: Log) -> dict[str, Any] | None:
        """The outputs of the other flow, rendered once more in its own context, which has the run of this task."""
        from flowrt.engine.flow_outputs import render_outputs, variables_of

        if child.flow.outputs is not None:
            return render_outputs(child, run, log) if child.flow.outputs else None
        # a null that is written in the flow is no entry, one that an expression gives is left out like any other
        wanted = self.output_map if isinstance(self.output_map, dict) else {}
        wanted = {key: value for key, value in wanted.items() if value is not None}
        if not wanted:
            return None
        from flowrt.expr.render import render_structure
        from flowrt.java.values import without_nulls

        return dict(without_nulls(render_structure(wanted, variables_of(child, run))))


def given_inputs(context: BlockContext, inputs: Mapping | None) -> dict[str, Any]:
    """The inputs that a task gives. A null that is written in the flow is none, one that an expression gives is."""
    if isinstance(inputs, dict):
        return dict(context.structure({k: v for k, v in inputs.items() if v is not None}))
    return context.mapping(inputs) or {}


def started_by(executor: Engine, run: TaskRun) -> list[Engine]:
    """The executions that a run has started, in order."""
    found = []
    for child in executor.execution.children:
        trigger = (child.trigger or {}).get("variables") or {}
        if trigger.get("taskRunId") == run.id:
            found.append(executor.host.executors[child.id])
    return found


def earlier(executor: Engine, run: TaskRun, task: Any, number: int | None = None) -> Engine | None:
    """In a restarted execution the one that a run has started before, unless it shall start a new one."""
    restart = executor.execution.labels.get("system.restarted") == "true"
    if not restart or task.restart_behavior != "RETRY_FAILED":
        return None
    known = (run.outputs or {}).get("executionId")
    found = started_by(executor, run)
    for child in found:
        if child.execution.id == known:
            return child
    if number is not None:
        found = [child for child in found if _iteration(child) == number]
    return found[0] if len(found) == 1 else None


def _iteration(child: Engine) -> Any:
    return ((child.execution.trigger or {}).get("variables") or {}).get("taskRunIteration")


def restarted(executor: Engine, context: BlockContext, child: Engine) -> Engine | None:
    """Restart an execution that a run has started before; None when it did not fail."""
    from flowrt.engine.restart import live_again, restart

    if child.execution.state != FAILED:
        return None
    executor.host.complete(child.execution)
    again = live_again(executor.host, child.execution, restart(child.execution))
    tell(executor, context.run, again)
    return again


def transmitted(state: str, task: Any) -> str:
    """The state that a task takes from the execution that it waited for."""
    from flowrt.engine.attempt import soften

    if not task.transmit_failed or state not in (FAILED, KILLED, WARNING, "PAUSED"):
        return SUCCESS
    return soften(task, state)


def tell(executor: Engine, run: TaskRun, child: Engine) -> None:
    """Log that an execution was started. The record bears the time at which the run was created, as Kestra's does."""
    text = f"Created new execution {link_to(child)}"
    executor.log(run, "INFO", text, when=run.started)


def link_to(child: Engine) -> str:
    """An execution as log messages name it."""
    execution = child.execution
    return (
        f'[[link execution="{execution.id}" flowId="{execution.flow_id}"'
        f' namespace="{execution.namespace}"]]'
    )


def find_flow(
    executor: Engine, context: BlockContext, namespace: Any, flow_id: Any, revision: int | None
) -> Flow:
    """The flow that a task names. Raises ValueError, logged on the run, when it cannot be started."""
    name = (context.text(namespace), context.text(flow_id))
    flow = executor.host.known.get(name)  # type: ignore[arg-type]
    if flow is None or (revision is not None and revision != flow.revision):
        text = f"Unable to find flow '{name[0]}'.'{name[1]}' with revision '{revision or 0}'"
    elif flow.disabled:
        text = "Cannot execute a flow which is disabled"
    elif executor.execution.depth() >= executor.host.deepest:
        text = (
            f"FR101: flows start one another more than {executor.host.deepest} deep; a chain that shall be"
            " longer needs FLOWRT_MAX_DEPTH"
        )
    else:
        return flow
    context.log("ERROR", text)
    raise ValueError(text)


def prepare(
    executor: Engine,
    run: TaskRun,
    context: BlockContext,
    task: Any,
    *,
    flow: Flow,
    inputs: dict[str, Any],
    outputs: dict[str, Any] | None = None,
    iteration: int | None = None,
) -> Execution:
    """An execution of `flow` for a task run, with the labels and the trigger that Kestra gives it; not yet started.

    Raises what rendering its labels and resolving its inputs raise.
    """
    from flowrt.engine.creation import create_execution
    from flowrt.engine.labels import rendered_labels
    from flowrt.java.values import hash_map, hash_order

    execution = executor.execution
    if context.flag(task.inherit_labels):
        labels = {k: v for k, v in execution.labels.items() if k not in flow.labels}
    else:
        labels = {k: v for k, v in execution.labels.items() if k.startswith("system.")}
    labels.update(rendered_labels(context, task.labels))
    variables: dict[str, Any] = {
        "executionId": execution.id,
        "namespace": execution.namespace,
        "flowId": execution.flow_id,
        "flowRevision": executor.flow.revision,
        "taskRunId": run.id,
        "taskId": run.task.id,
    }
    outputs = run.outputs if outputs is None else outputs
    if outputs is not None:
        variables["taskRunOutputs"] = outputs
    if run.value is not None:
        variables["taskRunValue"] = run.value
    iteration = run.iteration if iteration is None else iteration
    if iteration is not None:
        variables["taskRunIteration"] = iteration
    context.text(task.schedule_date)
    trigger = {
        "id": task.id,
        "type": task.type_name,
        "variables": hash_map(variables.items()),
    }
    given = {key: value for key, value in inputs.items() if value is not None}
    prepared = create_execution(executor.host, flow, given, labels=labels, trigger=trigger)
    # The engine counts what was given against the inputs as they nest, so dotted ones that were given may be told, too,
    # and it looks for them only when more was given than that.
    if len(prepared.inputs) < len(inputs):
        keys = hash_order(inputs, len(inputs) * 4 // 3 + 1)
        prepared.undeclared = [key for key in keys if key not in prepared.inputs]
    return prepared


def begin(executor: Engine, context: BlockContext, execution: Execution) -> Engine:
    """Start an execution that was prepared for a task run."""
    from flowrt.engine.creation import start_child

    child = start_child(executor, execution)
    for name in execution.undeclared:
        context.log(
            "WARN",
            f"Input {name} was provided by parent execution {executor.execution.id} for subflow"
            f" {execution.namespace}.{execution.flow_id} but isn't declared at the subflow inputs",
        )
    tell(executor, context.run, child)
    return child
