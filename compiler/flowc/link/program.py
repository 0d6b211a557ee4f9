"""A flow together with the flows that it may start."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flowc.ir.nodes import Batch, Const, Module, Step, walk

Key = tuple[str, str]
"""Namespace and id of a flow."""

_SUBFLOW = ("flowrt.control.subflow", "Subflow")


def key_of(module: Module) -> Key:
    """The name of a flow."""
    return module.namespace, module.id


@dataclass(frozen=True, slots=True)
class Program:
    """The flow that is compiled, and the other flows that it reaches, directly or not."""

    main: Module
    others: tuple[Module, ...] = ()

    @property
    def modules(self) -> tuple[Module, ...]:
        return (self.main, *self.others)

    def targets(self, module: Module) -> tuple[Module, ...]:
        """The flows that one of them starts itself, in their order; it always knows itself."""
        names = started(module)
        return tuple(
            other
            for other in self.modules
            if other is not module and (names is None or key_of(other) in names)
        )


def started(module: Module) -> set[Key] | None:
    """The flows that a flow starts by name; None when a name is an expression, so that it may be any."""
    found: set[Key] = set()
    for step in walk(module):
        if not _starts_flows(step):
            continue
        namespace, flow_id = step.arg("namespace"), step.arg("flow_id")
        if not (isinstance(namespace, Const) and isinstance(flow_id, Const)):
            return None
        found.add((str(namespace.value), str(flow_id.value)))
    return found


def reachable(main: Module, others: Iterable[Module]) -> Program:
    """The program of a flow: of the others, those that it reaches."""
    known = {key_of(other): other for other in others if key_of(other) != key_of(main)}
    reached: set[Key] = set()
    waiting = [main]
    while waiting:
        names = started(waiting.pop())
        for key in known if names is None else names & known.keys():
            if key not in reached:
                reached.add(key)
                waiting.append(known[key])
    return Program(main, tuple(other for key, other in known.items() if key in reached))


def _starts_flows(step: Step) -> bool:
    return isinstance(step, Batch) or step.op == _SUBFLOW
