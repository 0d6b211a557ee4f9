"""Which task runs come after others.

That is found in a graph of the task runs, edge by edge as Kestra draws it: in a loop the rounds of one task follow each
other, then those of the next task, and a round that did not come to the last task leads nowhere. The odd
consequences are Kestra's.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from flowrt.engine.execution import AFTER, ERRORS, FINALLY, LISTENER, MAIN, Execution, TaskRun
from flowrt.engine.flowable import Flowable, flowable

if TYPE_CHECKING:
    from collections.abc import Callable

Node = tuple[str, Any]
"""A task run, or the root, the `finally` or the end of the cluster that a flowable (or the flow: None) is."""


def successors(execution: Execution, chosen: set[TaskRun]) -> set[TaskRun]:
    """The runs that come after some; those from which no edge leads on are not found."""
    edges = _edges(execution)
    targets: set[Node] = {("run", run) for run in chosen}
    seen = set(targets)
    seen.update(
        source
        for source, found in edges.items()
        if source[0] == "root" and not targets.isdisjoint(found)
    )
    waiting = list(seen)
    while waiting:
        for target in edges.get(waiting.pop(), ()):
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return {node[1] for node in seen if node[0] == "run" and edges.get(node)} - chosen


def _edges(execution: Execution) -> dict[Node, list[Node]]:
    """The edges between runs and the corners of the clusters that their flowables are."""
    lists: dict[tuple[TaskRun | None, int], list[TaskRun]] = defaultdict(list)
    last: dict[tuple[str, int], int] = defaultdict(int)
    order = {id: number for number, id in enumerate(execution.flow.declared)}
    for run in execution.runs:
        if run.orphaned:
            continue  # what it stood below was taken out
        role = _list_of(run)
        lists[run.parent, role].append(run)
        if run.parent is not None:
            place = run.parent.task.id, role
            last[place] = max(last[place], order.get(run.task.id, 0))
    clusters: list[TaskRun | None] = [None]
    clusters += [run for run in execution.runs if isinstance(run.task, Flowable)]
    edges: dict[Node, list[Node]] = defaultdict(list)

    def is_last(run: TaskRun) -> bool:
        """Whether no task of its list that has run elsewhere comes behind it."""
        parent = run.parent
        if parent is None or flowable(parent.task).shape in _CHOOSING:
            return True
        return order.get(run.task.id, 0) >= last[parent.task.id, _list_of(run)]

    for cluster in clusters:
        _draw(edges, cluster, lists, is_last)
    return edges


def _list_of(run: TaskRun) -> int:
    """The list of a block that a run is drawn in: what listens to the end stands with what comes after it."""
    return AFTER if run.role == LISTENER else run.role


_CHOOSING = ("branch", "switch")
"""The shapes of tasks that have several main lists, one of which runs."""


def _first(run: TaskRun) -> Node:
    return ("root", run) if isinstance(run.task, Flowable) else ("run", run)


def _last(run: TaskRun) -> Node:
    return ("end", run) if isinstance(run.task, Flowable) else ("run", run)


def _draw(
    edges: dict[Node, list[Node]],
    cluster: TaskRun | None,
    lists: dict[tuple[TaskRun | None, int], list[TaskRun]],
    is_last: Callable[[TaskRun], bool],
) -> None:
    root, finally_, end = ("root", cluster), ("finally", cluster), ("end", cluster)
    head: Node = root
    if cluster is not None:
        head = ("run", cluster)
        edges[root].append(head)
    main = _by_task(lists[cluster, MAIN])
    graph = None if cluster is None else flowable(cluster.task).graph()
    if graph is None:
        _chain(edges, head, main, finally_, is_last)
    else:
        for run in main:
            before = [other for other in main if other.task.id in graph.get(run.task.id, ())]
            for other in before:
                edges[_last(other)].append(_first(run))
            if not before:
                edges[head].append(_first(run))
            edges[_last(run)].append(finally_)
    if not main:
        edges[head].append(finally_)
    _chain(edges, root, _by_task(lists[cluster, ERRORS]), finally_, is_last)
    after: Node = ("after", cluster)
    if not _chain(edges, finally_, _by_task(lists[cluster, FINALLY]), after, is_last):
        edges[finally_].append(after)
    if not _chain(edges, after, _by_task(lists[cluster, AFTER]), end, is_last):
        edges[after].append(end)


def _chain(
    edges: dict[Node, list[Node]],
    head: Node,
    runs: list[TaskRun],
    then: Node,
    is_last: Callable[[TaskRun], bool],
) -> bool:
    """One run after the other, and what follows the last."""
    for run in runs:
        edges[head].append(_first(run))
        head = _last(run)
    if runs and is_last(runs[-1]):
        edges[head].append(then)
    return bool(runs)


def _by_task(runs: list[TaskRun]) -> list[TaskRun]:
    """The runs of a list, those of one task next to each other."""
    places: dict[str, int] = {}
    for run in runs:
        places.setdefault(run.task.id, len(places))
    return sorted(runs, key=lambda run: places[run.task.id])
