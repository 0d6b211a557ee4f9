"""What Airflow 3 makes of the parts of a flow."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.gen.capabilities import (
    Capability,
    Decision,
    Table,
    Use,
    Way,
    asks,
    decisions,
    fused,
    handlers_of,
)
from flowc.ir.nodes import Module, Step, Wait, walk


def _native(text: str) -> Capability:
    return Capability(Way.NATIVE, text)


def _emulated(text: str) -> Capability:
    return Capability(Way.EMULATED, text)


def _left_out(text: str) -> Capability:
    return Capability(Way.LEFT_OUT, text)


def _fused(text: str) -> Capability:
    return Capability(Way.FUSED, text)


_LIMIT = "`max_active_tis_per_dagrun`; 1024 values at most, if Airflow is not told more"

CAPABILITIES: Table = {
    "task": _native("an operator, with its outputs as XCom"),
    "update": _emulated("an operator whose record tells later steps what it has changed"),
    "exit": _emulated("later steps do nothing; steps beside it go on"),
    "sequential": _native("a task group, `a >> b`"),
    "if": _native("a branch operator and a join in a task group"),
    "switch": _native("a branch operator and a join in a task group"),
    "parallel": _native("a task group"),
    "dag": _native("a task group, edges"),
    "limit": _fused("a limit within one run would need a pool that only this run uses"),
    "mapped": _native(f"a mapped step, {_LIMIT}"),
    "loop": _emulated(
        f"a DAG for the body; a mapped operator starts a run of it a round, {_LIMIT}"
    ),
    "spread": _emulated(
        "a DAG for the body, without edges; a mapped operator starts a run of it a value"
    ),
    "loop limit": _emulated("a mapped step that defers until it is its turn"),
    "task limit": _fused("it counts tasks, and the tasks of a body know nothing of other rounds"),
    "growing": _emulated(
        "a DAG for the body; an operator starts a run of it a round, for the values as they are then"
    ),
    "growing at once": _fused("the values of a mapped operator are known before the first round"),
    "looking": _fused("a round learns of others when they have ended, not what they are doing"),
    "until": _emulated(
        "a DAG for the body; an operator starts a run of it a pass, and defers between them"
    ),
    "allow failure": _fused("a DAG run has no warnings"),
    "folder": _fused("its tasks share a folder, and nothing keeps tasks on one worker"),
    "pause": _emulated("`HITLOperator` with a form, then a step that checks the answer"),
    "delay": _fused("a pause of the whole execution, with what follows it"),
    "template": _fused("the tasks of the template, as they stand in it"),
    "subflow": _fused("the other flow runs in the process of the step"),
    "batches": _fused("a flow a batch, in the process of the step"),
    "deep": _fused("Python nests no groups of tasks that deep"),
    "handlers": _emulated("trigger rules, and operators that look at the states of the block"),
    "branch handlers": _emulated(
        "trigger rules: they begin while other branches are at work, and the block ends when these have"
    ),
    "looking branches": _fused("a handler learns of a branch when it has ended, not what it does"),
    "pass handlers": _fused("they belong to each pass, not to the block"),
    "handler block": _fused("its branches would follow the rules of handlers"),
    "flow handlers": _emulated("trigger rules, and a first handler that looks at the states"),
    "after": _emulated("steps behind the one that finds the final state"),
    "retry": _native(
        "`retries`, `retry_delay`; what Airflow has no words for the runtime tries again in the step"
    ),
    "inherited retry": _emulated("the runtime tries again in the step"),
    "new execution": _left_out("the run ends RETRIED; nothing starts another one"),
    "timeout": _native("`execution_timeout`"),
    "run if": _emulated("looked at in the step, which ends as a success"),
    "allowed failure": _emulated("the step ends as a success, its record says WARNING"),
    "block policy": _fused("a group of tasks takes no policy of its own"),
    "inputs": _native("params: JSON schemas"),
    "outputs": _native("the XCom of the step `finish`"),
    "concurrency": _native("`max_active_runs`"),
    "turned away": _left_out("`max_active_runs`: a run above the limit waits for its turn"),
    "sla": _emulated("looked at in each step"),
    "schedule": _native("`schedule`"),
    "schedule zone": _left_out("a DAG has one time zone: start it by its API for the others"),
    "schedule rules": _left_out("the engine has settings of its own for runs that were missed"),
    "odd schedule": _left_out(
        "a timetable of its own would be needed; one that is never due starts nothing in Kestra, either"
    ),
    "trigger": _left_out(
        "not started by Airflow: an asset or a call of its API has to be made by hand"
    ),
}
"""By construct; the names are those of `flowc.gen.capabilities`."""

NOBODY = Capability(
    Way.REFUSED,
    "a person is asked by a task of the DAG, and this Pause is inside of one, or a handler",
)
"""A Pause in a part that runs as one task, or among handlers, which may not be left out when nobody answers."""


def is_fused(step: Step) -> bool:
    """Whether a step runs as one task with all that is below it."""
    return fused(step, CAPABILITIES) is not None


def decide(module: Module) -> Iterator[Decision]:
    """What becomes of the parts of a flow; a Pause that no task of the DAG asks for is refused."""
    among, inside = handlers_of(module), set[str]()
    for step in walk(module):
        handler = step.id in among
        hidden = handler or bool(inside & set(step.path))
        if hidden and isinstance(step, Wait) and asks(step):
            yield Decision(Use("pause", step.span, step), NOBODY)
        if handler or is_fused(step) or isinstance(step, Wait):
            inside.add(step.id)
    yield from decisions(module, CAPABILITIES)
