"""Files copied into PostgreSQL, and out of it."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any, ClassVar, cast

from flowrt.model.declare import BOOLEAN, INTEGER, STRING, URI, Kind, enum, listing, prop, task_type
from flowrt.model.failures import TaskFailure, required
from flowrt.plugins.jdbc.postgresql import Postgresql
from flowrt.plugins.jdbc.statements import identifier, literal, split
from flowrt.plugins.stored import Stop, source_path, target_path
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Text

FORMAT = enum("TEXT", "CSV", "BINARY")
CHUNK = 256 * 1024


class PostgresqlCopy(Postgresql):
    """What both directions share."""

    connection_pooling: Flag | None = prop(BOOLEAN, default=None, ignored=True)
    connection_pool_size: Integer | None = prop(INTEGER, default=None, ignored=True)
    table: Text | None = prop(STRING, default=None)
    columns: Listing | None = prop(listing(STRING), default=None)
    format: Text = prop(FORMAT, default="TEXT")
    oids: Flag | None = prop(BOOLEAN, default=None)
    freeze: Flag | None = prop(BOOLEAN, default=None)
    delimiter: Text | None = prop(STRING, default=None)
    null_string: Text | None = prop(STRING, default=None)
    header: Flag | None = prop(BOOLEAN, default=None)
    quote: Text | None = prop(STRING, default=None)
    escape: Text | None = prop(STRING, default=None)
    force_quote: Listing | None = prop(listing(STRING), default=None)
    force_not_null: Listing | None = prop(listing(STRING), default=None)
    force_null: Listing | None = prop(listing(STRING), default=None)
    encoding: Text | None = prop(STRING, default=None)
    socket_timeout: Integer | None = prop(INTEGER, default=None)

    def settings(self, run: RunContext) -> list[str]:
        seconds = run.integer(self.socket_timeout)
        return [f"-c statement_timeout={seconds * 1000}"] if seconds else []

    def statement(self, run: RunContext, query: str | None, direction: str) -> str:
        """The COPY of a table, or of a query. Raises TaskFailure when there is neither."""
        if query is None:
            table = run.text(self.table)
            if table is None:
                raise TaskFailure("Either `table` or `sql` is needed")
            what = identifier(table) + _names(run.listing(self.columns), " ({})")
        else:
            what = f"({query})"
        options = self._options(run)
        return f"COPY {what} {direction}" + (f" WITH ({', '.join(options)})" if options else "")

    def _options(self, run: RunContext) -> list[str]:
        form = str(required(run.constant(self.format, FORMAT)))
        found = [] if form == "TEXT" else [f"FORMAT {form}"]
        found += [
            name
            for name, value in (("OIDS", self.oids), ("FREEZE", self.freeze))
            if run.flag(value)
        ]
        texts = (
            ("DELIMITER", self.delimiter),
            ("NULL", self.null_string),
            ("QUOTE", self.quote),
            ("ESCAPE", self.escape),
            ("ENCODING", self.encoding),
        )
        for name, value in texts:
            if value is not None:
                found.append(f"{name} {literal(run.text(value) or '')}")
        if self.header is not None:
            found.append(f"HEADER {str(run.flag(self.header)).upper()}")
        forced = run.listing(self.force_quote)
        found += ["FORCE_QUOTE *"] if forced == ["*"] else [_names(forced, "FORCE_QUOTE ({})")]
        found.append(_names(run.listing(self.force_not_null), "FORCE_NOT_NULL ({})"))
        found.append(_names(run.listing(self.force_null), "FORCE_NULL ({})"))
        return [each for each in found if each]

    async def copied(self, run: RunContext, sql: str, transfer: Callable[[Any, Stop], None]) -> int:
        """Run a COPY; `transfer` moves the data. Answers how many rows went over."""
        stop = Stop(run)

        def work() -> int:
            with self.failures(stop), self.connection(run, stop) as connection:
                run.log("DEBUG", f"Starting query: {sql}")
                with closing(connection.cursor()) as cursor:
                    with cursor.copy(sql) as copy:
                        transfer(copy, stop)
                    return int(cursor.rowcount)

        rows = cast("int", await run.in_thread(work))
        run.metric("counter", "rows", rows)
        return rows


def _names(names: list[Any] | None, form: str) -> str:
    """Names of columns in a form; nothing when there are none."""
    return form.format(", ".join(identifier(str(name)) for name in names)) if names else ""


@task_type("io.kestra.plugin.jdbc.postgresql.CopyIn")
class PostgresqlCopyIn(PostgresqlCopy):
    """Copy a file into a table of PostgreSQL."""

    outputs: ClassVar[dict[str, Kind] | None] = {"rowCount": INTEGER}

    from_: Text = prop(STRING, yaml="from")

    async def run(self, run: RunContext) -> dict[str, Any]:
        source = source_path(run, required_text(run, self.from_))

        def transfer(copy: Any, stop: Stop) -> None:
            with source.open("rb") as file:
                while data := file.read(CHUNK):
                    stop.check()
                    copy.write(data)

        return {
            "rowCount": await self.copied(run, self.statement(run, None, "FROM STDIN"), transfer)
        }


@task_type("io.kestra.plugin.jdbc.postgresql.CopyOut")
class PostgresqlCopyOut(PostgresqlCopy):
    """Copy a table of PostgreSQL, or what a query answers, into a file."""

    outputs: ClassVar[dict[str, Kind] | None] = {"uri": URI, "rowCount": INTEGER}

    sql: Text | None = prop(STRING, default=None)

    async def run(self, run: RunContext) -> dict[str, Any]:
        query = run.text(self.sql)
        if query is not None:
            statements = split(query)
            if len(statements) != 1:
                raise TaskFailure("`sql` must be a single SQL statement")
            query = statements[0]
        target = target_path(run, ".tmp")

        def transfer(copy: Any, stop: Stop) -> None:
            with target.open("wb") as file:
                for data in stop.each(copy):
                    file.write(data)

        rows = await self.copied(run, self.statement(run, query, "TO STDOUT"), transfer)
        return {"uri": run.put_file(target, target.name), "rowCount": rows}
