"""A flow together with the flows that it may start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flowc.ir.nodes import Key, Module


@dataclass(frozen=True, slots=True)
class Program:
    """The flow that is compiled, and the other flows that it reaches, directly or not.

    `starts` says which ones each of them starts itself. `known` are the names of all flows that were at hand, among
    which names of files and functions are made distinct.
    """

    main: Module
    others: tuple[Module, ...] = ()
    starts: Mapping[Key, tuple[Key, ...]] = field(default_factory=dict)
    known: tuple[Key, ...] = ()

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

    def starts_itself(self, module: Module) -> bool:
        """Whether a flow may start itself, directly."""
        return module.key in self.starts.get(module.key, ())
