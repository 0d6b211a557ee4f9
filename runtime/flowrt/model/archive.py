"""The executions that a store keeps, as tasks ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence


class Selection(NamedTuple):
    """Which executions are meant: of a namespace (with those below it, unless a flow is named), in some states, of a time.

    What is None or empty fits all; times are nanoseconds.
    """

    namespace: str | None
    flow_id: str | None
    states: Sequence[str]
    since: int
    until: int


class Purged(NamedTuple):
    """How many executions, log records and stored files have gone."""

    executions: int = 0
    logs: int = 0
    files: int = 0


class Archive(Protocol):
    """The executions that a store keeps."""

    def counts(
        self, since: int, until: int, states: Sequence[str]
    ) -> list[tuple[str, str, int]]: ...
    def purge(self, wanted: Selection, *, rows: bool, logs: bool, files: bool) -> Purged: ...
    def purge_logs(
        self, wanted: Selection, levels: Sequence[str], execution: str | None
    ) -> int: ...
