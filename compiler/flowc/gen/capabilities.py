"""What a flow uses, by name, and what a target makes of it: the data of `flowc check --target` and of docs/targets.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from flowc.expr import nodes
from flowc.gen.schedules import RULES, first_zone, is_schedule, schedule_of
from flowc.ir.nodes import (
    AnyStep,
    Batch,
    Block,
    Branch,
    Call,
    Const,
    Expr,
    Fork,
    Graph,
    Group,
    Loop,
    Module,
    Record,
    Start,
    Step,
    Stored,
    Switch,
    Until,
    Value,
    Wait,
    step_values,
    values_of,
    walk,
    walk_block,
)
from flowc.source import Span


class Way(StrEnum):
    """What becomes of a part of a flow."""

    NATIVE = "native"
    """The engine has the same thing."""
    EMULATED = "emulated"
    """It has not, but generated code or the runtime does it with what the engine has."""
    FUSED = "fused"
    """The part runs as one task of the engine, inside of which the runtime conducts it."""
    LEFT_OUT = "left out"
    """It is not done: whoever needs it arranges it on the engine."""
    REFUSED = "refused"
    """The flow is not compiled for this target."""


class Capability(NamedTuple):
    """What a target makes of a construct: the way, and with what or why."""

    way: Way
    text: str


Table = Mapping[str, Capability]
"""The capabilities of a target, by the names of `CONSTRUCTS`."""

DEEPEST = 16
"""How many blocks may stand around one that is written as a block inside of theirs: Python nests no more than 20."""

CONSTRUCTS: dict[str, str] = {
    "task": "a task that does work",
    "update": "tasks that change the execution (SetVariables, Labels, …)",
    "exit": "Exit",
    "sequential": "Sequential",
    "if": "If",
    "switch": "Switch",
    "parallel": "Parallel",
    "dag": "Dag",
    "limit": "Parallel, Dag: `concurrent`",
    "mapped": "ForEach, EachSequential, EachParallel over a single task",
    "loop": "ForEach, EachSequential over several tasks",
    "spread": "EachParallel over several tasks",
    "loop limit": "EachParallel over a single task: `concurrent` that is an expression",
    "task limit": "EachParallel over several tasks: `concurrent`",
    "growing": "a loop whose tasks change the values that it runs over",
    "growing at once": "such a loop, of several rounds at once",
    "looking": "a loop of several rounds at once whose tasks ask for states (`tasks`, `tasksWithState`)",
    "until": "LoopUntil",
    "allow failure": "AllowFailure",
    "folder": "WorkingDirectory",
    "pause": "Pause, until somebody resumes it",
    "delay": "Pause for a duration",
    "template": "Template",
    "subflow": "Subflow",
    "batches": "ForEachItem",
    "deep": f"a block inside of {DEEPEST} others",
    "handlers": "`errors` and `finally` of a block",
    "branch handlers": "`errors` and `finally` of a Parallel or Dag",
    "looking branches": "such a block whose tasks ask for states (`tasks`, `tasksWithState`)",
    "pass handlers": "`errors` and `finally` of a LoopUntil",
    "flow handlers": "`errors` and `finally` of the flow",
    "handler block": "a block among `errors`, `finally` or `afterExecution`",
    "after": "`afterExecution`, listeners",
    "retry": "`retry` of a task",
    "inherited retry": "`retry` of a block or of the flow",
    "new execution": "`retry` that starts a new execution",
    "timeout": "`timeout` of a task",
    "run if": "`runIf`",
    "allowed failure": "`allowFailure`, `allowWarning`",
    "block policy": "`runIf`, `allowFailure`, … of a block",
    "inputs": "inputs",
    "outputs": "outputs of the flow",
    "concurrency": "`concurrency` of the flow",
    "turned away": "`concurrency` with `behavior: CANCEL` or `FAIL`",
    "sla": "`sla`",
    "schedule": "a Schedule trigger",
    "schedule zone": "Schedule triggers in several time zones: those of all but the first",
    "schedule rules": "`stopAfter`, `lateMaximumDelay`, `recoverMissedSchedules` of a Schedule",
    "odd schedule": "a Schedule with `withSeconds`, `conditions`, an offset that is not of whole hours, or that is never due",
    "trigger": "other triggers",
}
"""What a flow may use, in the words of Kestra."""


class Use(NamedTuple):
    """A construct that a flow uses, where it stands, and the step that uses it; None for the flow itself."""

    construct: str
    span: Span
    step: Step | None = None


class Decision(NamedTuple):
    """What becomes of one use of a construct."""

    use: Use
    capability: Capability


def uses(module: Module) -> Iterator[Use]:
    """What a flow uses, each part before those below it."""
    if module.errors is not None or module.finally_ is not None:
        handlers = module.errors or module.finally_
        assert handlers is not None
        yield Use("flow handlers", handlers.span)
    if module.after_execution is not None:
        yield Use("after", module.after_execution.span)
    for listener in module.listeners:
        yield Use("after", listener.span)
    if module.retry is not None:
        yield Use(
            "new execution" if _restarts(module.retry) else "inherited retry", module.retry.span
        )
    if module.concurrency is not None:
        name = "turned away" if module.turns_away else "concurrency"
        yield Use(name, module.concurrency.span)
    for promise in module.sla:
        yield Use("sla", promise.span)
    zone = first_zone(module)
    for trigger in module.triggers:
        schedule = schedule_of(trigger)
        if schedule is None:
            yield Use("odd schedule" if is_schedule(trigger) else "trigger", trigger.span)
            continue
        elsewhere = schedule.active and schedule.zone != zone
        yield Use("schedule zone" if elsewhere else "schedule", trigger.span)
        yield from (
            Use("schedule rules", each.value.span)
            for each in trigger.properties
            if each.key in RULES
        )
    for given in module.inputs:
        yield Use("inputs", given.span)
    for output in module.outputs:
        yield Use("outputs", output.span)
    among = handlers_of(module)
    for step in walk(module):
        yield from (Use(name, step.span, step) for name in constructs(step))
        if step.id in among and any(True for _ in step.blocks()):
            yield Use("handler block", step.span, step)


def handlers_of(module: Module) -> set[str]:
    """The ids of the steps that are handlers, of the flow or of a block."""
    found: list[Block | None] = [module.errors, module.finally_, module.after_execution]
    found += [each.body for each in module.listeners]
    for step in walk(module):
        found += [step.errors, step.finally_]
    return {step.id for block in found if block is not None for step in block.steps}


def constructs(step: Step) -> Iterator[str]:
    """What one step uses itself, without the steps below it."""
    assert isinstance(step, AnyStep)
    yield _kind(step)
    block = not isinstance(step, Call | Start)
    policy = step.policy
    if block:
        if isinstance(step, Loop):
            yield from _of_rounds(step)
        if len(step.path) >= DEEPEST and not isinstance(step, Wait):
            yield "deep"
        if step.errors is not None or step.finally_ is not None:
            yield _handled(step)
            if isinstance(step, Fork | Graph) and _ask_for_states(
                block for _, block in step.blocks()
            ):
                yield "looking branches"
        if policy.run_if or policy.allow_failure or policy.allow_warning or policy.timeout:
            yield "block policy"
        if isinstance(step, Fork | Graph) and step.limit is not None:
            yield "limit"
    else:
        if policy.timeout:
            yield "timeout"
        if policy.run_if:
            yield "run if"
        if policy.allow_failure or policy.allow_warning:
            yield "allowed failure"
    if policy.retry:
        restarts = _restarts(policy.retry.value)
        yield "new execution" if restarts else "inherited retry" if block else "retry"


def _kind(step: AnyStep) -> str:
    match step:
        case Batch():
            return "batches"
        case Start():
            return "subflow"
        case Call():
            return _SHAPES.get(shape(step), "task")
        case Loop():
            return "mapped" if is_mapped(step) else "spread" if step.spread else "loop"
        case Until():
            return "until"
        case Wait():
            return "pause" if asks(step) else "delay"
        case Stored():
            return "template"
        case Branch():
            return "if"
        case Switch():
            return "switch"
        case Fork():
            return "parallel"
        case Graph():
            return "dag"
        case Group():
            return "folder" if shape(step) == "folder" else _group(step)


def _handled(step: AnyStep) -> str:
    match step:
        case Fork() | Graph():
            return "branch handlers"
        case Until():
            return "pass handlers"
    return "handlers"


def is_mapped(step: Loop) -> bool:
    """Whether each round is one task that works, or starts a flow, so that a limit of rounds is one of tasks."""
    if len(step.body.entries) != 1:
        return False
    [only] = step.body.entries
    return isinstance(only, Start) or (isinstance(only, Call) and _kind(only) == "task")


def rounds_at_once(step: Loop) -> int | None:
    """How many rounds of a loop run at the same time, 0 for all; None when that is not known before it runs."""
    if step.limit is None:
        return 0 if step.spread else 1
    given = step.limit.value
    return given.value if isinstance(given, Const) and isinstance(given.value, int) else None


def _of_rounds(step: Loop) -> Iterator[str]:
    limit = rounds_at_once(step)
    if limit != 0 and step.spread and not is_mapped(step):
        yield "task limit"
    elif limit is None:
        yield "loop limit"
    if grows(step):
        yield "growing" if limit == 1 else "growing at once"
    if limit != 1 and _ask_for_states([step.body]):
        yield "looking"


def grows(step: Loop) -> bool:
    """Whether the values of a loop depend on what its own tasks do: Kestra renders them at every step.

    Those of an EachParallel it has when that begins.
    """
    if step.spread:
        return False
    inside = list(walk_block(step.body))
    paths = {
        reference.path[:2]
        for value in values_of(step.values.value)
        if isinstance(value, Expr)
        for reference in value.tree.references
    }
    changed = {("outputs",), *(("outputs", each.id) for each in inside)}
    updates = any(shape(each) == "update" for each in inside)
    return any(path in changed or (updates and path[0] in ("vars", "labels")) for path in paths)


def _ask_for_states(blocks: Iterable[Block]) -> bool:
    """Whether a task of some lists asks for states of tasks."""
    steps = (each for block in blocks for each in walk_block(block))
    return any(_looks(value) for each in steps for value in step_values(each))


def _looks(value: Value) -> bool:
    """Whether a value depends on the states of tasks."""
    return any(
        any(reference.path[0] == "tasks" for reference in each.tree.references)
        or any(
            isinstance(node, nodes.Call) and node.name == "tasksWithState"
            for node in nodes.walk(each.tree.body)
        )
        for each in values_of(value)
        if isinstance(each, Expr)
    )


_SHAPES = {"update": "update", "exit": "exit"}


def shape(step: Step) -> str:
    """The shape of the class that runs a step (`flowrt.model.task.Task.shape`)."""
    from flowc.gen.python.symbols import class_of

    return str(getattr(class_of(step.type), "shape", "leaf"))


def _group(step: Group) -> str:
    from flowc.gen.python.symbols import class_of

    return "allow failure" if getattr(class_of(step.type), "needs_child", False) else "sequential"


def asks(step: Wait) -> bool:
    """Whether it waits for a person, however long that takes."""
    return step.duration is None and step.policy.timeout is None


def _restarts(value: object) -> bool:
    if not isinstance(value, Record):
        return False
    given = value.get("behavior")
    return isinstance(given, Const) and given.value == "CREATE_NEW_EXECUTION"


def decisions(module: Module, table: Table) -> Iterator[Decision]:
    """What becomes of each use; of what stands inside a part that runs as one task, only that part."""
    fused: set[str] = set()
    for use in uses(module):
        if use.step is not None and fused & set(use.step.path):
            continue
        capability = table[use.construct]
        if capability.way is Way.FUSED and use.step is not None:
            fused.add(use.step.id)
        yield Decision(use, capability)


def fused(step: Step, table: Table) -> Capability | None:
    """Why a step runs as one task with all that is below it; None when it does not."""
    found = (table[name] for name in constructs(step))
    return next((each for each in found if each.way is Way.FUSED), None)
