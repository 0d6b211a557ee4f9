"""TOON, a form of JSON in few tokens: from and to JSON."""

from __future__ import annotations

import re
from decimal import Decimal
from math import isfinite
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from flowrt.formats.jsonwrite import json_string, to_json
from flowrt.model.declare import STRING, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.plugins.serdes.json import JsonStream
from flowrt.plugins.stored import Converter, Stop, open_text, text_lines
from flowrt.tasks.storage import charset_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Text

INDENT = 2
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_UNESCAPED = {"n": "\n", "r": "\r", "t": "\t"}
_BLANK = "".join(map(chr, range(33)))
"""What Java's `trim` takes away."""
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_SPECIAL = re.compile(r'[:"\\\[\]{}\n\r\t,]|\A-|\A(?:true|false|null)\Z')
_NUMERIC = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_HEADER = re.compile(
    rf'(?P<key>{_QUOTED}|[^":\[]*)'
    rf'(?:\[(?P<size>[0-9]{{1,9}})\](?:\{{(?P<fields>(?:{_QUOTED}|[^"}}])*)\}})?)?'
    r"[\x00-\x20]*:(?P<rest>.*)",
    re.DOTALL,
)
"""A line with a name, the size and the fields of an array, and what follows the colon."""
_TOKEN = re.compile(rf"[\x00-\x20]*({_QUOTED}|[^\x00-\x20\",][^,]*|)[\x00-\x20]*(,|\Z)", re.DOTALL)


@task_type("io.kestra.plugin.serdes.json.JsonToToon")
class JsonToToon(Converter):
    """Write a JSON document as TOON."""

    extension = ".toon"

    charset: Text = prop(STRING, default="UTF-8")

    def convert(self, run: RunContext, source: Path, target: Path, stop: Stop) -> int:
        charset = charset_of(run, self.charset)
        with open_text(source, charset) as file:
            document = JsonStream(file)
            found = list(stop.each(document.values()))
        if not found and not document.is_array:
            raise TaskFailure("Invalid JSON: empty input")
        root = found if document.is_array else found[0]
        with open_text(target, charset, "w", "\n") as out:
            before = ""
            for depth, line in stop.each(_document(root)):
                out.write(f"{before}{' ' * (INDENT * depth)}{line}")
                before = "\n"
        return len(root) if document.is_array else 1


def _document(root: Any) -> Iterator[tuple[int, str]]:
    if isinstance(root, dict):
        return _members(root, 0)
    if isinstance(root, list):
        return _array(root, 0, "", 0)
    return iter([(0, _scalar(root))])


def _members(value: dict[str, Any], depth: int) -> Iterator[tuple[int, str]]:
    for key, item in value.items():
        yield from _member(key, item, depth, "", 0)


def _member(key: str, item: Any, depth: int, mark: str, deeper: int) -> Iterator[tuple[int, str]]:
    """A member of an object; behind a `mark`, the hyphen of an item, what belongs to it stands deeper."""
    name = _key(key)
    if isinstance(item, dict):
        yield depth, f"{mark}{name}:"
        yield from _members(item, depth + 1 + deeper)
    elif isinstance(item, list):
        yield from _array(item, depth, mark + name, deeper)
    else:
        yield depth, f"{mark}{name}: {_scalar(item)}"


def _array(items: list[Any], depth: int, name: str, deeper: int) -> Iterator[tuple[int, str]]:
    """An array: in its line, as a table, or as a list."""
    if not any(isinstance(each, (dict, list)) for each in items):
        inside = ",".join(map(_scalar, items))
        yield depth, f"{name}[{len(items)}]:" + (f" {inside}" if items else "")
        return
    fields = _fields(items)
    if fields is not None and name != "- ":
        yield depth, f"{name}[{len(items)}]{{{','.join(map(_key, fields))}}}:"
        for row in items:
            yield depth + 1 + deeper, ",".join(_scalar(row[field]) for field in fields)
        return
    yield depth, f"{name}[{len(items)}]:"
    for item in items:
        yield from _item(item, depth + 1)


def _fields(items: list[Any]) -> list[str] | None:
    """The names that all items have, where all of them are objects of plain values."""
    if not all(isinstance(each, dict) for each in items):
        return None
    first = items[0].keys()
    alike = all(
        each.keys() == first and not any(isinstance(value, (dict, list)) for value in each.values())
        for each in items
    )
    return list(first) if first and alike else None


def _item(item: Any, depth: int) -> Iterator[tuple[int, str]]:
    if isinstance(item, list):
        yield from _array(item, depth, "- ", 0)
    elif not isinstance(item, dict):
        yield depth, f"- {_scalar(item)}"
    elif not item:
        yield depth, "-"
    else:
        mark = "- "
        for key, value in item.items():
            # a first member stands beside the hyphen; what is within it must not look like the next members
            yield from _member(key, value, depth + (not mark), mark, int(bool(mark)))
            mark = ""


def _key(key: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) else _quoted(key)


def _quoted(text: str) -> str:
    return '"' + "".join(_ESCAPES.get(char, char) for char in text) + '"'


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        plain = value and value == value.strip(_BLANK) and not _SPECIAL.search(value)
        return value if plain and not _NUMERIC.fullmatch(value) else _quoted(value)
    if not isfinite(value):
        raise TaskFailure(f"{value} is no number that TOON can write")
    text = format(Decimal(repr(value)) if isinstance(value, float) else Decimal(value), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


@task_type("io.kestra.plugin.serdes.json.ToonToJson")
class ToonToJson(Converter):
    """Write a TOON document as JSON; `size` counts the items of all its arrays."""

    extension = ".json"

    charset: Text = prop(STRING, default="UTF-8")

    def convert(self, run: RunContext, source: Path, target: Path, stop: Stop) -> int:
        charset = charset_of(run, self.charset)
        with open_text(source, charset) as file:
            reader = ToonReader(stop.each(_lines(file)))
        value = reader.document()
        with open_text(target, charset, "w", "\n") as out:
            for piece in stop.each(_pretty(value, "")):
                out.write(piece)
        return reader.count


class Line(NamedTuple):
    """A line without its indentation, and how deep it stands."""

    text: str
    depth: int


def _lines(file: IO[str]) -> Iterator[Line]:
    for raw in text_lines(file):
        line = raw.rstrip("\r\n")
        text = line.lstrip(" ")
        if not text.strip(_BLANK):
            continue
        depth, rest = divmod(len(line) - len(text), INDENT)
        if rest:
            raise TaskFailure(f"Invalid indentation: must be a multiple of {INDENT} spaces")
        yield Line(text, depth)


class ToonReader:
    """Reads a document. `count` is the number of items of its arrays."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = list(lines)
        self._at = 0
        self.count = 0

    def document(self) -> Any:
        """The value of the document: an empty one is an empty object."""
        if not self._lines:
            return {}
        first = self._lines[0]
        found = _HEADER.fullmatch(first.text)
        if found is not None and found["size"] is not None and not found["key"].strip(_BLANK):
            self._at = 1
            return self._array(found, 0, 1)
        if found is None and len(self._lines) == 1:
            return _value(first.text)
        return self._object(0)

    def _here(self) -> Line | None:
        return self._lines[self._at] if self._at < len(self._lines) else None

    def _object(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while (line := self._here()) is not None and line.depth == depth:
            if line.text == "-" or line.text.startswith("- "):
                break
            self._at += 1
            header = _HEADER.fullmatch(line.text)
            if header is not None:
                found[_name(header["key"])] = self._member(header, depth, depth + 1)
        return found

    def _member(self, header: re.Match[str], depth: int, inner: int) -> Any:
        """The value behind a name; what is nested in it stands at the depth `inner`."""
        if header["size"] is not None:
            return self._array(header, depth, inner)
        rest = header["rest"].strip(_BLANK)
        return _value(rest) if rest else self._object(inner)

    def _array(self, header: re.Match[str], depth: int, inner: int) -> list[Any]:
        rest, size = header["rest"].strip(_BLANK), int(header["size"])
        if rest:
            values = [_value(each) for each in _tokens(rest)]
            self.count += len(values)
            return values
        if header["fields"] is not None:
            names = [_name(each) for each in _tokens(header["fields"])]
            return list(self._rows(names, size, inner))
        return list(self._items(size, depth))

    def _rows(self, names: list[str], size: int, depth: int) -> Iterator[dict[str, Any]]:
        for _ in range(size):
            line = self._here()
            if line is None or line.depth != depth:
                return
            self._at += 1
            self.count += 1
            yield dict(zip(names, map(_value, _tokens(line.text)), strict=False))

    def _items(self, size: int, depth: int) -> Iterator[Any]:
        """The items of a list, which stand deeper than its name, all of them alike."""
        inner: int | None = None
        for _ in range(size):
            line = self._here()
            if line is None or line.depth <= depth or not line.text.startswith("-"):
                return
            inner = line.depth if inner is None else inner
            if line.depth != inner:
                return
            self._at += 1
            self.count += 1
            yield self._item(line)

    def _item(self, line: Line) -> Any:
        text = line.text[1:].strip(_BLANK)
        if not text:
            return {}
        header = _HEADER.fullmatch(text)
        if header is None:
            return _value(text)
        if header["size"] is not None and not header["key"].strip(_BLANK):
            return self._array(header, line.depth, line.depth + 1)
        first = self._member(header, line.depth, line.depth + 2)
        return {_name(header["key"]): first, **self._object(line.depth + 1)}


def _tokens(text: str) -> Iterator[str]:
    """What stands between the commas that are in no quotation marks."""
    at = 0
    while (found := _TOKEN.match(text, at)) is not None:
        yield found[1]
        at = found.end()
        if not found[2]:
            return
    raise TaskFailure("A comma is missing behind a quoted value")


def _name(text: str) -> str:
    text = text.strip(_BLANK)
    return _unquoted(text) if text.startswith('"') else text


def _value(text: str) -> Any:
    text = text.strip(_BLANK)
    if text in ("null", "true", "false"):
        return {"null": None, "true": True, "false": False}[text]
    if len(text) > 1 and text[0] == text[-1] == '"':
        return _unquoted(text)
    if (number := _NUMBER.fullmatch(text)) is not None:
        plain = text.rstrip("0").rstrip(".") if number[1] else text
        return Decimal(plain) if "." in plain or len(plain) > 1000 else int(plain)
    return text


def _unquoted(text: str) -> str:
    return re.sub(
        r"\\(.)", lambda found: _UNESCAPED.get(found[1], found[1]), text[1:-1], flags=re.DOTALL
    )


def _pretty(value: Any, margin: str) -> Iterator[str]:
    """A value as Java's library lays it out: members of objects each on a line, items of arrays beside each other."""
    if isinstance(value, dict):
        inner, before = f"{margin}  ", "{\n"
        for key, item in value.items():
            yield f"{before}{inner}{json_string(key)} : "
            yield from _pretty(item, inner)
            before = ",\n"
        yield f"\n{margin}}}" if value else "{ }"
    elif isinstance(value, list):
        before = "[ "
        for item in value:
            yield before
            yield from _pretty(item, margin)
            before = ", "
        yield " ]" if value else "[ ]"
    else:
        yield to_json(value)
