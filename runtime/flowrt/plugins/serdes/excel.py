"""Excel from and to rows."""

from __future__ import annotations

import re
import zlib
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.java.values import INT_MAX, LONG_MAX, LONG_MIN
from flowrt.missing import load
from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    INTEGER,
    STRING,
    URI,
    Kind,
    enum,
    listing,
    mapping,
    prop,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.packages import EXCEL
from flowrt.plugins.serdes.base import DateWriter, zone_of_property
from flowrt.plugins.stored import Converter, Stop, plain_rows, source_path, target_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Listing, Text

DATE_TIME_RENDER = enum("SERIAL_NUMBER", "FORMATTED_STRING", "UNFORMATTED_VALUE")
VALUE_RENDER = enum("FORMATTED_VALUE", "UNFORMATTED_VALUE", "FORMULA")
MOST_ROWS = 1_048_576
LONGEST_TEXT = 32_767
_FORMULA = "Formula:"


def _library(module: str) -> Any:
    return load(module, "Excel", EXCEL, "excel")


_DAMAGED = (
    *(KeyError, ValueError, TypeError, AttributeError, IndexError),
    *(SyntaxError, EOFError, RuntimeError, zlib.error),
)
"""What the library raises where a file does not hold what it should."""


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The workbook of a file. Raises TaskFailure for what is none, or unpacks to too much."""
    from zipfile import BadZipFile, ZipFile

    from flowrt.plugins.limits import check_zip

    openpyxl = _library("openpyxl")
    with path.open("rb") as file:
        try:
            with ZipFile(file) as archive:
                check_zip(archive, path.stat().st_size)
            workbook = openpyxl.load_workbook(file, read_only=True, data_only=True)
        except (BadZipFile, *_DAMAGED):
            raise TaskFailure("The file is no Excel workbook (.xlsx)") from None
        with closing(workbook):
            yield workbook


@task_type("io.kestra.plugin.serdes.excel.ExcelToIon")
class ExcelToIon(Converter):
    """Read the sheets of an Excel workbook: a file of rows for each of them."""

    outputs: ClassVar[dict[str, Kind] | None] = {"uris": mapping(URI), "size": INTEGER}
    packages: ClassVar[tuple[str, ...]] = (EXCEL,)

    sheets_title: Listing | None = prop(listing(STRING), default=None)
    charset: Text = prop(STRING, default="UTF-8", ignored=True)
    value_render: Text = prop(VALUE_RENDER, default="UNFORMATTED_VALUE")
    date_time_render: Text = prop(DATE_TIME_RENDER, default="UNFORMATTED_VALUE")
    header: Flag = prop(BOOLEAN, default=True)
    skip_empty_rows: Flag = prop(BOOLEAN, default=False)
    skip_rows: int = prop(INTEGER, static=True, default=0)

    def _converted(self, run: RunContext, stop: Stop) -> dict[str, Any]:
        from flowrt.java.values import hash_map
        from flowrt.services.rows import RowFile
        from flowrt.tasks.storage import required_text

        wanted = run.listing(self.sheets_title) or []
        size, uris = 0, []
        with _opened(source_path(run, required_text(run, self.from_))) as workbook:
            run.metric("counter", "sheets", len(workbook.sheetnames))
            for title in workbook.sheetnames:
                if wanted and title not in wanted:
                    continue
                target = target_path(run, ".ion")
                with RowFile(target) as rows:
                    for row in stop.each(self._rows(run, workbook[title])):
                        rows.write(row)
                size += rows.count
                uris.append((title, run.put_file(target, target.name)))
        return {"uris": hash_map(uris), "size": size}

    def _rows(self, run: RunContext, sheet: Any) -> Iterator[Any]:
        """The rows of a sheet: maps by the names of the header, or lists."""
        read = self._reader(run)
        skip_empty = run.flag(self.skip_empty_rows)
        rows = _filled(sheet)
        first, names = 0, None
        for _ in range(self.skip_rows):
            next(rows, None)
        if run.flag(self.header):
            cells = next(rows, ())
            filled = [at for at, cell in enumerate(cells) if cell.value is not None]
            if filled:
                first, last = filled[0], filled[-1] + 1
                names = [_heading(read(cells[at]), at) for at in range(first, last)]
        for cells in rows:
            values = [read(cell) for cell in cells[first:]]
            if skip_empty and all(value is None for value in values):
                continue
            if names is None:
                yield values
            else:
                values += [None] * (len(names) - len(values))
                yield dict(zip(names, values, strict=False))

    def _reader(self, run: RunContext) -> Callable[[Any], Any]:
        """A function that reads a cell."""
        import datetime

        formatted = run.constant(self.value_render, VALUE_RENDER) == "FORMATTED_VALUE"
        dates = run.constant(self.date_time_render, DATE_TIME_RENDER)
        to_excel = _library("openpyxl.utils.datetime").to_excel

        def read(cell: Any) -> Any:
            value = cell.value
            if value is None or cell.data_type == "e":
                return None
            if isinstance(value, (datetime.date, datetime.time, datetime.timedelta)):
                if dates == "SERIAL_NUMBER":
                    return float(to_excel(value))
                if dates == "FORMATTED_STRING":
                    return _formatted_date(value, cell.number_format)
                return _date(value, formatted)
            if isinstance(value, (bool, str)):
                return str(value).upper() if formatted and isinstance(value, bool) else value
            return _formatted_number(value, cell.number_format) if formatted else float(value)

        return read


def _filled(sheet: Any) -> Iterator[Any]:
    """The rows of a sheet that are there; gaps between them are passed over."""
    try:
        for cells in sheet.iter_rows():
            if any(type(cell).__name__ != "EmptyCell" for cell in cells):
                yield cells
    except _DAMAGED:
        raise TaskFailure(f"The sheet '{sheet.title}' cannot be read") from None


def _heading(value: Any, at: int) -> str:
    from flowrt.java.printing import text_of

    return f"Column{at}" if value is None else text_of(value)


def _date(value: Any, formatted: bool) -> Any:
    """A date as text, or as it is where values are asked for as they are shown."""
    from datetime import date, datetime

    from flowrt.plugins.values import instant, local_date

    if isinstance(value, datetime):
        return instant(value) if formatted else str(local_date(value))
    if isinstance(value, date):
        return str(local_date(value))
    return "1899-12-31"  # a time of the day alone


_DIRECTIVES = {
    "yyyy": "%Y", "yy": "%y", "mmmm": "%B", "mmm": "%b", "mm": "%m", "m": "%m", "dd": "%d", "d": "%d",
    "hh": "%H", "h": "%H", "ss": "%S", "s": "%S",
}  # fmt: skip
_PART = re.compile(r"yyyy|yy|mmmm|mmm|mm|m|dd|d|hh|h|ss|s", re.IGNORECASE)


def _formatted_date(value: Any, pattern: str) -> str:
    """A date as its cell shows it."""
    from datetime import timedelta

    if isinstance(value, timedelta):
        return str(value)
    out, at, after_hour = [], 0, False
    pattern = re.sub(r'\[[^\]]*\]|"|\\|;.*', "", pattern)
    for part in _PART.finditer(pattern):
        word = part.group().lower()
        directive = "%M" if word in ("mm", "m") and after_hour else _DIRECTIVES[word]
        after_hour = word[0] == "h"
        text = value.strftime(directive) if hasattr(value, "strftime") else ""
        out.append(pattern[at : part.start()] + (text.lstrip("0") if len(word) == 1 else text))
        at = part.end()
    return "".join(out) + pattern[at:]


def _formatted_number(value: float, pattern: str) -> str:
    """A number as its cell shows it, for the formats of digits, groups and percents."""
    shape = re.fullmatch(r"(#,##)?0(\.0+)?(%?)", pattern.partition(";")[0])
    if shape is None:
        return f"{value:.10g}"
    places = max(len(shape[2] or "") - 1, 0)
    number = value * 100 if shape[3] else value
    return f"{number:{',' if shape[1] else ''}.{places}f}{shape[3]}"


@task_type("io.kestra.plugin.serdes.excel.IonToExcel")
class IonToExcel(DateWriter):
    """Write rows as a sheet of an Excel workbook, or several files as a sheet each."""

    extension = ".xlsx"
    packages: ClassVar[tuple[str, ...]] = (EXCEL,)

    from_: Any = prop(ANY, yaml="from")
    charset: Text = prop(STRING, default="UTF-8", ignored=True)
    sheets_title: Text = prop(STRING, default="Sheet")
    header: Flag = prop(BOOLEAN, default=True)
    styles: Flag = prop(BOOLEAN, default=True)

    def _converted(self, run: RunContext, stop: Stop) -> dict[str, Any]:
        if isinstance(self.from_, dict):
            sheets = {
                run.text(title) or "": run.text(uri) or "" for title, uri in self.from_.items()
            }
        else:
            sheets = {run.text(self.sheets_title) or "": run.text(self.from_) or ""}
        openpyxl = _library("openpyxl")
        target = target_path(run, self.extension)
        with closing(openpyxl.Workbook(write_only=True)) as workbook:
            size = 0
            try:
                for title, uri in sheets.items():
                    sheet = _new_sheet(workbook, title)
                    size += self._write(run, sheet, stop.each(plain_rows(source_path(run, uri))))
            except BaseException:
                for sheet in workbook.worksheets:
                    sheet.close()
                raise
            workbook.save(target)
        run.metric("counter", "records", size)
        return {"uri": run.put_file(target, target.name), "size": size}

    def _write(self, run: RunContext, sheet: Any, rows: Iterator[Any]) -> int:
        header, count, first = run.flag(self.header), 0, True
        cell = self._cell(run, sheet)
        written = 0

        def append(values: Any) -> None:
            nonlocal written
            written += 1
            if written > MOST_ROWS:
                raise TaskFailure(f"A sheet has no more than {MOST_ROWS} rows")
            sheet.append([cell(value) for value in values])

        for row in rows:
            count += 1
            if isinstance(row, dict):
                if first and header:
                    append(row)
                first = False
                append(row.values())
            elif isinstance(row, list):
                if header:
                    raise TaskFailure("Invalid data of type List with header")
                append(row)
        return count

    def _cell(self, run: RunContext, sheet: Any) -> Callable[[Any], Any]:
        """A function that makes a cell of a value. A text is never taken for a formula, but for one marked as such."""
        from decimal import Decimal

        from flowrt.java.printing import text_of

        make = _library("openpyxl.cell").WriteOnlyCell
        style = run.text(self.date_format) if run.flag(self.styles) else None
        zone = zone_of_property(run, self.time_zone_id)

        def cell(value: Any) -> Any:
            if value is None or isinstance(value, bool):
                return make(sheet, value)
            if isinstance(value, (int, float, Decimal)):
                if isinstance(value, int) and not LONG_MIN <= value <= LONG_MAX:
                    return _text_cell(make, sheet, str(int(value)))
                exact = isinstance(value, int) and abs(value) <= INT_MAX
                return make(sheet, int(value) if exact else float(value))
            serial = _serial(value, zone)
            if serial is not None:
                found = make(sheet, serial)
                if style is not None:
                    found.number_format = style
                return found
            text = text_of(value)
            if text.startswith(_FORMULA):
                return make(sheet, "=" + text.removeprefix(_FORMULA))
            return _text_cell(make, sheet, text)

        return cell


def _new_sheet(workbook: Any, title: str) -> Any:
    try:
        return workbook.create_sheet(title)
    except ValueError:
        raise TaskFailure(f"'{title}' cannot be the title of a sheet") from None


def _text_cell(make: Any, sheet: Any, text: str) -> Any:
    if len(text) > LONGEST_TEXT:
        raise TaskFailure(f"A cell has no more than {LONGEST_TEXT} characters")
    try:
        found = make(sheet, text)
    except _library("openpyxl.utils.exceptions").IllegalCharacterError:
        raise TaskFailure("A text has control characters, which a cell cannot have") from None
    found.data_type = "s"
    return found


def _serial(value: Any, zone: Any) -> float | None:
    """The days since the end of 1899 of a date; None for what is none."""
    from flowrt.java.time.temporal import Instant, LocalDate, LocalDateTime

    if isinstance(value, Instant):
        value = value.at_zone(zone).date
    if isinstance(value, LocalDate):
        return float(value.epoch_day() + 25569)
    if isinstance(value, LocalDateTime):
        return value.epoch_nanos() / 86_400e9 + 25569
    return None
