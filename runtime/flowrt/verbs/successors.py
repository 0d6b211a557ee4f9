"""Which task runs come after another.

That is found in a graph of the task runs, edge by edge as Kestra draws it: in a loop the rounds
of one task follow each other, then those of the next task. The odd consequences are Kestra's.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from flowrt.engine.execution import AFTER, ERRORS, FINALLY, LISTENER, MAIN, Execution, TaskRun
from flowrt.engine.flowable import Flowable, flowable
from flowrt.engine.restart import ancestors

Node = tuple[str, Any]
"""A task run, or the root, the `finally` or the end of the cluster that a flowable (or the flow: None) is."""


def successors(execution: Execution, chosen: TaskRun) -> set[TaskRun]:
    """The runs that come after a run."""
    edges = _edges(execution)
    starts: list[Node] = [("run", chosen)]
    # The handlers around it too: where Kestra leaves them, the new execution ends before the chosen run.
    around = {None, *ancestors(chosen)}
    starts += [
        ("run", run) for run in execution.runs if run.role == ERRORS and run.parent in around
    ]
    starts += [
        source
        for source, targets in edges.items()
        if source[0] == "root" and ("run", chosen) in targets
    ]
    seen: set[Node] = set(starts)
    waiting = list(starts)
    while waiting:
        for target in edges.get(waiting.pop(), ()):
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return {node for kind, node in seen if kind == "run"} - {chosen}


def _edges(execution: Execution) -> dict[Node, list[Node]]:
    """The edges between runs and the corners of the clusters that their flowables are."""
    lists: dict[tuple[TaskRun | None, int], list[TaskRun]] = defaultdict(list)
    for run in execution.runs:
        role = AFTER if run.role == LISTENER else run.role
        lists[run.parent, role].append(run)
    clusters: list[TaskRun | None] = [None]
    clusters += [run for run in execution.runs if isinstance(run.task, Flowable)]
    edges: dict[Node, list[Node]] = defaultdict(list)
    for cluster in clusters:
        _draw(edges, cluster, lists)
    return edges


def _first(run: TaskRun) -> Node:
    return ("root", run) if isinstance(run.task, Flowable) else ("run", run)


def _last(run: TaskRun) -> Node:
    return ("end", run) if isinstance(run.task, Flowable) else ("run", run)


def _draw(
    edges: dict[Node, list[Node]],
    cluster: TaskRun | None,
    lists: dict[tuple[TaskRun | None, int], list[TaskRun]],
) -> None:
    root, finally_, end = ("root", cluster), ("finally", cluster), ("end", cluster)
    head: Node = root
    if cluster is not None:
        head = ("run", cluster)
        edges[root].append(head)
    main = _by_task(lists[cluster, MAIN])
    graph = None if cluster is None else flowable(cluster.task).graph()
    if graph is None:
        _chain(edges, head, main, finally_)
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
    _chain(edges, root, _by_task(lists[cluster, ERRORS]), finally_)
    after: Node = ("after", cluster)
    if not _chain(edges, finally_, _by_task(lists[cluster, FINALLY]), after):
        edges[finally_].append(after)
    if not _chain(edges, after, _by_task(lists[cluster, AFTER]), end):
        edges[after].append(end)


def _chain(edges: dict[Node, list[Node]], head: Node, runs: list[TaskRun], then: Node) -> bool:
    """One run after the other, and what follows the last."""
    for run in runs:
        edges[head].append(_first(run))
        head = _last(run)
    if runs:
        edges[head].append(then)
    return bool(runs)


def _by_task(runs: list[TaskRun]) -> list[TaskRun]:
    """The runs of a list, those of one task next to each other."""
    places: dict[str, int] = {}
    for run in runs:
        places.setdefault(run.task.id, len(places))
    return sorted(runs, key=lambda run: places[run.task.id])
