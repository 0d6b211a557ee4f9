"""What a DAG can say of a flow: which blocks become groups of steps, and why others run as one step."""

from __future__ import annotations

from flowc.ir.nodes import (
    AnyStep,
    Batch,
    Branch,
    Call,
    Fork,
    Graph,
    Group,
    Loop,
    Start,
    Step,
    Stored,
    Switch,
    Until,
    Wait,
)

LOOP = "a DAG has no order of whole rounds: limits count single tasks, and groups of mapped tasks do not nest"
"""Why a loop over values runs as one step."""


def fused(step: Step) -> str | None:
    """Why a step with steps below it runs as one step; None where the DAG says it itself, and for work."""
    assert isinstance(step, AnyStep)
    match step:
        case Call() | Start():
            return None if not isinstance(step, Batch) else "batches of a file are known when it runs"
        case Loop():
            return LOOP
        case Until():
            return "a DAG has no cycles"
        case Wait():
            return "the whole execution pauses, and goes on with values that its inputs check"
        case Stored():
            return None if not step.missing and _is_plain(step) else "the tasks of a template"
        case Group() if step.type.endswith((".WorkingDirectory", ".Worker")):
            return "its tasks share a folder, and a DAG does not keep tasks on one worker"
        case Group() if step.type.endswith(".AllowFailure"):
            return "a DAG run has no warnings"
        case Fork() | Graph() if step.limit is not None:
            return "a limit within one run would need a pool that only this run uses"
        case Group() | Branch() | Switch() | Fork() | Graph():
            if step.errors is not None or step.finally_ is not None:
                return "its handlers would watch tasks that may never be reached"
            if step.policy.properties:
                return "a group of tasks takes no policy of its own"
            if isinstance(step, Switch) and not step.cases:
                return "a Switch without cases fails before it chooses"
            return None
    raise AssertionError(step)


def _is_plain(step: Step) -> bool:
    return not step.policy.properties and step.errors is None and step.finally_ is None
