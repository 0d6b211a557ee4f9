"""Flow triggers: flows that begin when executions of others change their state.

Kestra's executor asks all flows whenever it has handled an execution and finds it in another state than before. So does
the executor here; what begins is a child of the execution that was heard of, by whose id a kill reaches it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.engine.conditions import Seen, hold, kind_of, not_tested, with_outputs
from flowrt.engine.creation import start_child
from flowrt.engine.execution import Execution
from flowrt.engine.labels import label_items, label_pairs
from flowrt.engine.variables import (
    execution_variables,
    flow_entry,
    inputs_as_of,
    nested,
    vars_view,
)
from flowrt.engine.windows import Kept, Windows, conditions_of
from flowrt.inputs.defaults import rendered
from flowrt.model.states import PAUSED, TERMINAL
from flowrt.model.triggers import FLOW_TRIGGER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flowrt.engine.ports import Engine, Process
    from flowrt.expr.context import Context
    from flowrt.model.flow import Flow
    from flowrt.model.triggers import Trigger

CORRELATION = "system.correlationId"


class FlowTriggers:
    """The flows of a process that listen to executions, in the order in which Kestra keeps flows: by their names."""

    def __init__(self, host: Process, flows: Iterable[Flow], kept: Kept | None = None) -> None:
        self._host = host
        self._windows = Windows(kept)
        self._begun: dict[str, int] = {}
        """How many executions have followed from one that a trigger has started, by its id."""
        able = sorted((flow for flow in flows if not flow.disabled), key=_uid)
        self._triggers = [
            (flow, trigger)
            for flow in able
            for trigger in flow.triggers.values()
            if trigger.type == FLOW_TRIGGER and not trigger.disabled
        ]
        # those that wait for several executions have their turn behind the others
        self._triggers.sort(key=lambda each: _waits(each[1]))

    def hear(self, engine: Engine) -> None:
        """An execution has another state."""
        execution = engine.execution
        waiting: list[Callable[[], None]] = []
        for flow, trigger in self._triggers:
            if (flow.namespace, flow.id) != (execution.namespace, execution.flow_id):
                self._ask(engine, flow, trigger, waiting)
        if waiting:
            # all of them hear of it, or none: a process may die meanwhile
            with self._windows.kept.alone():
                for ask in waiting:
                    ask()

    def _ask(
        self, engine: Engine, flow: Flow, trigger: Trigger, waiting: list[Callable[[], None]]
    ) -> None:
        """Fire a trigger, or note one that waits for more."""
        execution = engine.execution
        if execution.state not in (trigger.states or _STATES):
            return
        seen = Seen(flow, execution, lambda: _variables(engine, flow))

        def failed(condition: dict[str, Any], reason: str) -> None:
            not_tested(engine, flow, condition, reason)

        simple = [each for each in trigger.conditions if kind_of(each) != "Multiple"]
        if not hold(simple, seen, failed):
            return
        if not _waits(trigger):
            self._fire(engine, seen, trigger, execution.outputs)
            return

        def take_in() -> None:
            found = self._windows.take_in(trigger, seen, failed)
            if found is not None:
                self._fire(engine, seen, trigger, found)

        waiting.append(take_in)

    def _is_too_much(self, engine: Engine) -> bool:
        """Whether no more shall begin because of an execution: flows that listen to one another would never come to an end.

        What follows from one execution that a trigger has started, by triggers, is counted: alone it would be a chain, but
        each may start several.
        """
        host, first = self._host, first_triggered(engine.execution)
        if first is None:
            return False
        begun = self._begun[first] = self._begun.get(first, 0) + 1
        if begun == host.deepest + 1:
            engine.log(
                None,
                "ERROR",
                f"FR101: flows that listen to one another have started more than {host.deepest} executions; more need"
                " FLOWRT_MAX_DEPTH",
            )
        return begun > host.deepest

    def _fire(
        self, engine: Engine, seen: Seen, trigger: Trigger, outputs: dict[str, Any] | None
    ) -> None:
        """Start an execution, as its trigger says."""
        heard, flow, host = engine.execution, seen.flow, self._host
        if self._is_too_much(engine):
            return
        labels = _labels(engine, seen, trigger)
        try:
            inputs = rendered(trigger.inputs, lambda: with_outputs(seen.variables(), outputs))
        except Exception as error:
            text = f"Failed to trigger flow {flow.namespace}.{flow.id} for trigger {trigger.id}, invalid inputs"
            engine.log(None, "WARN", text)
            engine.trace(None, error)
            return
        labels[CORRELATION] = heard.labels[CORRELATION]
        execution = Execution(
            flow,
            inputs=_sealed(flow, inputs, host),
            labels=labels,
            trigger={
                "id": trigger.id,
                "type": trigger.type,
                "variables": _told(heard, outputs),
            },
            clock=host.clock,
            ids=host.ids,
        )
        start_child(engine, execution)


def first_triggered(execution: Execution) -> str | None:
    """The id of the first execution that a Flow trigger has started, of those that have led to this one, which counts too."""
    found = None
    at: Execution | None = execution
    while at is not None:
        if (at.trigger or {}).get("type") == FLOW_TRIGGER:
            found = at.id
        at = at.starter
    return found


_STATES = (*TERMINAL, PAUSED)
"""The states that a trigger listens to which names none."""


def _uid(flow: Flow) -> str:
    return f"{flow.namespace}_{flow.id}_{flow.revision}"


def _waits(trigger: Trigger) -> bool:
    """Whether it waits for several executions."""
    return bool(conditions_of(trigger))


def _variables(engine: Engine, flow: Flow) -> Context:
    """The variables of an execution, in which `flow` is the listener, whose variables and defaults fill the gaps."""
    found = execution_variables(engine)
    execution = engine.execution
    found["flow"] = flow_entry(flow)
    own = execution.variables if execution.has_variables else {}
    if variables := {**flow.raw_variables, **own}:
        found["vars"] = vars_view(variables)
    found.pop("inputs", None)  # those may be defaults of its own flow
    if (execution.inputs or flow.inputs) and (inputs := inputs_as_of(engine, flow)):
        found["inputs"] = inputs
    return found


def _labels(engine: Engine, seen: Seen, trigger: Trigger) -> dict[str, str]:
    """The labels of the trigger; one that cannot be rendered is left out."""
    found: dict[str, str] = {}
    for key, value in label_items(trigger.labels):
        try:
            found.update(label_pairs({key: rendered(value, seen.variables)}))
        except Exception as error:
            engine.log(None, "WARN", f"Failed to render label '{key}', it will be omitted")
            engine.trace(None, error)
    return {key: value for key, value in found.items() if not key.startswith("system.")}


def _sealed(flow: Flow, inputs: dict[str, Any], host: Process) -> dict[str, Any]:
    """The inputs as they are kept: the engine takes them as the trigger gives them, but secrets are sealed."""
    if not flow.inputs:
        return inputs
    from flowrt.inputs.sealing import sealed_as_declared

    services = host.services
    return sealed_as_declared(flow.inputs, inputs, services.masks, lambda: services.sealer)


def _told(heard: Execution, outputs: dict[str, Any] | None) -> dict[str, Any]:
    """What the new execution sees of the one that was heard of, as `trigger`."""
    labels = {key: value for key, value in heard.labels.items() if key != CORRELATION}
    found: dict[str, Any] = {
        "executionId": heard.id,
        "executionLabels": nested(labels),
        "state": heard.state,
        "namespace": heard.namespace,
        "flowId": heard.flow_id,
        "flowRevision": heard.flow.revision,
    }
    if outputs:
        found["outputs"] = outputs
    return found
