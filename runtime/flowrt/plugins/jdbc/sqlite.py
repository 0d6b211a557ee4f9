"""SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.java.errors import RawError
from flowrt.model.declare import STRING, Kind, prop, task_type
from flowrt.plugins.jdbc.address import rest_of
from flowrt.plugins.jdbc.base import JdbcQueries, JdbcQuery, standard
from flowrt.plugins.jdbc.embedded import QUERIES, QUERY, Embedded

if TYPE_CHECKING:
    from pathlib import Path

    from flowrt.java.time.temporal import Zone
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Text


class DeclaredText(str):
    """A text of a column that is declared as a date or time, which SQLite itself does not know."""

    kind: str


def _declared(kind: str) -> Any:
    def convert(data: bytes) -> DeclaredText:
        found = DeclaredText(data.decode("utf-8", "replace"))
        found.kind = kind
        return found

    return convert


class Sqlite(Embedded):
    """What all types of SQLite share."""

    product: ClassVar[str] = "SQLite"
    errors: ClassVar[tuple[str, str]] = ("sqlite3", "Error")

    url: Text = prop(STRING, default="jdbc:sqlite:")
    sqlite_file: Text | None = prop(STRING, default=None)

    def place(self, run: RunContext) -> tuple[str, Path]:
        from pathlib import Path

        from flowrt.services.folders import temporary_name

        folder = run.working_dir
        rest = rest_of(run.text(self.url) or "", "sqlite").partition("?")[0].strip()
        memory = rest.lower() in ("", ":memory:") or rest.lower().startswith("file::memory:")
        if self.sqlite_file is None and not run.flag(self.output_db_file):
            if memory:
                return ":memory:", folder
            return (rest if Path(rest).is_absolute() else str(folder / rest)), folder
        path = folder / (temporary_name(".sqlite") if memory else Path(rest).name)
        if self.sqlite_file is not None:
            path.write_bytes(run.open_file(run.text(self.sqlite_file) or ""))
        return str(path), folder

    def connect(self, run: RunContext, database: str, folder: Path, sql: str) -> Any:
        import sqlite3

        for kind in ("date", "datetime", "time", "timestamp"):
            sqlite3.register_converter(kind, _declared(kind))
        return sqlite3.connect(
            database,
            detect_types=sqlite3.PARSE_DECLTYPES,
            isolation_level=None,
            check_same_thread=False,
        )

    def begin(self, connection: Any, transaction: bool) -> None:
        if transaction:
            connection.execute("BEGIN")

    def cancel(self, connection: Any) -> None:
        connection.interrupt()

    def is_lost(self, error: Exception) -> bool:
        return False

    def bind(self, value: Any) -> Any:
        found = super().bind(value)
        if isinstance(found, (str, int, float, bytes)) or found is None:
            return found
        return float(found) if type(found).__name__ == "Decimal" else str(value)

    def cells(self, run: RunContext, connection: Any, cursor: Any, zone: Zone) -> list[Any]:
        plain = standard(zone)

        def cell(value: Any) -> Any:
            return _moment(value, zone) if isinstance(value, DeclaredText) else plain(value)

        return [cell for _ in cursor.description]


def _moment(text: DeclaredText, zone: Zone) -> Any:
    """What a column holds that is declared as a date or time. Raises RawError for other texts."""
    from flowrt.java.time.isoparse import (
        parse_local_date,
        parse_local_date_time,
        parse_local_time,
        parse_zoned,
    )
    from flowrt.java.time.temporal import Instant, LocalDateTime, LocalTime, Zoned

    value = str(text)
    if value.lstrip("-").isdecimal():
        found = Instant(int(value) * 1_000_000)
        return found.at_zone(zone).date if text.kind == "date" else found
    if text.kind == "date":
        return parse_local_date(value)
    if text.kind == "time":
        return parse_local_time(value)
    iso = value.replace(" ", "T", 1)
    for parse in (parse_zoned, parse_local_date_time):
        try:
            moment = parse(iso)
        except RawError:
            continue
        zoned = moment if isinstance(moment, Zoned) else Zoned.of_local(moment, zone)
        return zoned.to_instant()
    return Zoned.of_local(LocalDateTime(parse_local_date(iso), LocalTime(0)), zone).to_instant()


@task_type("io.kestra.plugin.jdbc.sqlite.Query")
class SqliteQuery(Sqlite, JdbcQuery):
    """Run a statement in SQLite."""

    outputs: ClassVar[dict[str, Kind] | None] = QUERY


@task_type("io.kestra.plugin.jdbc.sqlite.Queries")
class SqliteQueries(Sqlite, JdbcQueries):
    """Run statements in SQLite."""

    outputs: ClassVar[dict[str, Kind] | None] = QUERIES
