"""The flows at hand, by namespace and id, each parsed once, and only when something asks for it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from flowc import files
from flowc.atlas import Nowhere, Unsupported
from flowc.diag.model import Sink
from flowc.files import Found
from flowc.source import SourceFile

if TYPE_CHECKING:
    from flowc.front import model
    from flowc.ir.nodes import Key, Module
    from flowc.lower import Library


class Unit:
    """One flow file on its way: its text, its model, its intermediate form, and what was found in it."""

    def __init__(self, source: SourceFile, index: Index, asked: bool = True) -> None:
        self.source = source
        self.asked = asked
        self.sink = Sink(index.milder)
        self._index = index
        self._header = files.header(source.text)
        self._read = False
        self._flow: model.Flow | None = None
        self._module: Module | None = None

    @property
    def is_flow(self) -> bool:
        """Whether it counts as a flow: it was named, or looks like one."""
        return self.asked or self._header.is_flow

    @property
    def key(self) -> Key | None:
        """Namespace and id, from the left margin where they stand there; None when the file has none."""
        if self._header.id and self._header.namespace:
            return self._header.namespace, self._header.id
        if not self.is_flow or not {"id", "namespace"} <= self._header.keys:
            return None
        return (self.flow.namespace, self.flow.id) if self.flow is not None else None

    @property
    def flow(self) -> model.Flow | None:
        """The model, as far as it can be built."""
        if not self._read:
            from flowc.front import read_source
            from flowc.sema import check

            self._read = True
            self._flow = read_source(self.source, self.sink)
            if self._flow is not None:
                check(self._flow, self.sink)
        return self._flow

    @property
    def names_others(self) -> bool:
        """Whether it starts other flows or runs stored templates; if not, there is nothing to link."""
        return any(task.cls.shape in ("subflow", "batch", "template") for task in self._tasks)

    @property
    def listens(self) -> bool:
        """Whether it may have Flow triggers."""
        from flowc.link.hearing import has_mark

        return has_mark(self.source.text)

    @property
    def missing(self) -> dict[str, list[model.Task]]:
        """The task types that no class runs, with the tasks of each; not those that exist nowhere."""
        found: dict[str, list[model.Task]] = {}
        for task in self._tasks:
            if issubclass(task.cls, Unsupported) and task.cls is not Nowhere:
                found.setdefault(task.type, []).append(task)
        return found

    @property
    def _tasks(self) -> tuple[model.Task, ...]:
        from flowc.front.walk import walk_tasks

        if self.flow is None:
            return ()
        return (*walk_tasks(self.flow), *(t for each in self.flow.listeners for t in each.tasks))

    @property
    def module(self) -> Module | None:
        """The intermediate form; None when there is no model."""
        if self._module is None and self.flow is not None:
            from flowc.lower import lower_flow

            self._module = lower_flow(self.flow, self.sink, self._index.templates)
        return self._module


class Index:
    """All files that a compilation may look at.

    The files that were added are searched first; the own folder of a flow only for a flow that they do not have, and
    not at all without `search`. `milder` are codes of findings that are only warnings.
    """

    def __init__(self, *, search: bool = True, milder: frozenset[str] = frozenset()) -> None:
        self._search = search
        self.milder = milder
        self._templates: Library | None = None
        self.template_sink = Sink(milder)
        self._units: dict[str, Unit] = {}
        self._keys: dict[Key, list[Unit]] = {}
        self._folders: dict[str, dict[Key, list[Unit]]] = {}
        self.unreadable = Sink()

    def add(self, found: Found) -> Unit | None:
        """A file, read once; None when it cannot be read, or is no flow and was not asked for."""
        place = found.name if found.name.startswith("<") else str(found.path.absolute())
        unit = self._units.get(place)
        if unit is None:
            unit = self._load(found)
            if unit is None:
                return None
            self._units[place] = unit
            self._name(unit, self._keys)
        return unit

    def add_text(self, source: SourceFile) -> Unit:
        """A flow that is no file."""
        source = SourceFile(source.name, source.text.removeprefix("\ufeff"))
        unit = Unit(source, self)
        self._name(unit, self._keys)
        return unit

    def forget(self, unit: Unit) -> None:
        """Take a flow out of the search: another one of its name is meant."""
        for units in self._keys.values():
            if unit in units:
                units.remove(unit)

    def add_templates(self, sources: Iterable[SourceFile]) -> None:
        """Stored templates; what is wrong in them refuses the flows that use them."""
        from flowc.front import load
        from flowc.lower import Library

        listed = list(sources)
        if not listed:
            return
        flows = (load(each.text, each.name, self.template_sink) for each in listed)
        self._templates = Library(flow for flow in flows if flow is not None)

    @property
    def templates(self) -> Library:
        """The stored templates."""
        from flowc.lower import Library

        if self._templates is None:
            self._templates = Library()
        return self._templates

    def find(self, key: Key, near: SourceFile) -> list[Unit]:
        """The flows of a name: those at hand, else those in the folder of a file."""
        return self._keys.get(key) or self._beside(near).get(key, [])

    def matching(self, namespace: str | None, flow_id: str | None, near: SourceFile) -> list[Unit]:
        """All flows at hand with a namespace and id; None is any."""
        found: dict[Key, list[Unit]] = {**self._beside(near), **self._keys}
        return [
            unit
            for key, units in sorted(found.items())
            if namespace in (None, key[0]) and flow_id in (None, key[1])
            for unit in units
        ]

    @property
    def keys(self) -> tuple[Key, ...]:
        """The names of all flows that were looked at."""
        found = set(self._keys)
        for each in self._folders.values():
            found |= each.keys()
        return tuple(sorted(found))

    def same(self) -> Iterator[list[Unit]]:
        """The flows that share a name, of each such name."""
        return (units for units in self._keys.values() if len(units) > 1)

    def _load(self, found: Found, milder: frozenset[str] = frozenset()) -> Unit | None:
        sink = Sink(milder)
        source = files.read(found, sink)
        if source is None:
            if found.asked or _may_be_flow(found):
                self.unreadable.extend(sink)
            return None
        unit = Unit(source, self, found.asked)
        return unit if unit.is_flow else None

    def _name(self, unit: Unit, keys: dict[Key, list[Unit]]) -> None:
        key = unit.key
        if key is not None:
            keys.setdefault(key, []).append(unit)

    def _beside(self, near: SourceFile) -> dict[Key, list[Unit]]:
        if not self._search or near.name.startswith("<") or not os.path.isfile(near.name):
            return {}
        folder = str(Path(near.name).parent.absolute())
        found = self._folders.get(folder)
        if found is None:
            found = self._folders[folder] = {}
            for each in files.beside(Path(near.name)):
                place = str(each.path.absolute())
                unit = self._units.get(place)
                if unit is None:
                    # nobody asked for this one: what cannot be read is no reason to refuse others
                    unit = self._load(each, frozenset({"FC110"}))
                    if unit is None:
                        continue
                    self._units[place] = unit
                self._name(unit, found)
        return found


def _may_be_flow(found: Found) -> bool:
    """Whether a file that is no UTF-8 text may be a flow all the same."""
    try:
        data = found.path.read_bytes()[:4096]
    except OSError:
        return False
    return b"tasks" in data.replace(b"\0", b"")
