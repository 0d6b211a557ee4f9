"""XML from and to rows."""

from __future__ import annotations

import re
from typing import IO, TYPE_CHECKING, Any

from flowrt.model.declare import STRING, Declared, listing, prop, record, task_type
from flowrt.model.failures import TaskFailure
from flowrt.plugins.serdes.base import zone_of_property
from flowrt.plugins.stored import Converter, Stop, open_text, plain_rows
from flowrt.tasks.storage import charset_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Listing, Text

CHUNK = 64 * 1024
DEEPEST = 512
"""Elements inside one another."""
TEXT = "content"
"""The name of the text of an element that has attributes or children too."""

_INTEGER = re.compile(r"-?(?:0|[1-9]\d{0,300})")
_DECIMAL = re.compile(r"-?(?:0|[1-9]\d{0,300})?(?:\.\d{1,300})?(?:[eE][+-]?\d{1,3})?")


class XmlParserConfiguration(Declared):
    """How elements become values."""

    force_list: Listing | None = prop(listing(STRING), default=None)


def scalar(text: str) -> Any:
    """The value of a text: a boolean, null, a number, or the text."""
    found = {"true": True, "false": False, "null": None}.get(text.lower(), text)
    if type(found) is not str or text[-1:] not in "0123456789.":
        return found
    if _INTEGER.fullmatch(text) and text != "-0":
        return int(text)
    if text not in ("", "-", ".") and _DECIMAL.fullmatch(text) and not text.startswith("."):
        from decimal import Decimal

        return Decimal(text)
    return text


class _Element:
    """An element that is being read."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.members: dict[str, Any] = {}
        self.repeated: set[str] = set()
        self.text: list[str] = []

    def add(self, name: str, value: Any, as_list: bool = False) -> None:
        """Add a member; further ones of the same name make it a list."""
        if name in self.repeated:
            self.members[name].append(value)
        elif name in self.members:
            self.members[name] = [self.members[name], value]
            self.repeated.add(name)
        elif as_list:
            self.members[name] = [value]
            self.repeated.add(name)
        else:
            self.members[name] = value

    def take_text(self) -> None:
        """What was read as text becomes a member."""
        text = "".join(self.text).strip()
        self.text.clear()
        if text:
            self.add(TEXT, scalar(text))

    def value(self) -> Any:
        """The value of the whole element."""
        from flowrt.java.values import hash_map

        self.take_text()
        if not self.members:
            return ""
        if len(self.members) == 1 and TEXT in self.members:
            return self.members[TEXT]
        return hash_map(self.members.items())


class XmlReader:
    """Makes values of the elements of a document, and hands those out whose path is asked for.

    Names of elements with a prefix keep it, unless `local` is set. Document types may not declare entities.
    """

    def __init__(self, path: list[str], lists: frozenset[str], local: bool) -> None:
        from xml.parsers.expat import ParserCreate

        self._path = path
        self._lists = lists
        self._local = local
        self._open: list[_Element] = []
        self._matched = 0
        self._depth = 0
        self._over = False
        self.found: list[Any] = []
        self._parser = ParserCreate("utf-8")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.EntityDeclHandler = self._refuse

    def read(self, file: IO[str]) -> Iterator[Any]:
        """The values of all elements of the path. Raises TaskFailure for what is no XML."""
        from xml.parsers.expat import ErrorString, ExpatError

        started = False
        try:
            while not self._over:
                piece = file.read(CHUNK)
                started = started or bool(piece.strip("\ufeff \t\r\n"))
                if not piece and not started:
                    return
                self._parser.Parse(piece.encode("utf-8", "replace"), not piece)
                yield from self.found
                self.found.clear()
                if not piece:
                    return
        except ExpatError as error:
            raise TaskFailure(
                f"The file is no XML: {ErrorString(error.code)} at line {error.lineno}, column {error.offset}"
            ) from None

    def _refuse(self, *declared: Any) -> None:
        raise TaskFailure("The XML file declares entities, which is not allowed")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._over:
            return
        if self._depth > DEEPEST:
            raise TaskFailure(f"The XML file is nested more than {DEEPEST} deep")
        name = name.rpartition(":")[2] if self._local else name
        if self._open:
            self._open[-1].take_text()
        elif not self._wanted(name):
            return
        element = _Element(name)
        for key, value in attributes.items():
            element.add(key.rpartition(":")[2] if self._local else key, scalar(value))
        self._open.append(element)

    def _wanted(self, name: str) -> bool:
        """Whether an element is one of the path; those around them are counted."""
        if self._matched == self._depth - 1 < len(self._path) - 1:
            if name == self._path[self._matched]:
                self._matched += 1
            return False
        return (
            self._depth == len(self._path)
            and self._matched == len(self._path) - 1
            and (name == self._path[-1])
        )

    def _text(self, text: str) -> None:
        if self._open:
            self._open[-1].text.append(text)

    def _end(self, name: str) -> None:
        self._depth -= 1
        if self._open:
            element = self._open.pop()
            forced = element.name in self._lists
            value = element.value()
            if self._open:
                empty = forced and value == ""
                self._open[-1].add(element.name, [] if empty else value, forced and not empty)
            else:
                self.found.append([value] if forced else value)
        elif self._depth < self._matched:
            # the parent of what is asked for is over, and so are the rows
            self._over = True


@task_type("io.kestra.plugin.serdes.xml.XmlToIon", "io.kestra.plugin.serdes.xml.XmlReader")
class XmlToIon(Converter):
    """Read XML: one row, a row for each item of a list, or for each element of the path `query`."""

    charset: Text = prop(STRING, default="UTF-8")
    query: Text | None = prop(STRING, default=None)
    parser_configuration: XmlParserConfiguration | None = prop(
        record(XmlParserConfiguration), default=None
    )

    def convert(self, run: RunContext, source: Path, target: Path, stop: Stop) -> int:
        from flowrt.services.rows import RowFile

        query = run.text(self.query)
        configuration = self.parser_configuration or XmlParserConfiguration()
        lists = frozenset(map(str, run.listing(configuration.force_list) or ()))
        with open_text(source, charset_of(run, self.charset)) as file, RowFile(target) as rows:
            if query is None:
                for row in _document(file, lists):
                    rows.write(row)
                return rows.count
            path = query.removeprefix("/").split("/")
            for value in stop.each(XmlReader(path, lists, True).read(file)):
                for row in value if isinstance(value, list) else [value]:
                    rows.write(row)
            return rows.count


def _document(file: IO[str], lists: frozenset[str]) -> list[Any]:
    """The rows of a whole document: the items of the list that it holds, or all of it."""
    reader = _WholeDocument(lists)
    name, value = reader.value(file)
    if not name:
        return [{}]
    if isinstance(value, list):
        return value
    if isinstance(value, dict) and len(value) == 1:
        (inner,) = value.values()
        if isinstance(inner, list):
            return inner
    return [{name: value}]


class _WholeDocument(XmlReader):
    """The only element that no other is around, with its name."""

    def __init__(self, lists: frozenset[str]) -> None:
        super().__init__([], lists, False)
        self._name = ""

    def value(self, file: IO[str]) -> tuple[str, Any]:
        values = list(self.read(file))
        return self._name, values[0] if values else None

    def _wanted(self, name: str) -> bool:
        self._name = name
        return True


_NAME = re.compile(r"[^\W\d][\w.\-]*(?::[^\W\d][\w.\-]*)?")
_NO_TEXT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@task_type("io.kestra.plugin.serdes.xml.IonToXml", "io.kestra.plugin.serdes.xml.XmlWriter")
class IonToXml(Converter):
    """Write rows as XML, each of them an element `item`."""

    extension = ".xml"

    charset: Text = prop(STRING, default="UTF-8")
    root_name: Text = prop(STRING, default="items")
    time_zone_id: Text | None = prop(STRING, default=None)

    def convert(self, run: RunContext, source: Path, target: Path, stop: Stop) -> int:
        zone_of_property(run, self.time_zone_id)
        root = _name(run.text(self.root_name) or "")
        count = 0
        with open_text(target, charset_of(run, self.charset), "w", "\n") as out:
            out.write("<?xml version='1.0' encoding='UTF-8'?>\n")
            for row in stop.each(plain_rows(source)):
                if not count:
                    out.write(f"<{root}>\n")
                _write(out.write, "item", row, 1)
                count += 1
            out.write(f"</{root}>\n" if count else f"<{root}/>\n")
        return count


def _name(name: str) -> str:
    """A name, when an element may have it. Raises TaskFailure otherwise."""
    if not _NAME.fullmatch(name):
        raise TaskFailure(f"'{name[:100]}' cannot be the name of an XML element")
    return name


def _write(write: Callable[[str], Any], name: str, value: Any, depth: int) -> None:
    """Write an element with its children, one for each item of a list."""
    from flowrt.formats.jsonread import parse_json
    from flowrt.formats.jsonwrite import to_json

    if depth > DEEPEST:
        raise TaskFailure(f"A row is nested more than {DEEPEST} deep")
    pad = "  " * depth
    name = _name(name)
    if isinstance(value, list):
        for item in value:
            _write(write, name, item, depth)
    elif isinstance(value, dict):
        if not value:
            write(f"{pad}<{name}/>\n")
            return
        write(f"{pad}<{name}>\n")
        for key, item in value.items():
            _write(write, str(key), item, depth + 1)
        write(f"{pad}</{name}>\n")
    elif value is None:
        write(f"{pad}<{name}/>\n")
    else:
        text = to_json(value)
        plain = parse_json(text) if text.startswith('"') else text
        if _NO_TEXT.search(plain):
            raise TaskFailure(f"The value of '{name}' has characters that XML does not have")
        escaped = plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        escaped = escaped.replace("\r", "&#xd;")
        write(f"{pad}<{name}>{escaped}</{name}>\n" if escaped else f"{pad}<{name}></{name}>\n")
