"""Linking: the flows that a flow starts are found, checked against each other and put into one program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from flowc.diag.model import Diagnostic, Note, Sink
from flowc.ir.nodes import Const, Key, Module, Start, Stored, walk
from flowc.link.calls import Call, calls
from flowc.link.checks import check_inputs, check_outputs
from flowc.link.index import Index, Unit
from flowc.link.program import Program
from flowc.source import Span


@dataclass(slots=True)
class Linked:
    """What became of one flow: all findings about it and about the flows that it starts; no program when it is refused."""

    unit: Unit
    sink: Sink
    program: Program | None

    @property
    def diagnostics(self) -> list[Diagnostic]:
        return self.sink.sorted()


@dataclass(slots=True)
class _Links:
    """The calls of one flow: what was found in them, the flows they name, and those they may name."""

    sink: Sink = field(default_factory=Sink)
    named: list[Unit] = field(default_factory=list)
    endless: list[tuple[Unit, Call]] = field(default_factory=list)
    possible: list[tuple[Unit, Call]] = field(default_factory=list)


class Linker:
    """Links the flows of an index; what is found out of one flow serves all that start it."""

    def __init__(self, index: Index, *, strict: bool = False) -> None:
        self._index = index
        self._strict = strict
        self._links: dict[int, _Links] = {}
        self._circles: set[frozenset[int]] = set()

    def link(self, unit: Unit) -> Linked:
        """One flow with all that it reaches."""
        sink = Sink()
        reached = self._reach(unit)
        for each in reached:
            self._circle(each)
        for each in reached:
            sink.extend(each.sink)
            sink.extend(self._linked(each).sink)
            if each.module is not None and any(isinstance(s, Stored) for s in walk(each.module)):
                sink.extend(self._index.template_sink)
        others = self._candidates(reached, sink)
        if unit.module is None or self._refuses(sink):
            return Linked(unit, sink, None)
        for each in others:
            sink.extend(each.sink)
            sink.extend(self._linked(each).sink)
        return Linked(unit, sink, self._program(unit, [*reached, *others]))

    def ambiguous(self) -> Iterator[tuple[Span, str, Span]]:
        """Files that share a name, but for those that a finding names already: place, message, place of the first."""
        for units in self._index.same():
            first, *others = units
            if any(unit is each for unit in units for each in self._named()):
                continue
            for other in others:
                namespace, flow_id = other.key or ("", "")
                yield _id_of(other), f"`{namespace}.{flow_id}` is declared twice", _id_of(first)

    # ---- one flow -------------------------------------------------------------------------------------------------

    def _linked(self, unit: Unit) -> _Links:
        found = self._links.get(id(unit))
        if found is None:
            found = self._links[id(unit)] = _Links()
            module = unit.module
            if module is not None:
                self._link_calls(unit, module, found)
        return found

    def _link_calls(self, unit: Unit, module: Module, links: _Links) -> None:
        children: dict[str, Module] = {}
        for call in calls(module):
            if call.key is None:
                self._choose(unit, call, links)
                continue
            child = unit if call.key == module.key else self._find(unit, call, call.key, links)
            if child is None:
                continue
            if child is not unit and all(each is not child for each in links.named):
                links.named.append(child)
            if call.always:
                links.endless.append((child, call))
            if child.module is not None:
                check_inputs(call.step, child.module, links.sink)
                if _answers(call.step):
                    children[call.step.id] = child.module
        check_outputs(module, children, links.sink)

    def _find(self, unit: Unit, call: Call, key: Key, links: _Links) -> Unit | None:
        found = self._index.find(key, unit.source)
        span = call.step.flow_id.value.span
        name = ".".join(key)
        if not found:
            links.sink.report(
                "FC420",
                f"the flow `{name}` is not among the files that were read",
                span,
                label="fails when it is reached",
                hint="name its folder with --flows",
            )
            return None
        if len(found) > 1:
            links.sink.report(
                "FC421",
                f"the flow `{name}` is declared in {len(found)} files",
                span,
                label="which one is meant?",
                notes=tuple(Note("declared here", _id_of(each)) for each in found),
            )
            return None
        return found[0]

    def _choose(self, unit: Unit, call: Call, links: _Links) -> None:
        """A flow that is only known at run time: those that it may be."""
        found = self._index.matching(call.namespace, call.flow_id, unit.source)
        candidates = [each for each in found if each is not unit]
        links.possible += [(each, call) for each in candidates]
        span = (call.step.flow_id if call.flow_id is None else call.step.namespace).value.span
        if candidates:
            names = ", ".join(sorted({".".join(each.key or ()) for each in candidates}))
            links.sink.report("FC427", f"the flow is chosen at run time; candidates: {names}", span)

    # ---- several --------------------------------------------------------------------------------------------------

    def _reach(self, unit: Unit) -> list[Unit]:
        """A flow and all that it surely names, directly or not."""
        reached = [unit]
        for each in reached:
            reached += [
                child
                for child in self._linked(each).named
                if all(child is not known for known in reached)
            ]
        return reached

    def _candidates(self, reached: Iterable[Unit], sink: Sink) -> list[Unit]:
        """The flows that may be chosen, with what they name; those that are refused are left out with a warning."""
        known = list(reached)
        found: list[Unit] = []
        waiting = [each for unit in known for each in self._linked(unit).possible]
        while waiting:
            candidate, call = waiting.pop(0)
            if any(candidate is each for each in (*known, *found)):
                continue
            group = self._reach(candidate)
            own = Sink()
            for each in group:
                own.extend(each.sink)
                own.extend(self._linked(each).sink)
            if self._refuses(own) or candidate.module is None:
                first = next((each for each in own.sorted() if each.is_error), None)
                notes = (
                    () if first is None else (Note(f"{first.code}: {first.message}", first.span),)
                )
                name = ".".join(candidate.key or ())
                span = (
                    call.step.flow_id if call.flow_id is None else call.step.namespace
                ).value.span
                sink.report("FC428", f"`{name}` cannot be compiled", span, notes=notes)
                continue
            new = [each for each in group if all(each is not old for old in (*known, *found))]
            found += new
            waiting += [each for unit in new for each in self._linked(unit).possible]
        return found

    def _circle(self, unit: Unit) -> None:
        """Report a circle of calls that are always made, once, at the call that closes it."""
        trail: list[tuple[Unit, Iterator[tuple[Unit, Call]]]] = [
            (unit, iter(self._linked(unit).endless))
        ]
        seen = {id(unit)}
        while trail:
            here, rest = trail[-1]
            following = next(rest, None)
            if following is None:
                trail.pop()
                continue
            child, call = following
            at = next((i for i, (each, _) in enumerate(trail) if each is child), None)
            if at is not None:
                self._endless([each for each, _ in trail[at:]], here, call)
            elif id(child) not in seen:
                seen.add(id(child))
                trail.append((child, iter(self._linked(child).endless)))

    def _endless(self, circle: list[Unit], last: Unit, call: Call) -> None:
        members = frozenset(map(id, circle))
        if members in self._circles:
            return
        self._circles.add(members)
        if len(circle) == 1 and any(each.code == "FC212" for each in last.sink):
            return  # a flow that names itself by plain text is found before
        names = [".".join(each.key or ()) for each in circle]
        way = " → ".join([*names, names[0]])
        span = call.step.flow_id.value.span
        self._linked(last).sink.report(
            "FC422", f"these flows start one another without end: {way}", span
        )

    def _program(self, unit: Unit, units: list[Unit]) -> Program:
        main = unit.module
        assert main is not None
        modules = {id(each): each.module for each in units}
        starts: dict[Key, tuple[Key, ...]] = {}
        for each in units:
            module, links = modules[id(each)], self._linked(each)
            if module is not None:
                targets = [*links.named, *(candidate for candidate, _ in links.possible)]
                keys = [t.module.key for t in targets if id(t) in modules and t.module is not None]
                starts[module.key] = tuple(dict.fromkeys(keys))
        others = sorted(
            (each for each in modules.values() if each is not None and each is not main),
            key=lambda each: each.key,
        )
        return Program(main, tuple(others), starts, self._index.keys)

    def _refuses(self, sink: Sink) -> bool:
        return sink.has_errors if self._strict else sink.refuses

    def _named(self) -> Iterator[Unit]:
        """The flows that were looked for by a name that several have."""
        for links in self._links.values():
            for each in links.sink:
                if each.code == "FC421":
                    for note in each.notes:
                        yield from (
                            unit
                            for units in self._index.same()
                            for unit in units
                            if note.span is not None and unit.source is note.span.file
                        )


def _answers(step: Start) -> bool:
    """Whether the outputs of a step are those that the flow declares."""
    wait = step.wait.value if step.wait is not None else None
    return step.get("outputs") is None and not (isinstance(wait, Const) and wait.value is False)


def _id_of(unit: Unit) -> Span:
    """The place of the id of a flow."""
    if unit.flow is not None and "id" in unit.flow.declared:
        from flowc.front.rules import id_span

        return id_span(unit.flow.span)
    return Span(unit.source, 0, 0)
