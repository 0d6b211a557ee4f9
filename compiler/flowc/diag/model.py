"""One diagnostic, and the sink that gathers them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from flowc.diag.codes import CODES
from flowc.source import Span


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    """Something to know; nothing is wrong."""


@dataclass(frozen=True, slots=True)
class Note:
    """A further remark, with a place of its own or without."""

    text: str
    span: Span | None = None


class Fix(NamedTuple):
    """A change of the text of a file that is certain to be what was meant."""

    span: Span
    text: str


def in_words_of_kestra(text: str) -> Note:
    """What the engine says of the same fault, for whoever searches for its message."""
    return Note(f"Kestra says: {text}")


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding.

    `span` is where it stands, always. `label` is the short text under the marked source, `hint` the fix. `runtime`
    marks a flow that Kestra accepts and that fails when it gets there: `check` counts it as an error, `compile`
    refuses it only when asked to be strict, because the compiled flow fails in the same way.
    """

    code: str
    message: str
    span: Span
    severity: Severity = Severity.ERROR
    label: str = ""
    hint: str | None = None
    notes: tuple[Note, ...] = ()
    runtime: bool = False
    fix: Fix | None = None

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR

    @property
    def order(self) -> tuple[str, int, int, str, str]:
        """Sort key: by file and place, then by code."""
        return (self.span.file.name, self.span.start, self.span.end, self.code, self.message)


class Sink:
    """Gathers diagnostics; passes report here and go on. `milder` are codes that are only warnings here."""

    def __init__(self, milder: frozenset[str] = frozenset()) -> None:
        self._milder = milder
        self._found: list[Diagnostic] = []
        self._places: set[tuple[int, int, int]] = set()

    def report(
        self,
        code: str,
        message: str,
        span: Span,
        *,
        label: str = "",
        hint: str | None = None,
        notes: tuple[Note, ...] = (),
        warning: bool = False,
        kestra: str = "",
        fix: Fix | None = None,
    ) -> None:
        """Add a finding; the code says how bad it is, `warning` makes it milder. `kestra` is what the engine says of it.

        Raises:
            KeyError: the code is not in the registry.
        """
        known = CODES[code]
        warning = warning or known.warning or code in self._milder
        severity = Severity.WARNING if warning else Severity.ERROR
        if known.note:
            severity = Severity.NOTE
        runtime = known.runtime and severity is Severity.ERROR
        if kestra:
            notes = (*notes, in_words_of_kestra(kestra))
        self._found.append(
            Diagnostic(code, message, span, severity, label, hint, notes, runtime, fix)
        )
        self._places.add((id(span.file), span.start, span.end))

    def knows(self, span: Span) -> bool:
        """Whether something was reported at exactly this place."""
        return (id(span.file), span.start, span.end) in self._places

    def extend(self, found: Iterable[Diagnostic]) -> None:
        """Add findings of another sink."""
        self._found.extend(found)

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def sorted(self) -> list[Diagnostic]:
        """All findings in the order of their places, equal ones once; of one that is known as milder too, the worse."""
        found: dict[tuple[object, ...], Diagnostic] = {}
        for each in self._found:
            known = found.setdefault(each.order, each)
            if each.is_error and not known.is_error:
                found[each.order] = each
        return sorted(found.values(), key=lambda each: each.order)

    @property
    def has_errors(self) -> bool:
        """Whether anything is wrong, be it only at run time."""
        return any(found.is_error for found in self._found)

    @property
    def refuses(self) -> bool:
        """Whether the flow cannot be compiled: an error that Kestra reports before it runs anything."""
        return any(found.is_error and not found.runtime for found in self._found)
