"""A YAML reader: the first document of a text, as the engine's Jackson reads it.

SnakeYAML, on which it stands, is a port of PyYAML: the events are the same, and so are most words of failures. The C
parser reads where it is installed; what it refuses is read again by the parser in Python, whose words are the engine's.
An alias stands for its name, `<<` is a plain key, dates and times stay text, and of two equal keys the last wins.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flowrt.formats.yamlscalar import CONSTRAINED, MARKED, YamlError, resolve
from flowrt.missing import MissingPackage
from flowrt.packages import YAML

if TYPE_CHECKING:
    from yaml import Mark, MarkedYAMLError

_DISPUTED = re.compile(r"[\t!]|[|>][-+0-9]*#|\\/")
"""Where the C parser takes more than SnakeYAML does, or reads something else."""

DEEPEST = 1000
"""Lists and maps inside one another; Jackson reads no deeper."""


def parse_yaml(text: str, *, strict: bool = False) -> Any:
    """The first document of a text. Raises YamlError, also for an empty text.

    `strict` is how inputs and outputs of type YAML are read: equal keys are refused, a value that is not written is an
    empty text.
    """
    return _read(text, strict, _Builder.document)


def parse_documents(text: str) -> list[Any]:
    """Every document of a text. Raises YamlError."""
    documents: list[Any] = _read(text, False, _Builder.documents)
    return documents


def _read(text: str, strict: bool, read: Callable[[_Builder], Any]) -> Any:
    try:
        import yaml
    except ImportError:
        raise MissingPackage("Reading YAML", YAML, "yaml") from None
    source = text.removeprefix("\ufeff")
    fast = getattr(getattr(yaml, "cyaml", None), "CParser", None)
    if fast is not None and not _DISPUTED.search(source):
        try:
            return read(_Builder(fast(source).get_event, strict))
        except (yaml.YAMLError, YamlError, UnicodeError):
            pass
    from flowrt.formats.yamlparser import parser

    events = None
    builder = None
    try:
        events = parser(source)
        builder = _Builder(events.get_event, strict)
        return read(builder)
    except yaml.MarkedYAMLError as error:
        raise YamlError(_worded(error, source) + _place(builder), MARKED) from None
    except yaml.reader.ReaderError:
        said = "special characters are not allowed"
        if "\ud800" <= text[-1] < "\udc00":
            said = "The last char is HighSurrogate (no LowSurrogate detected)."
        raise YamlError(said + _place(builder)) from None
    except YamlError as error:
        if error.java_class == CONSTRAINED:
            raise
        raise YamlError(f"{error}{_place(builder)}", error.java_class) from None


class _Builder:
    """Makes values of events; `last` is the event that was read last."""

    def __init__(self, event: Callable[[], Any], strict: bool) -> None:
        self._event = event
        self._strict = strict
        self.last: Any = None

    def documents(self) -> list[Any]:
        """The values of all documents."""
        from yaml.events import StreamEndEvent

        found = []
        while True:
            try:
                found.append(self.document())
            except YamlError:
                if isinstance(self.last, StreamEndEvent):
                    return found
                raise

    def document(self) -> Any:
        """The value of the first document. What follows it is not looked at."""
        from yaml import events

        scalar, alias = events.ScalarEvent, events.AliasEvent
        list_starts, map_starts = events.SequenceStartEvent, events.MappingStartEvent
        ends = (events.SequenceEndEvent, events.MappingEndEvent)
        open_: list[tuple[Any, str | None]] = []
        inside: Any = None  # the list or map that is being read
        name: str | None = None  # the key whose value comes next
        event, strict = self._event, self._strict
        while True:
            self.last = found = event()
            kind = type(found)
            if kind is scalar:
                value = found.value
                if type(inside) is dict and name is None:
                    name = self._named(value, inside)
                    continue
                if value or not strict:
                    value = resolve(value, found.tag, found.implicit[0])
            elif kind is list_starts or kind is map_starts:
                if type(inside) is dict and name is None:
                    raise self._no_name(found)
                if len(open_) >= DEEPEST:
                    raise YamlError(
                        f"Document nesting depth ({DEEPEST + 1}) exceeds the maximum allowed ({DEEPEST}, "
                        "from `StreamReadConstraints.getMaxNestingDepth()`)",
                        CONSTRAINED,
                    )
                open_.append((inside, name))
                inside, name = [] if kind is list_starts else {}, None
                continue
            elif kind in ends:
                value = inside
                inside, name = open_.pop()
            elif kind is alias:
                if type(inside) is dict and name is None:
                    raise self._no_name(found)
                value = found.anchor
            elif kind is events.StreamEndEvent:
                raise YamlError("No content to map due to end-of-input")
            else:
                continue
            if inside is None:
                return value
            if type(inside) is list:
                inside.append(value)
            else:
                inside[name] = value
                name = None

    def _named(self, name: str, known: dict[str, Any]) -> str:
        if self._strict and name in known:
            raise YamlError(f"Duplicate field '{name}'")
        return name

    @staticmethod
    def _no_name(event: Any) -> YamlError:
        kind = type(event).__name__
        about = f"anchor={event.anchor or 'null'}"
        if kind != "AliasEvent":
            about += f", tag={event.tag or 'null'}, implicit={str(event.implicit).lower()}"
        return YamlError(
            "Expected a field name (Scalar value in YAML), got this instead: "
            f"<org.yaml.snakeyaml.events.{kind}({about})>"
        )


def _place(builder: _Builder | None) -> str:
    """A place in the words of Jackson: behind what it has read."""
    if builder is None or builder.last is None:
        return "\n at [Source: (StringReader); line: 1, column: 1]"
    mark = builder.last.end_mark
    return f"\n at [Source: (StringReader); line: {mark.line + 1}, column: {mark.column + 1}]"


def _worded(error: MarkedYAMLError, text: str) -> str:
    """A failure with its places, as SnakeYAML words it."""
    from flowrt.formats.yamlparser import problem_of

    said = ""
    if error.context is not None:
        said += f"{problem_of(error.context)}\n"
    if error.context_mark is not None:
        said += _shown(error.context_mark, text)
    if error.problem is not None:
        said += f"{problem_of(error.problem)}\n"
    if error.problem_mark is not None:
        said += _shown(error.problem_mark, text)
    return said


_BREAKS = "\n\r\x85\u2028\u2029"
_MARGIN = 37
"""How much of a long line is shown on each side of a place."""


def _shown(mark: Mark, text: str) -> str:
    """A place with its line and, below it, an arrow; of a long line what is around the place."""
    at = start = end = mark.index
    head, tail = "", ""
    while start > 0 and text[start - 1] not in _BREAKS:
        start -= 1
        if at - start == _MARGIN:
            head, start = " ... ", start + 5
            break
    while end < len(text) and text[end] not in _BREAKS:
        end += 1
        if end - at == _MARGIN:
            tail, end = " ... ", end - 5
            break
    arrow = " " * (4 + at - start + len(head))
    return (
        f" in 'reader', line {mark.line + 1}, column {mark.column + 1}:\n"
        f"    {head}{text[start:end]}{tail}\n{arrow}^\n"
    )
