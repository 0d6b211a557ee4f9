"""Flows of which one execution at a time may run, and which wait for another execution of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from flowc.link.calls import Call
from flowc.link.index import Unit

Waits = Callable[[Unit], Iterable[tuple[Unit, Call]]]
"""The calls of a flow that wait for the end of another one."""


def waiting_for_themselves(
    units: Iterable[Unit], calls: Waits
) -> Iterator[tuple[list[Unit], Call]]:
    """The ways from a flow that runs once at a time back to it, the shortest of each, with the call that it begins with."""
    for unit in units:
        module = unit.module
        if module is not None and module.limit == 1 and not module.turns_away:
            found = _way_back(unit, calls)
            if found is not None:
                yield found


def _way_back(unit: Unit, calls: Waits) -> tuple[list[Unit], Call] | None:
    ways: list[tuple[list[Unit], Call]] = []
    seen = set[int]()

    def follow(here: Unit, way: list[Unit], first: Call | None) -> tuple[list[Unit], Call] | None:
        for child, call in calls(here):
            begun = first or call
            if child is unit:
                return way, begun
            if id(child) not in seen:
                seen.add(id(child))
                ways.append(([*way, child], begun))
        return None

    found = follow(unit, [unit], None)
    for way, begun in ways:
        if found is not None:
            break
        found = follow(way[-1], way, begun)
    return found
