"""Where a step stands: the blocks around it, and of each loop around it the round that it is part of.

The body of a loop is a DAG of its own. So the blocks around a step may stand in other DAGs of the same file, and what ran
before it in runs of those.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Self

from airflow.sdk import DAG, TaskGroup

from flowrt.targets.airflow.definition import definition_of
from flowrt.targets.ids import derived_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowrt.model.blocks import BlockTask

ROUNDS = "rounds"
"""The key in the configuration of a run of a body: the rounds that it is part of, the outermost first."""
LONGEST = 250
"""How long the id of a DAG run may be."""
BRANCHES = frozenset({"fork", "graph"})
"""The shapes of blocks with several branches."""
VALUE = 6
"""How many letters in the id of a DAG run stand for the value of its round."""
MOST_RUNS = 1024
"""How many runs of a body may be there at once: as many as Airflow maps values."""


class Round(NamedTuple):
    """A round of a loop, or a pass of a LoopUntil, which has no value; and the DAG run that has started it."""

    dag_id: str
    run_id: str
    number: int
    value: str | None = None


class Around(NamedTuple):
    """A block around a step; of a loop the round, unless the step is one of the loop itself."""

    task: BlockTask
    round: Round | None = None


class Group(TaskGroup):
    """A block of the flow as a task group; its steps keep their own ids."""

    def __init__(
        self,
        task: BlockTask,
        *,
        declared: int | None = None,
        empty_else: bool = False,
        **options: Any,
    ) -> None:
        """`declared`: how many tasks a LoopUntil has, those that are disabled too. `empty_else`: an If has one without tasks."""
        super().__init__(task.id, prefix_group_id=False, **options)
        self.flowrt_task = task
        self.body: Body | None = None
        definition_of(self.dag).declare(task)
        task.block.options.update(declared=declared, empty_else=empty_else)

    def __enter__(self) -> Self:
        """Type checkers know the group that comes out of `with` as what it is."""
        super().__enter__()
        return self


class Body(DAG):
    """What a loop runs for each of its values, or a LoopUntil in each pass: a DAG of which the loop starts the runs."""

    def __init__(self, dag_id: str, *, loop: Group, **options: Any) -> None:
        flow: Any = loop.dag
        options.setdefault("description", f"The body of {loop.group_id}, started by {flow.dag_id}.")
        options.setdefault("tags", [f"body of {flow.dag_id}"[:100]])
        options.setdefault("max_active_runs", MOST_RUNS)
        super().__init__(dag_id, schedule=None, is_paused_upon_creation=False, **options)
        self.loop = loop
        loop.body = self
        definition_of(flow).runs_as(dag_id)

    def starter(self) -> Any:
        """The task of the loop that starts the runs."""
        for each in self.loop.children.values():
            mapped = getattr(each, "partial_kwargs", {})
            if getattr(each, "trigger_dag_id", mapped.get("trigger_dag_id")) == self.dag_id:
                return each
        raise LookupError(f"nothing in {self.loop.group_id} starts {self.dag_id}")


def started_by(run: Any, number: int, value: str | None = None) -> Round:
    """A round that a task of a DAG run starts."""
    return Round(run.dag_id, run.run_id, number, value)


def rounds_of(run: Any) -> list[Round]:
    """The rounds that a DAG run is part of, the outermost first; none for that of the flow itself."""
    return [Round(**each) for each in (run.conf or {}).get(ROUNDS, ())]


def configuration(rounds: Iterable[Round]) -> dict[str, Any]:
    """What a run of a body is told."""
    return {ROUNDS: [each._asdict() for each in rounds]}


def run_of(loop: str, round: Round) -> str:
    """The id of the run of the body for a round: the same whenever it is asked for.

    Airflow keeps what it has told a run at first, so a loop that is cleared and has other values then has other runs.
    """
    value = "" if round.value is None else f"_{derived_id(round.value)[-VALUE:]}"
    name = f"{round.run_id}__{loop}_{round.number}{value}"
    if len(name) <= LONGEST:
        return name
    return f"{derived_id(round.run_id, loop)}_{round.number}{value}"


def around(operator: Any, rounds: Iterable[Round]) -> list[Around]:
    """The blocks around an operator, the outermost first: its task groups, then those around the loop of its DAG."""
    left = list(rounds)
    found: list[Around] = []
    group, round = operator.task_group, None
    while group is not None:
        if isinstance(group, Group):
            found.insert(0, Around(group.flowrt_task, round))
            round = None
        if group.parent_group is None and isinstance(group.dag, Body):
            group, round = group.dag.loop, left.pop()
        else:
            group = group.parent_group
    return found


class Beside(NamedTuple):
    """A Parallel or Dag around an operator, the DAG run that it is in, and the steps that fail with other branches of it."""

    block: BlockTask
    dag_id: str
    run_id: str
    steps: list[str]


def beside(operator: Any, run: Any, rounds: Iterable[Round], mapped: Round | None) -> list[Beside]:
    """The blocks with several branches in which an operator begins something later than they do, the outermost first.

    `mapped` is the round that the operator is, if it is mapped: the first of them begins with its loop.
    """
    left = list(rounds)
    found: list[Beside] = []
    place: tuple[str, str] = (run.dag_id, run.run_id)
    node, group, first = operator, operator.task_group, operator
    if mapped is not None:
        first = _first(group) if mapped.number == 0 else None
    while group is not None:
        branches = isinstance(group, Group) and group.flowrt_task.shape in BRANCHES
        if branches and getattr(node, "role", "main") == "main" and not _begins(first, group):
            others = [each for each in group.children.values() if each.node_id != node.node_id]
            steps = [step for each in others for step in _failing(each)]
            found.insert(0, Beside(group.flowrt_task, *place, steps))
        if group.parent_group is None and isinstance(group.dag, Body):
            round = left.pop()
            begins = round.number == 0 and _begins(first, group)
            node, group, place = group, group.dag.loop, (round.dag_id, round.run_id)
            first = _first(group) if begins else None
        else:
            node, group = group, group.parent_group
    return found


def _begins(operator: Any, group: Any) -> bool:
    """Whether an operator begins when the block around it does."""
    inside = {each.task_id for each in group.iter_tasks()}
    return operator is not None and not inside & operator.upstream_task_ids


def _first(group: Any) -> Any:
    """The operator that a loop begins with."""
    return next(each for each in group.iter_tasks() if _begins(each, group))


def _failing(node: Any) -> list[str]:
    """The steps of which one fails when a step or block does: where it has handlers, that is its end."""
    if not isinstance(node, TaskGroup):
        return [node.node_id] if getattr(node, "role", "main") == "main" else []
    ends = [each.node_id for each in node.children.values() if getattr(each, "role", "") == "end"]
    return ends or [step for each in node.children.values() for step in _failing(each)]


def main_list(group: Any) -> list[str]:
    """The steps of the main list of a block, or of a DAG, with all that is below them."""
    return [each.task_id for each in group.iter_tasks() if getattr(each, "role", "main") == "main"]
