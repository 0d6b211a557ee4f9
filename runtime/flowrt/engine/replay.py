"""A new execution that begins in the middle of an old one.

What comes after the chosen run is found in a graph of the task runs, edge by edge as Kestra draws it: in a loop the rounds
of one task follow each other, then those of the next task. The odd consequences are Kestra's.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from flowrt.engine.execution import Execution
from flowrt.engine.restart import ancestors, move, state_again
from flowrt.engine.runs import AFTER, ERRORS, FINALLY, LISTENER, MAIN, TaskRun
from flowrt.states import RESTARTED, RESUBMITTED, TERMINAL

Node = tuple[str, Any]
"""A task run, or the root, the `finally` or the end of the cluster that a flowable (or the flow: None) is."""


def replay(source: Execution, chosen: TaskRun | None) -> Execution:
    """A copy of an execution that will run again from a task run, or from its start."""
    new = Execution(
        source.flow,
        inputs=source.inputs,
        trigger=source.trigger,
        clock=source.clock,
        ids=source.ids,
    )
    new.labels = {**source.labels, "system.replay": "true"}
    new.variables = source.variables
    new.undeclared = source.undeclared
    new.parent_id = source.id
    new.original_id = source.original_id
    new.created_date = source.created_date
    new.attempt_number = source.attempt_number + 1
    if chosen is None:
        return new
    new.history = list(source.history)
    new.enter(RESTARTED)
    again = ancestors(chosen) | {chosen}
    gone = successors(source, chosen) - again
    open_ = [
        run
        for run in source.runs
        if run not in again and run not in gone and run.state not in TERMINAL
    ]
    copies: dict[TaskRun, TaskRun] = {}
    waiting = set(open_)
    kept = [run for run in source.runs if run not in gone and run not in waiting]
    for run in [*kept, *open_]:
        above = copies.get(run.parent) if run.parent is not None else None
        copy = copies[run] = _copy(run, new, above)
        if run in waiting:
            _resubmit(copy)
        if run in again or run in waiting:
            move(copy, state_again(run))
        new.append(copy)
    new.tree.stale()
    return new


def _copy(run: TaskRun, into: Execution, parent: TaskRun | None) -> TaskRun:
    copy = TaskRun(run.task, into, run.role, parent, run.value, run.iteration, run.chain)
    copy.load(list(run.history), run.attempts, run.outputs)
    return copy


def _resubmit(run: TaskRun) -> None:
    """A run that had not ended in the old execution: its last attempt is superseded."""
    attempts = run.attempts or []
    if attempts and attempts[-1].state not in TERMINAL:
        run.supersede()
    else:
        run.add_attempt(*run.history, RESUBMITTED, run.execution.clock.now())


# ---- the graph ------------------------------------------------------------------------------------------------------


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
    clusters += [run for run in execution.runs if run.task.is_flowable]
    edges: dict[Node, list[Node]] = defaultdict(list)
    for cluster in clusters:
        _draw(edges, cluster, lists)
    return edges


def _first(run: TaskRun) -> Node:
    return ("root", run) if run.task.is_flowable else ("run", run)


def _last(run: TaskRun) -> Node:
    return ("end", run) if run.task.is_flowable else ("run", run)


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
    graph = None if cluster is None else cluster.task.graph()
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
