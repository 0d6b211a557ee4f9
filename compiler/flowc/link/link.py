"""Linking: the flows that a flow starts are found, checked against each other and put into one program."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flowc.diag.model import Note, Sink
from flowc.link.index import Index, Unit
from flowc.source import Span

if TYPE_CHECKING:
    from flowc.ir.nodes import Key, Module, Start
    from flowc.link.calls import Call
    from flowc.link.program import Program


@dataclass(slots=True)
class _Links:
    """The calls of one flow: what was found in them, the flows they name, and those they may name.

    `endless` are those that are always made, `waiting` those that wait for the end of what they start.
    """

    sink: Sink = field(default_factory=Sink)
    named: list[Unit] = field(default_factory=list)
    endless: list[tuple[Unit, Call]] = field(default_factory=list)
    waiting: list[tuple[Unit, Call]] = field(default_factory=list)
    possible: list[tuple[Unit, Call]] = field(default_factory=list)
    itself: bool = False
    """It may start itself, too."""


@dataclass(slots=True)
class _Audience:
    """What comes along with a flow, as far as flows listen to what happens."""

    units: list[Unit]
    """The flow, and all that it or a listener may start."""
    hearers: list[Unit] = field(default_factory=list)
    deaf: list[Unit] = field(default_factory=list)
    """Flows that may listen, and cannot be compiled."""
    twice: list[list[Unit]] = field(default_factory=list)
    """Listeners that stand in several files."""


class Linker:
    """Links flows of an index with all that they reach. Each flow is looked at once, however many start it.

    With `flow_triggers` the flows come along, too, that listen by their triggers to what happens.
    """

    def __init__(
        self,
        index: Index,
        units: Iterable[Unit],
        *,
        strict: bool = False,
        flow_triggers: bool = False,
    ) -> None:
        self._index = index
        self._strict = strict
        self._links: dict[int, _Links] = {}
        self._units: list[Unit] = []
        listed = list(units)
        self._survey(listed)
        listeners = {id(unit): self._listeners(unit) for unit in listed} if flow_triggers else {}
        self._survey(each for found in listeners.values() for each in found)
        self._circles()
        self._own_turns()
        self._refused = self._refusals()
        self._audiences = {
            id(unit): self._audience(unit, listeners[id(unit)])
            for unit in listed
            if id(unit) in listeners and id(unit) not in self._refused
        }
        self._leave_out()

    def is_refused(self, unit: Unit) -> bool:
        """Whether a flow cannot be compiled, one that it names, or what listens to it is not clear."""
        audience = self._audiences.get(id(unit))
        return id(unit) in self._refused or (audience is not None and bool(audience.twice))

    def missing(self, unit: Unit) -> tuple[set[str], bool]:
        """The task types that a flow and those that it starts lack, and whether nothing else refuses them."""
        types: set[str] = set()
        nothing_else = True
        for each in self._reach([unit]):
            types |= each.missing.keys()
            found = [*each.sink, *self._links[id(each)].sink]
            found += self._index.template_sink if each.names_others else ()
            wrong = (e for e in found if e.is_error and (self._strict or not e.runtime))
            nothing_else &= each.flow is not None and all(e.code == "FC501" for e in wrong)
        return types, nothing_else

    def findings(self, units: Iterable[Unit]) -> Sink:
        """All findings about flows, and the errors of those that come along with them."""
        sink = Sink()
        listed = list(units)
        asked = {id(unit) for unit in listed}
        for unit in self._reach(listed):
            found = [*unit.sink, *self._links[id(unit)].sink]
            if unit.names_others:
                found += self._index.template_sink
            sink.extend(each for each in found if id(unit) in asked or each.is_error)
        for unit in listed:
            self._tell_hearers(unit, sink)
        return sink

    def _tell_hearers(self, unit: Unit, sink: Sink) -> None:
        """Name the flows that come along because they listen, and those that do not because they cannot be compiled."""
        audience = self._audiences.get(id(unit))
        if audience is None:
            return
        place = id_of(unit)
        for first, *more in audience.twice:
            number = len(more) + 1
            sink.report(
                "FC421",
                f"the flow `{_name_of(first)}`, which listens to it, is declared in {number} files",
                place,
                label="which one shall hear of it?",
                notes=tuple(Note("declared here", id_of(each)) for each in (first, *more)),
            )
        if audience.twice:
            return
        if audience.hearers:
            listed = _shortened([_name_of(each) for each in audience.hearers])
            sink.report("FC429", f"flows that listen to it come along: {listed}", place)
        if audience.deaf:
            sink.report(
                "FC430",
                f"left out, because they cannot be compiled: {_listed(audience.deaf)}",
                place,
                notes=tuple(self._why_deaf(each) for each in audience.deaf[:_SHOWN]),
            )

    def program(self, unit: Unit) -> Program:
        """A flow that is not refused, with all that it may start."""
        from flowc.link.program import Program

        main = unit.module
        assert main is not None and not self.is_refused(unit)
        audience = self._audiences.get(id(unit)) or _Audience(self._reach([unit]))
        units = audience.units
        hearers = tuple(each.key for each in audience.hearers if each.key is not None)
        members = {id(each) for each in units}
        starts: dict[Key, tuple[Key, ...]] = {}
        modules: list[Module] = []
        for each in units:
            module, links = each.module, self._links[id(each)]
            assert module is not None
            targets = [*links.named, *(candidate for candidate, _ in links.possible)]
            targets += [each] if links.itself else []
            found = [target.module for target in targets if id(target) in members]
            starts[module.key] = tuple(dict.fromkeys(m.key for m in found if m is not None))
            if each is not unit:
                modules.append(module)
        modules.sort(key=lambda module: module.key)
        return Program(main, tuple(modules), starts, self._index.keys, hearers)

    def ambiguous(self) -> Iterator[tuple[Span, str, Span]]:
        """Files that share a name, but for those that a finding names already: place, message, place of the first."""
        named = {
            id(note.span.file)
            for links in self._links.values()
            for each in links.sink
            if each.code == "FC421"
            for note in each.notes
            if note.span is not None
        }
        for first, *others in self._index.same():
            if id(first.source) not in named:
                for other in others:
                    namespace, flow_id = other.key or ("", "")
                    yield id_of(other), f"`{namespace}.{flow_id}` is declared twice", id_of(first)

    # ---- one flow -------------------------------------------------------------------------------------------------

    def _survey(self, units: Iterable[Unit]) -> None:
        """Look at flows and at all that they name or may name."""
        waiting = list(units)
        for unit in waiting:
            if id(unit) not in self._links:
                links = self._links[id(unit)] = _Links()
                self._units.append(unit)
                if unit.names_others and unit.module is not None:
                    self._link_calls(unit, unit.module, links)
                waiting += links.named
                waiting += (candidate for candidate, _ in links.possible)

    def _link_calls(self, unit: Unit, module: Module, links: _Links) -> None:
        from flowc.link.calls import calls
        from flowc.link.checks import check_inputs, check_outputs

        children: dict[str, Module] = {}
        for call in calls(module):
            if call.key is None:
                self._choose(unit, call, links)
                continue
            links.itself = links.itself or call.key == module.key
            child = unit if call.key == module.key else self._find(unit, call, call.key, links)
            if child is None:
                continue
            if child is not unit and all(each is not child for each in links.named):
                links.named.append(child)
            if call.always:
                links.endless.append((child, call))
            if call.step.waits:
                links.waiting.append((child, call))
            if child.module is not None:
                check_inputs(call.step, child.module, links.sink)
                # what is wrong with its outputs is told where they are
                if _answers(call.step) and not child.sink.refuses:
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
                notes=tuple(Note("declared here", id_of(each)) for each in found),
            )
            return None
        return found[0]

    def _choose(self, unit: Unit, call: Call, links: _Links) -> None:
        """A flow that is only known at run time: those that it may be."""
        found = self._index.matching(call.namespace, call.flow_id, unit.source)
        candidates = [each for each in found if each is not unit]
        links.possible += [(each, call) for each in candidates]
        links.itself = links.itself or len(candidates) < len(found)

    # ---- several --------------------------------------------------------------------------------------------------

    def _reach(self, units: Iterable[Unit]) -> list[Unit]:
        """Flows and all that come along with them: those they name, and those they may name and that can be compiled."""
        reached = list(units)
        seen = {id(unit) for unit in reached}
        for unit in reached:
            links = self._links[id(unit)]
            able = (each for each, _ in links.possible if id(each) not in self._refused)
            for child in (*links.named, *able):
                if id(child) not in seen:
                    seen.add(id(child))
                    reached.append(child)
        return reached

    def _listeners(self, unit: Unit) -> list[Unit]:
        """The flows at hand that may listen to anything, but for others of the name of the flow itself."""
        around = self._index.matching(None, None, unit.source)
        return [each for each in around if each.listens and each.key != unit.key]

    def _audience(self, unit: Unit, listeners: list[Unit]) -> _Audience:
        able = [each for each in listeners if not self._is_deaf(each)]
        found = _Audience(self._reach([unit]))
        while True:
            keys = {each.key for each in found.units if each.key is not None}
            found.hearers = [each for each in able if _may_hear(each, keys)]
            more = [each for each in found.hearers if each not in found.units]
            if not more:
                break
            found.units = self._reach([*found.units, *more])
        found.deaf = [each for each in listeners if self._is_deaf(each) and _may_hear(each, keys)]
        of_name: dict[Key | None, list[Unit]] = {}
        for each in found.hearers:
            of_name.setdefault(each.key, []).append(each)
        found.twice = [units for units in of_name.values() if len(units) > 1]
        return found

    def _is_deaf(self, unit: Unit) -> bool:
        """Whether a flow cannot listen: it cannot be compiled, or a server would refuse it."""
        from flowc.link.hearing import is_of_later

        return id(unit) in self._refused or (unit.flow is not None and is_of_later(unit.flow))

    def _why_deaf(self, unit: Unit) -> Note:
        found = self._first_error(unit)
        if found is None:
            later = next((each for each in unit.sink.sorted() if each.code == "FC219"), None)
            found = None if later is None else Note(f"{later.code}: {later.message}", later.span)
        return found or Note(
            f"`{_name_of(unit)}` starts a flow that cannot be compiled", id_of(unit)
        )

    def _refusals(self) -> set[int]:
        """The flows that cannot be compiled, and all that name them, directly or not."""
        callers: dict[int, list[Unit]] = {}
        for unit in self._units:
            for child in self._links[id(unit)].named:
                callers.setdefault(id(child), []).append(unit)
        waiting = [unit for unit in self._units if self._fails(unit)]
        refused = {id(unit) for unit in waiting}
        for unit in waiting:
            for caller in callers.get(id(unit), ()):
                if id(caller) not in refused:
                    refused.add(id(caller))
                    waiting.append(caller)
        return refused

    def _fails(self, unit: Unit) -> bool:
        """Whether a flow is refused for a reason of its own."""
        sinks = [unit.sink, self._links[id(unit)].sink]
        if unit.flow is None:
            return True
        if unit.names_others:
            sinks.append(self._index.template_sink)
        return any(sink.has_errors if self._strict else sink.refuses for sink in sinks)

    def _leave_out(self) -> None:
        """Name the candidates of each expression that chooses a flow, and those that cannot be compiled."""
        for unit in self._units:
            links = self._links[id(unit)]
            chosen: dict[Span, list[Unit]] = {}
            for candidate, call in links.possible:
                chosen.setdefault(_chosen_by(call), []).append(candidate)
            for span, candidates in chosen.items():
                refused = [each for each in candidates if id(each) in self._refused]
                able = [each for each in candidates if id(each) not in self._refused]
                message = f"the flow is chosen at run time; candidates: {_listed(able) or 'none'}"
                if not refused:
                    links.sink.report("FC427", message, span)
                    continue
                message += f"; left out, because they cannot be compiled: {_listed(refused)}"
                notes = (self._first_error(each) for each in refused[:_SHOWN])
                found = tuple(each for each in notes if each is not None)
                links.sink.report("FC428", message, span, notes=found)

    def _first_error(self, unit: Unit) -> Note | None:
        found = (each for each in self.findings([unit]).sorted() if each.is_error)
        first = next(found, None)
        return None if first is None else Note(f"{first.code}: {first.message}", first.span)

    def _circles(self) -> None:
        """Report the circles of calls that are always made, each once, at the call that closes it."""
        done: set[int] = set()
        for unit in self._units:
            if id(unit) not in done:
                self._circles_from(unit, done)

    def _circles_from(self, unit: Unit, done: set[int]) -> None:
        """Walk the calls from one flow on, with a stack of its own."""
        done.add(id(unit))
        trail = [(unit, iter(self._links[id(unit)].endless))]
        depth = {id(unit): 0}
        while trail:
            here, rest = trail[-1]
            following = next(rest, None)
            if following is None:
                trail.pop()
                del depth[id(here)]
                continue
            child, call = following
            if id(child) in depth:
                self._endless([each for each, _ in trail[depth[id(child)] :]], here, call)
            elif id(child) not in done:
                done.add(id(child))
                depth[id(child)] = len(trail)
                trail.append((child, iter(self._links[id(child)].endless)))

    def _endless(self, circle: list[Unit], last: Unit, call: Call) -> None:
        if len(circle) == 1 and any(each.code == "FC212" for each in last.sink):
            return  # a flow that names itself by plain text is found before
        names = [".".join(each.key or ()) for each in circle]
        way = " → ".join([*names, names[0]])
        self._links[id(last)].sink.report(
            "FC422",
            f"these flows start one another without end: {way}",
            call.step.flow_id.value.span,
        )

    def _own_turns(self) -> None:
        """Report the flows that wait for a turn which they have themselves."""
        if all(not links.waiting for links in self._links.values()):
            return
        from flowc.link.turns import waiting_for_themselves

        units = [unit for unit in self._units if self._links[id(unit)].waiting]
        found = waiting_for_themselves(units, lambda unit: self._links[id(unit)].waiting)
        for way, call in found:
            names = [".".join(each.key or ()) for each in (*way, way[0])]
            self._links[id(way[0])].sink.report(
                "FC431",
                f"one execution at a time, and it waits for another one of its own: {' → '.join(names)}",
                call.step.flow_id.value.span,
            )


def _may_hear(unit: Unit, keys: Collection[Key]) -> bool:
    """Whether a flow may listen to one of some flows; of one that cannot be read nothing else is known."""
    from flowc.link.hearing import may_hear

    return unit.flow is None or may_hear(unit.flow, keys)


_SHOWN = 5
"""So many names of a long list are shown."""


def _listed(units: Iterable[Unit]) -> str:
    """The names of flows, in order; of many the first ones."""
    return _shortened(sorted({_name_of(each) for each in units}))


def _name_of(unit: Unit) -> str:
    return ".".join(unit.key or ()) or unit.source.name


def _shortened(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _chosen_by(call: Call) -> Span:
    """The place of the expression that chooses a flow."""
    return (call.step.flow_id if call.flow_id is None else call.step.namespace).value.span


def _answers(step: Start) -> bool:
    """Whether the outputs of a step are those that the flow declares."""
    return step.get("outputs") is None and step.waits


def id_of(unit: Unit) -> Span:
    """The place of the id of a flow."""
    if unit.flow is not None and "id" in unit.flow.declared:
        from flowc.front.places import id_span

        return id_span(unit.flow.span)
    return Span(unit.source, 0, 0)
