"""Rows of a file put into a table."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any, ClassVar, cast

from flowrt.model.declare import BOOLEAN as FLAG
from flowrt.model.declare import DURATION, INTEGER, STRING, Kind, enum, listing, prop
from flowrt.model.failures import TaskFailure, required
from flowrt.plugins.jdbc.base import Database, DatabaseError
from flowrt.plugins.jdbc.statements import identifier, with_marks
from flowrt.plugins.stored import Stop, plain_rows, source_path
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Text

INPUT_HANDLING = enum("AUTO", "STREAM", "LOCAL")
RETRY_SCOPE = enum("NONE", "INPUT", "ALL")
LOCAL_BUFFER = 100 * 1024 * 1024


class Insert:
    """The statement of a batch, the columns of rows that are maps, and how far it has come."""

    def __init__(self, sql: str, columns: list[str]) -> None:
        self.sql = sql
        self.columns = columns
        self.width = sql.count("?")
        self.rows = 0
        self.updated = 0
        self.queries = 0

    def values(self, row: Any) -> list[Any]:
        """The values of a row, in the order of the places."""
        if isinstance(row, list):
            return row
        if not isinstance(row, dict):
            raise TaskFailure("A row is neither a map nor a list")
        if self.columns:
            return [row.get(column) for column in self.columns]
        values = list(row.values())
        return values + [None] * (self.width - len(values))


class JdbcBatch(Database):
    """Put the rows of a file into a table, many at once."""

    outputs: ClassVar[dict[str, Kind] | None] = {"rowCount": INTEGER, "updatedCount": INTEGER}
    quote: ClassVar[str] = '"'

    time_zone_id: Text | None = prop(STRING, default=None)
    from_: Text = prop(STRING, yaml="from")
    sql: Text | None = prop(STRING, default=None)
    chunk: Integer = prop(INTEGER, default=1000)
    columns: Listing | None = prop(listing(STRING), default=None)
    table: Text | None = prop(STRING, default=None)
    max_retries: Integer = prop(INTEGER, default=3)
    retry_backoff: Text = prop(DURATION, default="PT1S")
    input_handling: Text = prop(INPUT_HANDLING, default="AUTO")
    local_buffer_max_bytes: Integer = prop(INTEGER, default=LOCAL_BUFFER)
    resume_on_retry: Flag = prop(FLAG, default=True)
    retry_scope: Text = prop(RETRY_SCOPE, default="INPUT")

    async def run(self, run: RunContext) -> dict[str, Any]:
        stop = Stop(run)
        source = source_path(run, required_text(run, self.from_))
        most = int(required(run.integer(self.local_buffer_max_bytes)))
        local = run.constant(self.input_handling, INPUT_HANDLING) == "LOCAL"
        if local and source.stat().st_size > most:
            raise TaskFailure(
                f"Input file exceeds `localBufferMaxBytes` ({most} bytes) while using LOCAL input handling."
            )
        pause = run.duration(self.retry_backoff) or 1.0
        again = run.constant(self.retry_scope, RETRY_SCOPE) == "ALL"
        attempts = int(required(run.integer(self.max_retries))) if again else 0
        insert = cast("Insert", await run.in_thread(lambda: self._insert(run, stop)))
        run.log("DEBUG", f"Starting prepared statement: {insert.sql}")
        while True:
            try:
                await run.in_thread(lambda: self._attempt(run, stop, source, insert))
                break
            except DatabaseError as error:
                if not error.lost or attempts <= 0:
                    raise
                attempts -= 1
                run.log("WARN", f"The connection was lost and is opened again: {error}")
                await run.sleep(pause)
                pause = min(pause * 2, 2 * (run.duration(self.retry_backoff) or 1.0))
        run.metric("counter", "records", insert.rows)
        run.metric("counter", "updated", insert.updated)
        run.log(
            "INFO",
            f"Successfully executed {insert.queries} bulk queries and updated {insert.updated} rows",
        )
        return {"rowCount": insert.rows, "updatedCount": insert.updated}

    def _insert(self, run: RunContext, stop: Stop) -> Insert:
        """The statement: as it is given, or made for a table."""
        columns = [str(each) for each in run.listing(self.columns) or []]
        table, sql = run.text(self.table), run.text(self.sql)
        if sql is not None:
            if table is not None:
                run.log("INFO", f"table '{table}' is ignored when sql is provided")
            return Insert(sql, columns)
        if table is None:
            raise TaskFailure("Either `sql` or `table` is needed")
        if not columns:
            with self.failures(stop), self.connection(run, stop) as connection:
                columns = self._columns(connection, table)
            run.log("DEBUG", f"fetched {len(columns)} column(s) from {table}")
        names = ", ".join(identifier(each, self.quote) for each in columns)
        marks = ", ".join("?" * len(columns))
        return Insert(
            f"INSERT INTO {identifier(table, self.quote)} ({names}) VALUES ({marks})", columns
        )

    def _columns(self, connection: Any, table: str) -> list[str]:
        """The names of the columns of a table."""
        with closing(connection.cursor()) as cursor:
            cursor.execute(f"SELECT * FROM {identifier(table, self.quote)} WHERE 1 = 0")
            names = [str(column[0]) for column in cursor.description]
        return names

    def _attempt(self, run: RunContext, stop: Stop, source: Path, insert: Insert) -> None:
        skip = insert.rows if run.flag(self.resume_on_retry, True) else 0
        if not skip:
            insert.rows = insert.updated = 0
        size = int(required(run.integer(self.chunk)))
        if size < 1:
            raise TaskFailure("`chunk` must be greater than 0")
        text = with_marks(insert.sql, self.places)
        with self.failures(stop), self.connection(run, stop) as connection:
            binders = self.binders(connection, insert)
            self.begin(connection, True)
            with closing(connection.cursor()) as cursor:
                for rows in _chunks(stop.each(plain_rows(source)), skip, size):
                    values = [_bound(insert.values(row), binders, self.bind) for row in rows]
                    insert.updated += self.insert_many(cursor, text, values)
                    self.commit(connection)
                    insert.rows += len(rows)
                    insert.queries += 1

    def binders(self, connection: Any, insert: Insert) -> list[Callable[[Any], Any]]:
        """How the values of the places are bound, where that depends on the types of the columns."""
        return []

    def insert_many(self, cursor: Any, sql: str, rows: list[list[Any]]) -> int:
        """Run a statement for many rows; answers how many rows of the table that changed."""
        cursor.executemany(sql, rows)
        return max(int(cursor.rowcount), 0) if cursor.rowcount is not None else 0


def _bound(
    values: list[Any], binders: list[Callable[[Any], Any]], bind: Callable[[Any], Any]
) -> list[Any]:
    if len(binders) != len(values):
        return [bind(value) for value in values]
    return [binder(value) for binder, value in zip(binders, values, strict=True)]


def _chunks(rows: Iterator[Any], skip: int, size: int) -> Iterator[list[Any]]:
    from itertools import islice

    rows = islice(rows, skip, None)
    while chunk := list(islice(rows, size)):
        yield chunk
