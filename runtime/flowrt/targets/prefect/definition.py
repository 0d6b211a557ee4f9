"""What a flow declares that is compiled to Prefect, and its executions as contexts of flow functions."""

from __future__ import annotations

import inspect
from asyncio import CancelledError
from os.path import isfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefect.context import FlowRunContext
from prefect.runtime import flow_run
from prefect.states import Cancelled, Completed
from prefect.states import Failed as FailedState

from flowrt.conduct.faces import Failed, Stopped
from flowrt.conduct.faces import Run as ListRun
from flowrt.conduct.opening import begin, open_loop_host
from flowrt.engine.document import jsonable
from flowrt.engine.execution import ERRORS, FINALLY
from flowrt.inputs.declaration import leaves
from flowrt.model.flow import Flow
from flowrt.model.states import FAILED, KILLED, SUCCESS, WARNING
from flowrt.model.task import Constant
from flowrt.targets.fired import fired
from flowrt.targets.given import texts_of
from flowrt.targets.ids import FirstId
from flowrt.targets.prefect import logs, settings
from flowrt.targets.prefect.artifacts import show_outputs
from flowrt.targets.prefect.hands import PrefectHands
from flowrt.targets.prefect.places import label

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from prefect.client.schemas.objects import FlowRun

    from flowrt.conduct.conductor import Conductor
    from flowrt.model.task import Task
    from flowrt.targets.prefect.settings import Settings


HOOKED = frozenset({SUCCESS, WARNING, FAILED})
"""The states in which a flow run ends with a hook of Prefect."""


class Run(ListRun):
    """The tasks of a flow while they run: `await run(task)`. Raises `Failed` when the task has failed for good."""

    @property
    def outcome(self) -> Any:
        """What the flow function returns: the outputs of the flow, or a state that Prefect has no other way to say."""
        conductor: Any = self._conductor
        execution = conductor.execution
        outputs = jsonable(execution.outputs)
        if execution.state == SUCCESS:
            return outputs
        if execution.state == WARNING:
            return Completed(name="Warning", data=outputs, message="a task ended with a warning")
        if execution.state == FAILED:
            return FailedState(message=_reason(conductor))
        return Cancelled(name=execution.state.capitalize())


class Definition(Flow):
    """A flow: what it declares, its tasks and blocks. `options` are those that Prefect takes for the run of a task."""

    def __init__(self, id: str, namespace: str, **declared: Any) -> None:
        super().__init__(id, namespace, **declared)
        self.options: dict[str, dict[str, Any]] = {}
        self.function: Any = None
        self.begun: dict[str | None, Conductor] = {}
        """The executions of this flow in this process, by the ids of their flow runs."""

    def __getstate__(self) -> dict[str, Any]:
        """What another process is told of it: not what runs in this one."""
        return {**vars(self), "begun": {}}

    def task(self, task: Any, **options: Any) -> Any:
        """Declare a task. `retries`, `retry_delay_seconds`, `timeout_seconds` and all else are those of Prefect's `@task`."""
        if options:
            self.options[task.id] = options
            _follow(task, options)
        return super().task(task)

    def entry(self, function: Any) -> Any:
        """Decorate the flow function; subflows are called by it."""
        self.function = function
        return function

    def execution(self, given: dict[str, Any] | None = None, /, **more: Any) -> Conducted:
        """An execution with these inputs, as a context: `async with definition.execution(...) as run`. None is not given."""
        return Conducted(self, {**(given or {}), **more})

    async def call(self, inputs: dict[str, Any]) -> Any:
        """Run the flow function as a subflow, for an execution that is there already; answers its state."""
        function = self.function.with_options(validate_parameters=False)
        return await function(**self.parameters(inputs), return_state=True)

    def parameters(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """Inputs as parameters of the flow function, which are in the order of the inputs.

        One that is missing is None: that it must be there the execution says when it begins.
        """
        found = {}
        declared = inspect.signature(self.function.fn).parameters
        for name, id in self.parameter_ids().items():
            if id in inputs:
                found[name] = _shown(inputs[id])
            elif declared[name].default is inspect.Parameter.empty:
                found[name] = None
        return found

    def parameter_ids(self) -> dict[str, str]:
        """The ids of the inputs by the names of the parameters, which are in the same order."""
        names = inspect.signature(self.function.fn).parameters
        ids = (each.id for each in leaves(self.inputs))
        return dict(zip(names, ids, strict=False))

    def after_execution(self, body: Any) -> Any:
        """Decorate the tasks that run when the state is final; answers the hook of Prefect that runs them."""
        super().after_execution(body)
        return self.ended

    def listener(self, conditions: list[Any]) -> Callable[[Any], Any]:
        """Decorate the tasks of a listener; answers the hook of Prefect that runs them."""
        decorate = super().listener(conditions)

        def hook(body: Any) -> Any:
            decorate(body)
            return self.ended

        return hook

    async def ended(self, flow: Any, flow_run: Any, state: Any) -> None:
        """A hook: what follows the end of the flow run."""
        conductor = self.begun.pop(str(flow_run.id), None)
        if conductor is not None:
            await conductor.after_lists()


class Conducted:
    """An execution as the context of a flow function: it begins with it, and has its final state behind it."""

    def __init__(self, definition: Definition, given: dict[str, Any]) -> None:
        self._definition = definition
        self._given = given
        self._own = True

    async def __aenter__(self) -> Run:
        definition = self._definition
        conductor = settings.prepared.get()
        if (
            conductor is not None
            and conductor.flow is definition
            and conductor.execution.runs == []
        ):
            self._own = False
        else:
            options = settings.options()
            options.sink = logs.tell
            options.ids = FirstId(_bytes(flow_run.id))
            scheduled = _scheduled()
            if scheduled is not None and options.trigger is None:
                options.trigger = self._fired(scheduled)
            host = open_loop_host(definition, options, options.hands or PrefectHands())
            conductor = begin(host, definition, self._inputs(options), options)
            options.begun = conductor
        conductor.host.enter()
        self._conductor = conductor
        definition.begun[flow_run.id] = conductor
        return Run(conductor, conductor.root)

    def _fired(self, run: FlowRun) -> dict[str, Any] | None:
        """The schedule that has started a flow run. It gives the inputs, but for those that the deployment itself has.

        None when it is not one of the flow.
        """
        schedule = self._definition.triggers.get(
            str(run.created_by and run.created_by.display_value)
        )
        at = run.expected_start_time
        trigger = None if schedule is None or at is None else fired(schedule, at)
        if trigger is not None:
            ids = self._definition.parameter_ids()
            # the defaults of parameters are among what the flow function was called with
            self._given = {ids[name]: value for name, value in run.parameters.items()}
        return trigger

    def _inputs(self, options: Settings) -> dict[str, Any]:
        """The inputs of the execution: the parameters as texts, and what the program was given itself."""
        from flowrt.inputs.conversion import Upload

        types = {each.id: each.type for each in leaves(self._definition.inputs)}
        given = texts_of(self._given, self._definition.inputs)
        for id, value in given.items():
            if types.get(id) == "FILE" and isfile(value):
                given[id] = Upload(Path(value).name, Path(value))
        return {**given, **options.inputs}

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        conductor = self._conductor
        if conductor.signal is not None:
            raise conductor.signal from None
        if isinstance(error, CancelledError) and not conductor.execution.terminal:
            conductor.move_execution(KILLED)
        if error is not None and not isinstance(error, Failed | Stopped):
            return False
        for role in (ERRORS, FINALLY):
            await conductor.ended_all(conductor.root, role)
        conductor.end()
        if self._own:
            if conductor.host.at_work:  # what follows the end does not wait for what it has left
                await conductor.after_lists()
            await conductor.host.settled()
        await show_outputs(conductor.execution)
        definition = self._definition
        hooked = definition.root.after_bodies or definition.root.listeners
        # Prefect calls no hook for a flow function that says itself that it was cancelled
        if not hooked or conductor.execution.state not in HOOKED:
            definition.begun.pop(flow_run.id, None)
            await conductor.after_lists()
        return True


def _scheduled() -> FlowRun | None:
    """The flow run of this process, if a schedule of its deployment has started it."""
    context = FlowRunContext.get()
    run = None if context is None else context.flow_run
    by = None if run is None else run.created_by
    return run if by is not None and by.type == "SCHEDULE" else None


def _follow(task: Task, options: dict[str, Any]) -> None:
    """Let the engine know what Prefect does with the runs of a task."""
    delay = options.get("retry_delay_seconds", 0)
    if "retries" in options:
        first = delay[0] if isinstance(delay, list) else delay
        task.retry = Constant(
            interval=f"PT{first}S",
            max_attempts=options["retries"] + 1,
            warning_on_retry=task.retry is not None and task.retry.warning_on_retry,
        )
    if "timeout_seconds" in options:
        task.timeout = f"PT{options['timeout_seconds']}S"


def _bytes(id: str | None) -> bytes | None:
    """The id of a flow run as a number."""
    return bytes.fromhex(id.replace("-", "")) if id else None


def _shown(value: Any) -> Any:
    """A value as a parameter that Prefect shows."""
    return jsonable(value) if not hasattr(value, "data") else value.name


def _reason(conductor: Any) -> str:
    """What the first error of the execution says, and of which task it is."""
    for entry in conductor.execution.logs:
        failed = entry.run is None or entry.run.state == FAILED
        if entry.level == "ERROR" and failed:
            name = "" if entry.run is None else f"{label(entry.run)}: "
            return f"{name}{entry.message}"
    return "a task failed"
