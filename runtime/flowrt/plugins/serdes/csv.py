"""CSV from and to rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flowrt.model.declare import BOOLEAN, INTEGER, STRING, enum, prop, task_type
from flowrt.model.failures import TaskFailure, required
from flowrt.plugins.serdes.base import BAD_LINES, BadRecords, DateWriter
from flowrt.plugins.stored import (
    Converter,
    Stop,
    open_text,
    plain_rows,
    text_lines,
)
from flowrt.tasks.storage import charset_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Text

EMPTY_HEADER = enum("DROP", "RENAME")
QUOTE_MODE = enum("ALWAYS", "REQUIRED", "NON_NUMERIC")
LIMIT = 16 * 1024 * 1024
_NUMERIC = re.compile(r"[+-]?(?=[0-9.])[0-9]*\.?[0-9]*")


def _character(run: RunContext, value: Text, name: str) -> str:
    """A property of one character. Raises TaskFailure."""
    text = run.text(value) or ""
    if len(text) != 1:
        raise TaskFailure(f"`{name}` must be one character, not '{text}'")
    return text


@task_type("io.kestra.plugin.serdes.csv.CsvToIon", "io.kestra.plugin.serdes.csv.CsvReader")
class CsvToIon(Converter):
    """Read CSV: each record becomes a row, a map by the names of its header."""

    header: Flag = prop(BOOLEAN, default=True)
    field_separator: Text = prop(STRING, default=",")
    text_delimiter: Text = prop(STRING, default='"')
    skip_empty_rows: Flag = prop(BOOLEAN, default=False)
    error_on_different_field_count: Flag | None = prop(BOOLEAN, default=None, ignored=True)
    on_bad_lines: Text = prop(BAD_LINES, default="ERROR")
    on_empty_header: Text = prop(EMPTY_HEADER, default="DROP")
    skip_rows: Integer = prop(INTEGER, default=0)
    charset: Text = prop(STRING, default="UTF-8")
    max_buffer_size: Integer = prop(INTEGER, default=LIMIT)
    allow_extra_chars_after_closing_quote: Flag = prop(BOOLEAN, default=False)
    max_field_size: Integer = prop(INTEGER, default=LIMIT)

    def convert(self, run: RunContext, source: Path, target: Path, stop: Stop) -> int:
        from codecs import lookup

        from flowrt.services.rows import RowFile

        charset = charset_of(run, self.charset)
        if lookup(charset).name == "utf-8":
            charset = "utf-8-sig"
        bad = BadRecords(run, self.on_bad_lines)
        skip = int(required(run.integer(self.skip_rows)))
        header = run.flag(self.header)
        columns = _Columns(run, required(run.constant(self.on_empty_header, EMPTY_HEADER)))
        with (
            open_text(source, charset, newline="") as file,
            RowFile(target) as rows,
        ):
            for record in stop.each(self._records(run, file, bad)):
                if header and columns.names is None:
                    columns.read(record)
                elif skip > 0:
                    skip -= 1
                elif header and len(record) != len(columns.names or ()):
                    bad.meet(
                        "Bad line encountered (field count mismatch): Expected "
                        f"{len(columns.names or ())}, got {len(record)} fields."
                    )
                else:
                    values = [None if field == "\\N" else field for field in record]
                    rows.write(columns.row(values) if header else values)
            return rows.count

    def _records(self, run: RunContext, file: Any, bad: BadRecords) -> Iterator[list[str]]:
        """The records of the file, those that are bad told or left out."""
        import csv

        widest = int(required(run.integer(self.max_field_size)))
        csv.field_size_limit(max(csv.field_size_limit(), widest))
        skip_empty = run.flag(self.skip_empty_rows)
        try:
            reader = csv.reader(
                text_lines(file, int(required(run.integer(self.max_buffer_size)))),
                delimiter=_character(run, self.field_separator, "fieldSeparator"),
                quotechar=_character(run, self.text_delimiter, "textDelimiter"),
                strict=not run.flag(self.allow_extra_chars_after_closing_quote),
            )
        except (TypeError, ValueError):
            raise TaskFailure(
                "`fieldSeparator` and `textDelimiter` must be two different characters other than line ends"
            ) from None
        while True:
            try:
                record = next(reader)
            except StopIteration:
                return
            except csv.Error:
                bad.meet(
                    f"Bad line encountered: line {reader.line_num} has characters behind a closing quotation mark, "
                    f"a quotation mark that is not closed, or a field of more than {widest} characters"
                )
                continue
            if not record:
                if skip_empty:
                    continue
                record = [""]
            if any(len(field) > widest for field in record):
                bad.meet(
                    f"Bad line encountered: line {reader.line_num} has a field of more than {widest} characters"
                )
                continue
            yield record


class _Columns:
    """The names of the header, and those of the columns that rows have."""

    def __init__(self, run: RunContext, rule: str) -> None:
        self._run = run
        self._rename = rule == "RENAME"
        self.names: list[str] | None = None
        self._kept: list[str] = []

    def read(self, record: list[str]) -> None:
        """Take the names from the record of the header."""
        self.names = record
        if self._rename:
            self._kept = _named(record)
            return
        kept = next((at for at in range(len(record), 0, -1) if record[at - 1]), len(record))
        self._kept = record[:kept]
        if kept < len(record):
            self._run.log(
                "WARN",
                f"Dropped {len(record) - kept} trailing unnamed header column(s); their values are not emitted. "
                "Set onEmptyHeader=RENAME to keep them.",
            )
        equal = kept - len(set(self._kept))
        if equal:
            self._run.log(
                "WARN",
                f"Header has {equal} duplicate or empty column name(s) among the kept columns. Colliding columns "
                "share one output key and only the last value is kept. Set onEmptyHeader=RENAME to keep every column.",
            )

    def row(self, values: list[str | None]) -> dict[str, str | None]:
        """The fields of a record by name."""
        return dict(zip(self._kept, values, strict=False))


def _named(names: list[str]) -> list[str]:
    """The names of all columns; one without gets a name that no other has."""
    from itertools import chain, count

    taken = set(names)
    found = []
    for index, name in enumerate(names):
        if not name:
            plain = f"col_{index}"
            candidates = chain([plain], (f"{plain}_{attempt}" for attempt in count(2)))
            name = next(each for each in candidates if each not in taken)
            taken.add(name)
        found.append(name)
    return found


@task_type("io.kestra.plugin.serdes.csv.IonToCsv", "io.kestra.plugin.serdes.csv.CsvWriter")
class IonToCsv(DateWriter):
    """Write rows as CSV, with the names of the first one as its header."""

    extension = ".csv"

    header: Flag = prop(BOOLEAN, default=True)
    field_separator: Text = prop(STRING, default=",")
    text_delimiter: Text = prop(STRING, default='"')
    line_delimiter: Text = prop(STRING, default="\n")
    always_delimit_text: Flag = prop(BOOLEAN, default=False)
    quote_mode: Text | None = prop(QUOTE_MODE, default=None)
    charset: Text = prop(STRING, default="UTF-8")

    def convert(self, run: RunContext, source: Path, target: Path, stop: Stop) -> int:
        line_end = run.text(self.line_delimiter) or ""
        if line_end not in ("\n", "\r", "\r\n"):
            raise TaskFailure(f"`lineDelimiter` must be a line end, not '{line_end}'")
        separator = _character(run, self.field_separator, "fieldSeparator")
        header, count = run.flag(self.header), 0
        field = self._field(run, separator)
        first = True
        with open_text(target, charset_of(run, self.charset), "w", newline="") as file:
            for row in stop.each(plain_rows(source)):
                count += 1
                if isinstance(row, dict):
                    if first and header:
                        file.write(separator.join(map(field, row)) + line_end)
                    first = False
                    values = list(row.values())
                elif isinstance(row, list):
                    if header:
                        raise TaskFailure("Invalid data of type List with header")
                    values = row
                else:
                    continue
                file.write(separator.join(map(field, values)) + line_end)
        return count

    def _field(self, run: RunContext, separator: str) -> Callable[[Any], str]:
        """A function that writes a field, between quotation marks where the mode says so."""
        quote = _character(run, self.text_delimiter, "textDelimiter")
        mode = run.constant(self.quote_mode, QUOTE_MODE)
        if mode is None:
            mode = "ALWAYS" if run.flag(self.always_delimit_text) else "REQUIRED"
        special = re.compile(f"[{re.escape(separator + quote)}\r\n]")
        text = self.cell_text(run)

        def quoted(value: str) -> bool:
            if mode == "ALWAYS":
                return True
            if mode == "NON_NUMERIC" and not _NUMERIC.fullmatch(value):
                return True
            return special.search(value) is not None

        def write(value: Any) -> str:
            if value is None:
                return quote * 2 if mode == "ALWAYS" else ""
            found = value if type(value) is str else text(value)
            return f"{quote}{found.replace(quote, quote * 2)}{quote}" if quoted(found) else found

        return write
