"""Where each task stands, and what that says about another one: has it run before, and how is it addressed."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from flowc.front import model
from flowc.front.nodes import Node, Scalar, Sequence

LOOPS = frozenset({"loop", "spread"})
_WITH_OUTPUTS = frozenset({"branch", "switch", "until", "wait", "template"})
"""The shapes of flowables that have outputs while they run."""

_PHASES = {"tasks": 0, "errors": 1, "finally": 2, "afterExecution": 3, "listeners": 3}


class Ran(Enum):
    """What is known about a task at the place of another one."""

    SURELY = "surely"
    MAYBE = "maybe"
    NEVER = "never"


class Step(NamedTuple):
    """One step of the way from the top to a task: in which list of the parent, at which place."""

    task: model.Task
    slot: str
    position: int


class Place:
    """A task with the way to it; the last step is the task itself."""

    __slots__ = ("steps", "task")

    def __init__(self, steps: tuple[Step, ...]) -> None:
        self.steps = steps
        self.task = steps[-1].task

    @property
    def ancestors(self) -> list[model.Task]:
        """The flowables around the task, outermost first."""
        return [step.task for step in self.steps[:-1]]

    def has_value(self, depth: int) -> bool:
        """Whether the run at this depth of the way has a loop value."""
        if depth == 0:
            return False
        return self.steps[depth - 1].task.cls.shape in LOOPS and self.steps[depth].slot == "tasks"

    @property
    def levels(self) -> list[model.Task]:
        """The loops whose values stand between the task id and the outputs."""
        return [
            self.steps[depth - 1].task
            for depth in range(1, len(self.steps))
            if self.has_value(depth)
        ]

    def sees_value(self) -> bool:
        """Whether `taskrun.value` is there."""
        depth = len(self.steps) - (2 if self.in_working_directory else 1)
        return self.has_value(depth)

    @property
    def in_working_directory(self) -> bool:
        """Whether the task runs inside of another one, and so sees the variables of that one."""
        return len(self.steps) > 1 and self.steps[-2].task.cls.shape == "folder"

    def parents(self) -> list[tuple[bool, bool]]:
        """(has a value, has outputs) for each entry of `parents`, nearest first."""
        found: list[tuple[bool, bool]] = []
        depth = len(self.steps) - 1
        for at in range(depth - 1, -1, -1):
            outputs = self.steps[at].task.cls.shape in _WITH_OUTPUTS
            value = self.has_value(at)
            if value or outputs:
                found.append((value, outputs))
        return found


def places(flow: model.Flow) -> dict[str, Place]:
    """The place of every task of the flow, by id; of equal ids the first."""
    found: dict[str, Place] = {}
    listener_tasks = tuple(task for each in flow.listeners for task in each.tasks)
    stack: list[tuple[tuple[Step, ...], str, tuple[model.Task, ...]]] = [
        ((), "listeners", listener_tasks),
        ((), "afterExecution", flow.after_execution),
        ((), "finally", flow.finally_),
        ((), "errors", flow.errors),
        ((), "tasks", flow.tasks),
    ]
    while stack:
        above, slot, tasks = stack.pop()
        for index, task in enumerate(tasks):
            steps = (*above, Step(task, slot, index))
            found.setdefault(task.id, Place(steps))
            for name, children in task.children.items():
                stack.append((steps, name, children))
    return found


def ran_before(other: Place, here: Place) -> tuple[Ran, str]:
    """Whether `other` has run when `here` is rendered, and why not surely."""
    depth = 0
    shortest = min(len(other.steps), len(here.steps))
    while depth < shortest and other.steps[depth].task is here.steps[depth].task:
        depth += 1
    looped = any(step.task.cls.shape in LOOPS for step in here.steps[:depth])
    off = next((step.task for step in other.steps[depth:] if step.task.disabled), None)
    if off is not None:
        return Ran.NEVER, f"`{off.id}` is disabled"
    # The condition of a LoopUntil is rendered after each pass.
    after_children = here.task.cls.shape == "until"
    if depth == len(other.steps):
        # The task itself or one around it: outputs of a flowable are there from its start.
        if depth < len(here.steps) or after_children:
            return Ran.SURELY, ""
        return Ran.MAYBE, "a task cannot read its own outputs"
    if depth == len(here.steps):
        if not after_children:
            return Ran.MAYBE, "it is inside this task"
        why = _condition(other, depth)
        return (Ran.MAYBE, why) if why else (Ran.SURELY, "")
    relation, why = _siblings(other.steps[depth], here.steps[depth], here.steps[:depth])
    if relation is Ran.NEVER and looped:
        return Ran.MAYBE, "only an earlier value of the loop has run it"
    if relation is not Ran.SURELY:
        return relation, why
    why = _condition(other, depth)
    return (Ran.MAYBE, why) if why else (Ran.SURELY, "")


def _siblings(other: Step, here: Step, above: tuple[Step, ...]) -> tuple[Ran, str]:
    """Two steps below the same parent."""
    if other.slot != here.slot:
        return _lists(other.slot, here.slot, above)
    parent = above[-1].task if above else None
    if parent is None or here.slot != "tasks":
        return (Ran.SURELY, "") if other.position < here.position else (Ran.NEVER, "it runs later")
    if parent.cls.shape == "graph":
        return _dependency(parent, other.task, here.task)
    if parent.cls.shape in ("spread", "fork"):
        if parent.text("concurrent") == "1" and parent.cls.shape == "fork":
            return (
                (Ran.SURELY, "") if other.position < here.position else (Ran.NEVER, "it runs later")
            )
        return Ran.MAYBE, "it runs at the same time"
    return (Ran.SURELY, "") if other.position < here.position else (Ran.NEVER, "it runs later")


def _lists(other: str, here: str, above: tuple[Step, ...]) -> tuple[Ran, str]:
    """Two lists of the same parent."""
    first, second = _PHASES.get(other, 0), _PHASES.get(here, 0)
    if first == second:
        if "onPause" in (other, here) or "listeners" in (other, here):
            return Ran.MAYBE, "it runs at the same time"
        if above and above[-1].task.cls.shape == "switch":
            return Ran.MAYBE, "it is in another branch"
        return Ran.NEVER, "it is in another branch"
    if first > second:
        return Ran.NEVER, "it runs later"
    # Handlers commonly read what ran before the failure; nothing is said about that.
    return Ran.SURELY, ""


def _dependency(dag: model.Task, other: model.Task, here: model.Task) -> tuple[Ran, str]:
    needs = {each.id: each.depends_on for each in dag.children.get("tasks", ())}
    if _reaches(needs, here.id, other.id):
        return Ran.SURELY, ""
    if _reaches(needs, other.id, here.id):
        return Ran.NEVER, "it runs later"
    return Ran.MAYBE, "it may run at the same time"


def _reaches(needs: dict[str, tuple[str, ...]], start: str, goal: str) -> bool:
    seen = {start}
    stack = [start]
    while stack:
        for name in needs.get(stack.pop(), ()):
            if name == goal:
                return True
            if name not in seen:
                seen.add(name)
                stack.append(name)
    return False


def _condition(other: Place, depth: int) -> str:
    """Why a task that stands before may not have run all the same."""
    for at in range(depth, len(other.steps)):
        step = other.steps[at]
        condition = step.task.properties.get("runIf")
        if isinstance(condition, Scalar) and condition.value not in (None, True, "true"):
            return f"`{step.task.id}` has a `runIf`"
        if at == depth:
            continue
        parent = other.steps[at - 1].task
        if parent.cls.shape in ("branch", "switch") and step.slot not in ("errors", "finally"):
            return f"it is in a branch of `{parent.id}`"
        if step.slot == "errors":
            return f"it runs only when `{parent.id}` has failed"
    return ""


def constant_values(loop: model.Task) -> list[str] | None:
    """The values of a loop that are written in the flow, as texts; None when they are computed."""
    node: Node | None = loop.properties.get("values") or loop.properties.get("value")
    if not isinstance(node, Sequence):
        return None
    found = []
    for item in node.items:
        if not isinstance(item, Scalar) or not isinstance(item.value, str | int):
            return None
        if isinstance(item.value, bool) or "{" in str(item.value):
            return None
        found.append(str(item.value))
    return found
