"""A flow together with the flows that it may start, and those that listen to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flowc.ir.nodes import Key, Module


@dataclass(frozen=True, slots=True)
class Program:
    """The flow that is compiled, and the other flows that it reaches, directly or not.

    `starts` says which ones each of them starts itself, `heard_by` which of them listen by Flow triggers to whatever the
    main one brings about. `known` are the names of all flows that were at hand, among
    which names of files and functions are made distinct.
    """

    main: Module
    others: tuple[Module, ...] = ()
    starts: Mapping[Key, tuple[Key, ...]] = field(default_factory=dict)
    known: tuple[Key, ...] = ()
    heard_by: tuple[Key, ...] = ()

    def __post_init__(self) -> None:
        own = (each.key for each in self.modules)
        object.__setattr__(self, "known", tuple(dict.fromkeys((*self.known, *own))))

    @property
    def modules(self) -> tuple[Module, ...]:
        return (self.main, *self.others)

    def targets(self, module: Module) -> tuple[Module, ...]:
        """The flows that one of them starts itself, in their order; it always knows itself."""
        names = self.starts.get(module.key, ())
        return tuple(other for other in self.modules if other is not module and other.key in names)

    @property
    def hearers(self) -> tuple[Module, ...]:
        """The flows that listen, in their order."""
        return tuple(each for each in self.others if each.key in self.heard_by)

    def hearers_of(self, module: Module) -> tuple[Module, ...]:
        """The flows that listen to what begins with one of them; they are asked for of the main one alone."""
        return self.hearers if module is self.main else ()

    def starts_itself(self, module: Module) -> bool:
        """Whether a flow may start itself, directly."""
        return module.key in self.starts.get(module.key, ())
