"""JSON, in lines or as one document, from and to rows."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from flowrt.formats.jsonread import JsonError, parse_json
from flowrt.formats.jsonwrite import to_json
from flowrt.model.declare import BOOLEAN, STRING, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.plugins.serdes.base import zone_of_property
from flowrt.plugins.stored import (
    Converter,
    Stop,
    open_text,
    plain_rows,
    text_lines,
)
from flowrt.services.rows import LARGEST
from flowrt.tasks.storage import charset_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flowrt.java.time.temporal import Zone
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Text

CHUNK = 256 * 1024
_BLANK = " \t\r\n"


def parsed(text: str) -> Any:
    """A JSON text. Raises TaskFailure for what is none."""
    try:
        return parse_json(text)
    except JsonError as error:
        raise TaskFailure(str(error)) from None


def json_lines(file: IO[str]) -> Iterator[Any]:
    """The value of each line."""
    for line in text_lines(file):
        yield parsed(line.rstrip("\r\n"))


def _no_constant(name: str) -> Any:
    raise ValueError


class JsonStream:
    """Reads the values of a document one by one: the items of its array, or the values that follow one another.

    Only the value at hand is kept. Raises TaskFailure for what is no JSON.
    """

    def __init__(self, file: IO[str]) -> None:
        from json import JSONDecoder

        self._decoder = JSONDecoder(parse_constant=_no_constant)
        self._file = file
        self._text = ""
        self._at = 0
        self._ended = False
        self.is_array = False

    def values(self) -> Iterator[Any]:
        """The items of an array, or every value of the document."""
        if self._next() == "[":
            self.is_array = True
            self._at += 1
            yield from self._items()
            return
        while self._next():
            yield self._value()

    def document(self) -> Iterator[Any]:
        """The items of an array, or the only value; what follows it is not looked at."""
        for value in self.values():
            yield value
            if not self.is_array:
                return
        if not self.is_array:
            raise TaskFailure("No content to map due to end-of-input")

    def _items(self) -> Iterator[Any]:
        if self._next() == "]":
            return
        while True:
            yield self._value()
            mark = self._next()
            if mark not in (",", "]"):
                raise TaskFailure(
                    "The JSON text ends within an array"
                    if not mark
                    else f"Unexpected character ('{mark}' (code {ord(mark)})): was expecting comma to separate "
                    "Array entries"
                )
            self._at += 1
            if mark == "]":
                return

    def _more(self, size: int = CHUNK) -> bool:
        """Read on; says whether there was more."""
        if self._ended:
            return False
        piece = self._file.read(size)
        self._text = self._text[self._at :] + piece
        self._at = 0
        self._ended = not piece
        return bool(piece)

    def _next(self) -> str:
        """The next character that is not blank, which is not taken; empty at the end."""
        while True:
            while self._at < len(self._text):
                char = self._text[self._at]
                if char not in _BLANK:
                    return char
                self._at += 1
            if not self._more():
                return ""

    def _value(self) -> Any:
        self._next()
        size = CHUNK
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except (ValueError, RecursionError):
                rest = len(self._text) - self._at
                if rest > LARGEST or not self._more(size):
                    # words the error, or takes what the quick reader refuses
                    return self._last(self._text[self._at :])
                size *= 2
                continue
            if end == len(self._text) and self._more(size):  # a number may go on
                continue
            self._at = end
            return value

    def _last(self, rest: str) -> Any:
        value = parsed(rest)
        self._at = len(self._text)
        return value


@task_type("io.kestra.plugin.serdes.json.JsonToIon", "io.kestra.plugin.serdes.json.JsonReader")
class JsonToIon(Converter):
    """Read JSON: a row for each line, or for each item of an array with `newLine: false`."""

    charset: Text = prop(STRING, default="UTF-8")
    new_line: Flag = prop(BOOLEAN, default=True)

    def convert(self, run: RunContext, source: Path, target: Path, stop: Stop) -> int:
        from flowrt.services.rows import RowFile

        lines = run.flag(self.new_line)
        with open_text(source, charset_of(run, self.charset)) as file, RowFile(target) as rows:
            if lines:
                for value in stop.each(json_lines(file)):
                    rows.write(value)
                return rows.count
            for value in stop.each(JsonStream(file).document()):
                rows.write(value)
            return rows.count


@task_type("io.kestra.plugin.serdes.json.JsonToJsonl")
class JsonToJsonl(Converter):
    """Write each item of a JSON array, or each of several objects, as a line."""

    extension = ".jsonl"

    charset: Text = prop(STRING, default="UTF-8")

    def convert(self, run: RunContext, source: Path, target: Path, stop: Stop) -> int:
        charset = charset_of(run, self.charset)
        count = 0
        with open_text(source, charset) as file, open_text(target, charset, "w", "\n") as out:
            document = JsonStream(file)
            for value in stop.each(document.values()):
                if not document.is_array and not isinstance(value, dict):
                    raise TaskFailure("Invalid JSON format. Expected JSON array or object")
                out.write(_json_with_nulls(value) + "\n")
                count += 1
        return count


def _json_with_nulls(value: Any) -> str:
    """JSON as a tree is written: members that are null stay."""
    if isinstance(value, dict):
        from flowrt.formats.jsonwrite import json_string

        members = (f"{json_string(key)}:{_json_with_nulls(item)}" for key, item in value.items())
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json_with_nulls, value)) + "]"
    return to_json(value)


@task_type("io.kestra.plugin.serdes.json.IonToJson", "io.kestra.plugin.serdes.json.JsonWriter")
class IonToJson(Converter):
    """Write rows as JSON: one a line, or an array with `newLine: false` (a single row stands alone)."""

    charset: Text = prop(STRING, default="UTF-8")
    new_line: Flag = prop(BOOLEAN, default=True)
    time_zone_id: Text | None = prop(STRING, default=None)
    should_keep_annotations: Flag = prop(BOOLEAN, default=False)

    def extension_of(self, run: RunContext) -> str:
        return ".jsonl" if run.flag(self.new_line, True) else ".json"

    def convert(self, run: RunContext, source: Path, target: Path, stop: Stop) -> int:
        lines = run.flag(self.new_line, True)
        zone = zone_of_property(run, self.time_zone_id)
        write: Callable[[Any], str] = to_json
        if run.flag(self.should_keep_annotations):
            write = lambda row: _json_with_nulls(_annotated(row, zone))  # noqa: E731
        with open_text(target, charset_of(run, self.charset), "w", "\n") as out:
            rows = map(write, stop.each(plain_rows(source)))
            return _write_lines(out, rows) if lines else _write_document(out, rows)


def _write_lines(out: IO[str], rows: Iterator[str]) -> int:
    count = 0
    for row in rows:
        out.write(f"{row}\n")
        count += 1
    return count


def _write_document(out: IO[str], rows: Iterator[str]) -> int:
    """An array, or the only row alone."""
    count, before = 0, ""
    for row in rows:
        if count == 1:
            out.write(f"[{before}")
        if count:
            out.write(f",{row}")
        before = "" if count else row
        count += 1
    out.write(before if count == 1 else "]" if count else "")
    return count


_ANNOTATED = {
    "Zoned": "ZonedDateTime",
    "LocalDateTime": "LocalDateTime",
    "LocalTime": "LocalTime",
}


def _annotated(value: Any, zone: Zone) -> Any:
    """A value whose annotated texts are objects, and whose instants are seen in a zone."""
    from flowrt.formats.ion import Annotated
    from flowrt.java.time.temporal import Instant, LocalDate, LocalDateTime, LocalTime, Zoned

    if isinstance(value, dict):
        return {key: _annotated(item, zone) for key, item in value.items()}
    if isinstance(value, list):
        return [_annotated(item, zone) for item in value]
    if isinstance(value, Annotated):
        name, _, text = value.text.partition("::")
        return {"ion_annotations": [name], "value": text.strip("\"'")}
    if isinstance(value, Instant):
        return str(value.at_zone(zone))
    if isinstance(value, LocalDate):
        midnight = LocalDateTime(value, LocalTime(0)).epoch_nanos()
        return str(Zoned.of_instant(midnight, zone))
    name = _ANNOTATED.get(type(value).__name__, "")
    return {"ion_annotations": [name], "value": str(value)} if name else value
