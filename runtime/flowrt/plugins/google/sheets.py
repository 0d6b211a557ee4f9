"""Google Sheets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote, urlencode

from flowrt.model.declare import (
    BOOLEAN,
    INTEGER,
    STRING,
    URI,
    Declared,
    Kind,
    enum,
    listing,
    mapping,
    prop,
    record,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.plugins.files.remote import extension
from flowrt.plugins.google.auth import Google
from flowrt.plugins.rows import given_rows, stored
from flowrt.plugins.stored import open_text
from flowrt.tasks.storage import charset_of, required_text, stored_path

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Text

from flowrt.plugins.google.drive import DRIVE
from flowrt.plugins.google.workspace import SCOPE, WorkspaceTask

SHEETS = "https://sheets.googleapis.com/v4/spreadsheets"
VALUES = enum("FORMATTED_VALUE", "UNFORMATTED_VALUE", "FORMULA")
DATES = enum("SERIAL_NUMBER", "FORMATTED_STRING")


class SheetsTask(WorkspaceTask):
    """What the tasks of Sheets share."""

    scopes: Listing = prop(listing(STRING), default=[f"{SCOPE}/spreadsheets"])


class _SheetsRead(SheetsTask):
    spreadsheet_id: Text = prop(STRING)
    value_render: Text = prop(VALUES, default="UNFORMATTED_VALUE")
    date_time_render: Text = prop(DATES, default="FORMATTED_STRING")
    header: Flag = prop(BOOLEAN, default=True)
    fetch: Flag = prop(BOOLEAN, default=False)
    store: Flag = prop(BOOLEAN, default=True)

    def _rows(self, run: RunContext, google: Google, span: str) -> list[Any]:
        """The rows of a range: maps by the names of the first row, or lists."""
        asked = urlencode(
            {
                "valueRenderOption": run.constant(self.value_render, VALUES) or "",
                "dateTimeRenderOption": run.constant(self.date_time_render, DATES) or "",
            }
        )
        number = quote(required_text(run, self.spreadsheet_id), safe="")
        found = google.ask("GET", f"{SHEETS}/{number}/values/{quote(span, safe='')}?{asked}") or {}
        rows: list[list[Any]] = found.get("values") or []
        if not run.flag(self.header, True):
            return rows
        if not rows:
            return []
        names = [str(each) for each in rows[0]]
        return [
            {name: row[at] if at < len(row) else None for at, name in enumerate(names)}
            for row in rows[1:]
        ]


@task_type("io.kestra.plugin.googleworkspace.sheets.Read")
class SheetsRead(_SheetsRead):
    """Read the sheets of a spreadsheet."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "rows": mapping(listing()),
        "size": INTEGER,
        "uris": mapping(URI),
    }

    selected_sheets_title: Listing | None = prop(listing(STRING), default=None)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        number = quote(required_text(run, self.spreadsheet_id), safe="")
        about = google.ask("GET", f"{SHEETS}/{number}?fields=sheets.properties") or {}
        titles = [each["properties"]["title"] for each in about.get("sheets") or ()]
        wanted = run.listing(self.selected_sheets_title)
        titles = [each for each in titles if wanted is None or each in wanted]
        rows = {each: self._rows(run, google, f"'{each}'") for each in titles}
        size = sum(map(len, rows.values()))
        if run.flag(self.fetch):
            return {"rows": rows, "size": size}
        return {"uris": {each: stored(run, found)[0] for each, found in rows.items()}, "size": size}


@task_type("io.kestra.plugin.googleworkspace.sheets.ReadRange")
class SheetsReadRange(_SheetsRead):
    """Read a range of a spreadsheet."""

    outputs: ClassVar[dict[str, Kind] | None] = {"rows": listing(), "size": INTEGER, "uri": URI}

    range: Text | None = prop(STRING, default=None)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        rows = self._rows(run, google, required_text(run, self.range))
        if run.flag(self.fetch):
            return {"rows": rows, "size": len(rows)}
        return {"uri": stored(run, rows)[0], "size": len(rows)}


class SheetCsvOptions(Declared):
    """How CSV is read."""

    field_delimiter: Text | None = prop(STRING, default=None)
    skip_leading_rows: Integer | None = prop(INTEGER, default=None)
    quote: Text | None = prop(STRING, default=None)
    encoding: Text = prop(STRING, default="UTF-8")


@task_type("io.kestra.plugin.googleworkspace.sheets.Load")
class SheetsLoad(SheetsTask):
    """Write the rows of a stored file into a spreadsheet."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "range": STRING,
        "rows": INTEGER,
        "columns": INTEGER,
    }

    spreadsheet_id: Text = prop(STRING)
    from_: Text | None = prop(STRING, yaml="from", default=None)
    range: Text = prop(STRING, default="Sheet1")
    header: Flag = prop(BOOLEAN, default=False)
    format: Text | None = prop(enum("ION", "CSV", "AVRO", "PARQUET", "ORC", "JSON"), default=None)
    insert_type: Text = prop(enum("UPDATE", "OVERWRITE", "APPEND"), default="UPDATE")
    csv_options: SheetCsvOptions | None = prop(record(SheetCsvOptions), default=None)
    avro_schema: Text | None = prop(STRING, default=None, ignored=True)

    def _table(self, run: RunContext) -> list[list[Any]]:
        uri = required_text(run, self.from_)
        kind = run.text(self.format) or extension(uri)[1:].upper()
        if kind == "CSV":
            import csv

            how = self.csv_options or SheetCsvOptions()
            encoding = charset_of(run, how.encoding)
            with open_text(stored_path(run, uri), encoding, newline="") as file:
                rows = list(
                    csv.reader(
                        file,
                        delimiter=run.text(how.field_delimiter) or ",",
                        quotechar=run.text(how.quote) or '"',
                    )
                )
            return [list(each) for each in rows[run.integer(how.skip_leading_rows) or 0 :]]
        if kind not in ("ION", "JSON", "JSONL", "TMP"):
            raise TaskFailure(
                f"rows of the format {kind} cannot be written into a spreadsheet here"
            )
        found = list(given_rows(run, uri))
        table: list[list[Any]] = []
        if found and isinstance(found[0], dict) and run.flag(self.header):
            table.append([str(each) for each in found[0]])
        table += [list(each.values()) if isinstance(each, dict) else list(each) for each in found]
        return [[_cell(each) for each in row] for row in table]

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        table, span = self._table(run), run.text(self.range) or "Sheet1"
        number = quote(required_text(run, self.spreadsheet_id), safe="")
        url = f"{SHEETS}/{number}/values/{quote(span, safe='')}"
        how = run.text(self.insert_type) or "UPDATE"
        body = {"range": span, "majorDimension": "ROWS", "values": table}
        if how == "OVERWRITE":
            google.ask("POST", f"{url}:clear", json={})
        if how == "APPEND":
            answer = google.ask("POST", f"{url}:append?valueInputOption=RAW", json=body) or {}
            told = answer.get("updates") or {}
        else:
            told = google.ask("PUT", f"{url}?valueInputOption=RAW", json=body) or {}
        return {
            "range": told.get("updatedRange") or span,
            "rows": told.get("updatedRows") or len(table),
            "columns": told.get("updatedColumns") or max(map(len, table), default=0),
        }


def _cell(value: Any) -> Any:
    """A value as JSON has it; what is neither text nor number nor boolean as text."""
    if value is None:
        return ""
    if isinstance(value, (str, bool, int, float)):
        return value
    from flowrt.java.printing import text_of

    return text_of(value)


@task_type("io.kestra.plugin.googleworkspace.sheets.CreateSpreadsheet")
class SheetsCreateSpreadsheet(SheetsTask):
    """Make a spreadsheet."""

    outputs: ClassVar[dict[str, Kind] | None] = {"spreadsheetId": STRING, "spreadsheetUrl": STRING}

    title: Text = prop(STRING)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        wanted = {"properties": {"title": required_text(run, self.title)}}
        found = google.ask("POST", SHEETS, json=wanted)
        return {
            "spreadsheetId": found.get("spreadsheetId"),
            "spreadsheetUrl": found.get("spreadsheetUrl"),
        }


@task_type("io.kestra.plugin.googleworkspace.sheets.DeleteSpreadsheet")
class SheetsDeleteSpreadsheet(SheetsTask):
    """Delete a spreadsheet."""

    scopes: Listing = prop(listing(STRING), default=[f"{SCOPE}/spreadsheets", f"{SCOPE}/drive"])
    outputs: ClassVar[dict[str, Kind] | None] = {"spreadsheetId": STRING}

    spreadsheet_id: Text = prop(STRING)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        number = required_text(run, self.spreadsheet_id)
        google.exchange("DELETE", f"{DRIVE}/files/{quote(number, safe='')}")
        return {"spreadsheetId": number}
