"""YAML text to positioned nodes.

The tree is built from PyYAML's events, by the C parser where it is installed, without its composer: so every key and
alias keeps its place, duplicate keys are found, nesting is bounded, and scalars are resolved by Kestra's rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml
from yaml import events

from flowc.diag.model import Fix, Note, Sink
from flowc.front import places
from flowc.front.nodes import Mapping, Node, Scalar, Sequence
from flowc.source import SourceFile, Span
from flowrt.formats.yamlparser import parser
from flowrt.formats.yamlscalar import YamlError, resolve

MAX_DEPTH = 400
"""Lists and mappings inside one another; a task in a list takes two."""

MAX_COPIES = 100_000
"""Values that aliases may add to the tree, so that anchors in anchors cannot multiply without end."""

COPIED_CHARACTERS = 100
"""Characters of a text that count as a value of their own where an alias copies it."""

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one in C, where there is one."""

_HALF = re.compile(r"\\u[dD][89a-fA-F]")
"""The escape of half a character, as JSON writes those beyond 16 bits; the C parser does not take it."""
_REMARKED = re.compile(r"[|>][-+0-9]*#")
"""The head of a block scalar with a comment right behind it."""
_ALL = re.compile(r"(?s:.*)")
_HEAD = {
    None: _ALL,
    "": _ALL,
    "'": re.compile("[^']*"),
    '"': re.compile('[^"]*'),
    "|": re.compile(".*"),
    ">": re.compile(".*"),
}
"""By the style of a scalar, what stands before its text; of plain ones the text, too."""
_NOTHING = re.compile(r"(?:\s|#.*|---(?=\s|\Z)|\.\.\.(?=\s|\Z))*")
"""Marks of documents, and comments."""
_HALF_ALONE = "half of a surrogate pair is not allowed in YAML"


def parse(source: SourceFile, sink: Sink, deepest: int = MAX_DEPTH) -> Node | None:
    """The tree of the first document, or None when there is none that can be read, or when it is nested too deeply."""
    try:
        return _read(source, sink, deepest)
    except _TooDeep as stop:
        message = f"nested more than {deepest} levels deep, or too many copies by aliases"
        sink.report("FC107", message, stop.span)
    except yaml.MarkedYAMLError as error:
        _syntax(source, error, sink)
    except UnicodeEncodeError as error:
        span = Span(source, error.start, error.end)
        sink.report("FC101", _HALF_ALONE, span)
    except yaml.reader.ReaderError as error:
        at = min(int(error.position), len(source.text))
        code = error.character if isinstance(error.character, int) else ord(error.character)
        sink.report(
            "FC101", f"the character U+{code:04X} is not allowed in YAML", Span(source, at, at + 1)
        )
    return None


def _read(source: SourceFile, sink: Sink, deepest: int) -> Node | None:
    """Read by the parser in C, where there is one, and once more by the engine's where the two may disagree."""
    text = source.text
    if _HALF.search(text):
        return _Builder(source, sink, parser(text), deepest).document()
    loader = None
    try:
        loader = LOADER(text)  # it reads ahead and may refuse a character of the text at once
        builder = _Builder(source, sink, loader, deepest)
        root = builder.document()
        if not builder.disputed:
            return root
    except yaml.MarkedYAMLError as refusal:
        try:
            return _Builder(source, sink, parser(text), deepest).document()
        except yaml.YAMLError:
            raise refusal from None
    finally:
        if loader is not None:
            loader.dispose()
    return _Builder(source, sink, parser(text), deepest).document()


class _TooDeep(Exception):
    def __init__(self, span: Span) -> None:
        self.span = span


def _syntax(source: SourceFile, error: yaml.MarkedYAMLError, sink: Sink) -> None:
    mark = error.problem_mark or error.context_mark
    at = min(mark.index, len(source.text)) if mark is not None else 0
    number, _ = source.position(at)
    notes = []
    if error.context_mark is not None and error.context and error.problem_mark is not None:
        start = min(error.context_mark.index, len(source.text))
        if source.position(start)[0] != number:
            notes.append(Note(error.context, Span(source, start, start + 1)))
    problem = error.problem or "cannot be parsed"
    expression = _unquoted(source, number)
    if expression is not None:
        sink.report(
            "FC103",
            f"YAML syntax error: {problem}",
            expression,
            label="a value that begins with `{{` must be quoted",
            hint=f"quote the value: {_quote(expression)}",
            fix=Fix(expression, _quote(expression)),
        )
        return
    hint, fix = None, None
    if "\t" in source.line(number):
        hint = "YAML does not allow tabs there; use spaces"
    elif problem.startswith("mapping values are not allowed"):
        hint = "quote a text that contains `: `, or correct the indentation"
    elif problem.startswith("found unknown escape character"):
        hint = "a backslash in double quotes begins an escape: write it twice, or leave it out"
    elif "expected '-' indicator" in problem:
        hint, fix = _below_the_dash(source, number)
    sink.report(
        "FC101",
        f"YAML syntax error: {problem}",
        Span(source, at, at + 1),
        hint=hint,
        notes=tuple(notes),
        fix=fix,
    )


def _below_the_dash(source: SourceFile, number: int) -> tuple[str | None, Fix | None]:
    """The help for a key that stands in the column of the dash of the list item that it belongs to."""
    line = source.line(number)
    key = re.match(r"( *)([A-Za-z]\w*):", line)
    if key is None:
        return None, None
    for above in range(number - 1, 0, -1):
        item = re.match(r"( *)(- +)[A-Za-z]\w*:", source.line(above))
        if item is not None and item[1] == key[1]:
            start = source.starts[number - 1]
            indent = " " * (len(item[1]) + len(item[2]))
            hint = f"indent `{key[2]}` by {len(item[2])} more spaces: it belongs to the list item above"
            return hint, Fix(Span(source, start, start + len(key[1])), indent)
    return None, None


def _unquoted(source: SourceFile, number: int) -> Span | None:
    """A value on this line or the one before that begins with `{{` and has no quotes."""
    for line in (number, number - 1):
        if line < 1:
            continue
        text = source.line(line)
        at = text.find("{{")
        before = text[:at].rstrip() if at > 0 else ""
        if before.endswith((":", "-", "[", ",")) and text[at - 1 : at] in (" ", "[", ","):
            start = source.starts[line - 1] + at
            return Span(source, start, start + len(text[at:].rstrip()))
    return None


def quote_line(span: Span) -> str:
    """The help for a line that YAML takes for a key and its value."""
    written = quoted(span.file.text[span.start : span.end])
    return f"YAML reads `: ` as the end of a key; quote the whole line: {written}"


def quoted(text: str) -> str:
    """A text between single quotation marks, in which YAML knows no escapes."""
    return "'" + text.replace("'", "''") + "'"


def _quote(span: Span) -> str:
    value = span.file.text[span.start : span.end]
    return quoted(value) if '"' in value or "\\" in value else f'"{value}"'


class _Builder:
    """Builds the tree with a stack of its own, so that deep nesting cannot exhaust Python's."""

    def __init__(self, source: SourceFile, sink: Sink, loader: Any, deepest: int) -> None:
        self._deepest = deepest
        self._source = source
        self._text = source.text
        self._sink = sink
        self._loader = loader
        self._anchors: dict[str, Node] = {}
        self._sizes: dict[str, int] = {}
        self._copies = 0
        self.disputed = False
        """Whether the text has what the C parser takes and the engine's may not: a tab outside of texts, the escape
        `\\/`, a comment right behind the head of a block scalar."""

    def _events(self) -> Iterator[Any]:
        tabbed = "\t" in self._text
        end = 0
        while self._loader.check_event():
            event = self._loader.get_event()
            if tabbed:
                head = _HEAD[event.style] if isinstance(event, events.ScalarEvent) else _ALL
                found = head.match(self._text, event.start_mark.index, event.end_mark.index)
                until = event.end_mark.index if found is None else found.end()
                self.disputed |= self._text.find("\t", end, until) >= 0
                end = max(end, event.end_mark.index)
            yield event

    def document(self) -> Node | None:
        """The first document; what stands behind it is reported."""
        stack: list[_Open] = []
        for event in self._events():
            node: Node | None = None
            if isinstance(event, events.ScalarEvent):
                node = self._scalar(event, bool(stack) and stack[-1].awaits_key)
            elif isinstance(event, events.MappingStartEvent | events.SequenceStartEvent):
                if len(stack) >= self._deepest:
                    raise _TooDeep(self._span(event))
                stack.append(_Open(event, isinstance(event, events.MappingStartEvent)))
                continue
            elif isinstance(event, events.MappingEndEvent | events.SequenceEndEvent):
                closed = stack.pop()
                node = self._close(closed, event, stack[-1] if stack else None)
                if closed.event.anchor:
                    self._anchors[closed.event.anchor] = node
                    self._sizes[closed.event.anchor] = closed.size
                if stack:
                    stack[-1].size += closed.size - 1
            elif isinstance(event, events.AliasEvent):
                node = self._alias(event, stack)
                size = self._sizes.get(str(event.anchor), 1)
                self._copies += size
                if self._copies > MAX_COPIES:
                    raise _TooDeep(self._span(event))
                if stack:
                    stack[-1].size += size - 1
            else:
                continue
            if not stack:
                self._look_behind(self._span(event).end)
                return node
            stack[-1].items.append(node)
            stack[-1].size += 1
        return None

    def _look_behind(self, end: int) -> None:
        """Report what stands behind the first document. Of that the engine's parser reads one token, and no more."""
        in_c = isinstance(self._loader, LOADER)
        if in_c and self._text.find("\t", end) >= 0:
            self.disputed = True
            return
        if not in_c:
            self._loader.check_token()
        try:
            self._loader.get_event()
            if not self._loader.check_event(events.StreamEndEvent):
                end = self._span(self._loader.get_event()).start
        except yaml.MarkedYAMLError as error:
            if in_c and isinstance(error, yaml.scanner.ScannerError):
                raise  # of that token, or of a later one
            end = end if error.problem_mark is None else error.problem_mark.index
        else:
            found = _NOTHING.match(self._text, end)
            if found is None or found.end() == len(self._text):
                return
        line = self._text.find("\n", end)
        span = self._at(end, line if line >= 0 else len(self._text))
        said = "what stands from here on is not read: a flow is the first document of its file"
        self._sink.report("FC109", said, span, hint="put another flow into a file of its own")

    def _at(self, start: int, end: int) -> Span:
        size = len(self._text)
        return Span(self._source, min(start, size), min(end, size))

    def _span(self, event: Any) -> Span:
        return self._at(event.start_mark.index, event.end_mark.index)

    def _scalar(self, event: Any, is_key: bool) -> Scalar:
        value: str | int | float | bool | None = event.value
        span = self._span(event)
        style = event.style or None
        if style == '"':
            if _HALF.search(self._text, span.start, span.end):
                value = self._whole(event.value, span)
            self.disputed |= self._text.find("\\/", span.start, span.end) >= 0
        if style in ("|", ">"):
            self.disputed |= _REMARKED.match(self._text, span.start) is not None
            span = _trim(span)
        place: places.Offsets = ()
        explicit = event.tag
        if explicit and explicit != "!":
            value = self._resolve(span, event.value, explicit)
            if isinstance(value, str):
                first = span.start + len(self._text[span.start : span.end].split(None, 1)[0]) + 1
                place = places.offsets(value, self._text, first, span.end, None)
        elif style is None and event.implicit[0] and not is_key:
            value = self._resolve(span, event.value, None)
        if isinstance(value, str) and not explicit:
            if style is None:
                if "{" in value and "\n" in self._text[span.start : span.end]:
                    place = places.offsets(value, self._text, span.start, span.end, None)
            elif "{" in value:
                place = places.offsets(value, self._text, span.start, span.end, style)
            else:
                place = ((0, span.start + 1),)
        node = Scalar(value, span, place, quoted=style is not None)
        if event.anchor:
            self._anchors[event.anchor] = node
            self._sizes[event.anchor] = 1 + len(event.value) // COPIED_CHARACTERS
        return node

    def _whole(self, text: str, span: Span) -> str:
        """A text whose halves of characters are put together."""
        halves = text.encode("utf-16", "surrogatepass")
        try:
            return halves.decode("utf-16")
        except UnicodeDecodeError:
            self._sink.report("FC101", _HALF_ALONE, span)
            return halves.decode("utf-16", "replace")

    def _resolve(self, span: Span, text: str, tag: str | None) -> str | int | float | bool | None:
        if not text:
            return text  # a flow is read so that nothing written is an empty text, also as `!!null`
        try:
            value = resolve(text, tag)
        except YamlError as error:
            self._sink.report("FC105", str(error), span, hint="quote it, if it is a text")
            return text
        if isinstance(value, int) and not isinstance(value, bool):
            return int(value)
        return text if isinstance(value, bytes) else value

    def _alias(self, event: Any, stack: list[_Open]) -> Node:
        span = self._span(event)
        found = self._anchors.get(event.anchor)
        if any(each.event.anchor == event.anchor for each in stack):
            found = Scalar(event.anchor, span)  # within itself it can be nothing but its text
        if found is None:
            self._sink.report(
                "FC106", f"anchor `&{event.anchor}` is not defined above this place", span
            )
            return Scalar(None, span)
        self._sink.report(
            "FC108", f"Kestra 1.3 reads this alias as the text `{event.anchor}`", span
        )
        return found

    def _close(self, opened: _Open, event: Any, around: _Open | None) -> Node:
        start = opened.event.start_mark.index
        span = self._at(start, event.end_mark.index)
        if not opened.mapping:
            return Sequence(tuple(opened.items), _trim(span))
        entries: list[tuple[Scalar, Node]] = []
        seen: dict[str, Scalar] = {}
        merges: list[Node] = []
        pairs = iter(opened.items)
        for key, value in zip(pairs, pairs, strict=True):
            if not isinstance(key, Scalar):
                replaced = self._expression(start, span, around)
                if replaced is not None:
                    return replaced
                self._sink.report("FC104", "the key of a mapping must be a text", key.span)
                continue
            name = key_text(key, self._text)
            if name in seen:
                self._sink.report(
                    "FC102",
                    f"Duplicate field '{name}'",
                    key.span,
                    notes=(Note("first given", seen[name].span),),
                )
                continue
            seen[name] = key
            if name == "<<" and not key.quoted:
                merges += self._merge(value, key.span)
                continue
            entries.append((Scalar(name, key.span, key.offsets, key.quoted), value))
        for merged in merges:
            assert isinstance(merged, Mapping)
            for key, value in merged.entries:
                if str(key.value) not in seen:
                    seen[str(key.value)] = key
                    entries.append((key, value))
        return Mapping(tuple(entries), _trim(span))

    def _merge(self, value: Node, span: Span) -> list[Node]:
        found: list[Node] = list(value.items) if isinstance(value, Sequence) else [value]
        if not all(isinstance(each, Mapping) for each in found):
            self._sink.report("FC111", "a merge key needs a mapping, or a list of them", span)
            return []
        self._sink.report("FC108", "Kestra 1.3 reads `<<` as an ordinary key", span)
        return found

    def _expression(self, start: int, span: Span, around: _Open | None) -> Scalar | None:
        """A mapping that is really an expression without quotes: read it as the text that is meant."""
        if not self._text.startswith("{{", start):
            return None
        end = self._text.find("\n", span.end)
        rest = self._text[span.end : len(self._text) if end < 0 else end].strip()
        written = self._text[span.start : span.end]
        if rest and rest[0] not in ",]}#":
            return Scalar(
                written, span
            )  # text goes on behind it: a syntax error that says the same
        line = self._source.line(span.line)
        last = span.start + len(line) - span.column + 1
        self._sink.report(
            "FC103",
            "YAML syntax error: an expression must be quoted",
            Span(self._source, span.start, min(span.end, last)),
            label="YAML reads `{{` as a mapping",
            hint=self._quoted(span, around)[0],
            fix=self._quoted(span, around)[1],
        )
        return Scalar(written, span)

    def _quoted(self, span: Span, around: _Open | None) -> tuple[str, Fix]:
        """What to put into quotes: the value, or the whole line where the key before it is none that anybody means."""
        key = around.items[-1] if around is not None and around.mapping and around.items else None
        if isinstance(key, Scalar) and " " in str(key.value) and not key.quoted:
            line = Span(span.file, key.span.start, span.end)
            return quote_line(line), Fix(line, quoted(line.file.text[line.start : line.end]))
        return f"quote the value: {_quote(span)}", Fix(span, _quote(span))


class _Open:
    """A list or mapping that is being read; keys and values of a mapping take turns in `items`."""

    __slots__ = ("event", "items", "mapping", "size")

    def __init__(self, event: Any, mapping: bool) -> None:
        self.event = event
        self.mapping = mapping
        self.items: list[Node] = []
        self.size = 1

    @property
    def awaits_key(self) -> bool:
        """Whether what comes next is a key, which is a text whatever it looks like."""
        return self.mapping and len(self.items) % 2 == 0


def key_text(key: Scalar, text: str) -> str:
    """Keys are texts, as they are written: `1.50` stays `1.50`."""
    if isinstance(key.value, str):
        return key.value
    return text[key.span.start : key.span.end].strip()


def _trim(span: Span) -> Span:
    """Without the blank rest that block collections end with."""
    text = span.file.text
    end = span.end
    while end > span.start and text[end - 1] in " \t\r\n":
        end -= 1
    return Span(span.file, span.start, end)
