"""What all databases share: how a connection is opened and ended, how statements run, what becomes of their rows."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, cast

from flowrt.java.values import INT_MAX, LONG_MAX, LONG_MIN
from flowrt.model.declare import (
    ANY,
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
)
from flowrt.model.failures import TaskFailure, required
from flowrt.model.task import Elsewhere, Task
from flowrt.plugins.jdbc.statements import split, with_places
from flowrt.plugins.stored import Stop, target_path
from flowrt.plugins.values import engine_value, host_zone, zoned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flowrt.java.time.temporal import Zone
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Mapping, Text

FETCH_TYPE = enum("STORE", "FETCH", "FETCH_ONE", "NONE")
CONNECT_TIMEOUT = 30
"""Seconds to wait for a connection."""


class DatabaseError(TaskFailure):
    """What the database said; `lost` when the connection is gone, so that another try may help."""

    def __init__(self, message: str, lost: bool = False) -> None:
        super().__init__(message)
        self.lost = lost


class Database(Task):
    """A kind of database: its driver, and what differs from other drivers."""

    product: ClassVar[str] = ""
    """The name of the database, for messages."""
    places: ClassVar[str] = "?"
    """How the driver writes the place of a parameter: `?`, `%s`, `:1`, `%(p)s`."""
    transactions: ClassVar[bool] = True
    """It has transactions."""
    several: ClassVar[bool] = False
    """A `Query` may hold several statements."""
    errors: ClassVar[tuple[str, str]] = ("", "Error")
    """Module and name of the driver's failures."""

    url: Text = prop(STRING)
    username: Text | None = prop(STRING, default=None)
    password: Text | None = prop(STRING, default=None)
    connection_pooling: Flag | None = prop(BOOLEAN, default=True, ignored=True)
    connection_pool_size: Integer | None = prop(INTEGER, default=10, ignored=True)

    # ---- what drivers do in their own way ---------------------------------------------------------------------------

    def open(self, run: RunContext) -> Any:
        """A new connection."""
        raise NotImplementedError

    def begin(self, connection: Any, transaction: bool) -> None:
        """From now on statements belong to a transaction, or each is committed."""
        if self.transactions:
            connection.autocommit = not transaction

    def commit(self, connection: Any) -> None:
        """Make what a transaction has done last."""
        if self.transactions:
            connection.commit()

    def cancel(self, connection: Any) -> None:
        """End what runs on a connection, from another thread."""
        connection.close()

    def cursor(self, connection: Any, streaming: bool) -> Any:
        """A cursor; a streaming one does not take all rows at once."""
        return connection.cursor()

    def cells(self, run: RunContext, connection: Any, cursor: Any, zone: Zone) -> list[Any]:
        """A function for each column that makes a value of the engine of a value of the driver."""
        convert = standard(zone)
        return [convert for _ in cursor.description]

    def bind(self, value: Any) -> Any:
        """A value of the engine as the driver takes it."""
        return python_value(value)

    def message(self, error: Exception) -> str:
        """What the database said, out of a failure of the driver."""
        texts = [each for each in error.args if isinstance(each, (str, bytes))]
        found = texts[-1] if texts else type(error).__name__
        return found.decode("utf-8", "replace") if isinstance(found, bytes) else found

    def is_lost(self, error: Exception) -> bool:
        """Whether a failure means that the connection is gone."""
        return type(error).__name__ in ("OperationalError", "InterfaceError")

    # ---- what follows from that -------------------------------------------------------------------------------------

    def secret(self, run: RunContext) -> str | None:
        """The password."""
        return run.text(self.password)

    @contextmanager
    def failures(self, stop: Stop) -> Iterator[None]:
        """Failures of the driver inside become those of the task."""
        import sys

        try:
            yield
        except TaskFailure:
            raise
        except RecursionError:
            raise TaskFailure("A value is nested too deeply") from None
        except Exception as error:
            module = sys.modules.get(self.errors[0])
            known = getattr(module, self.errors[1], ()) if module is not None else ()
            if isinstance(error, known or ()):
                stop.check()
                raise DatabaseError(self.message(error), self.is_lost(error)) from None
            if isinstance(error, (OSError, ValueError, OverflowError)):
                stop.check()
                raise DatabaseError(
                    f"{self.product} cannot take or give a value, or cannot be reached", True
                ) from None
            raise

    @contextmanager
    def connection(
        self, run: RunContext, stop: Stop, open: Callable[[], Any] | None = None
    ) -> Iterator[Any]:
        """A connection, closed at the end; a kill or a timeout ends what runs on it."""
        from _thread import start_new_thread

        opened = self.open(run) if open is None else open()
        open_ = True

        def end() -> None:
            try:
                if open_:
                    self.cancel(opened)
            except Exception:
                pass  # it has ended by itself meanwhile

        def told() -> None:
            start_new_thread(end, ())  # the engine does not wait for a server

        run.on_kill(told)
        try:
            stop.check()
            yield opened
        finally:
            open_ = False
            try:
                opened.close()
            except Exception:
                run.log("DEBUG", "The connection could not be closed")


def standard(zone: Zone) -> Callable[[Any], Any]:
    """Makes values of the engine: date-times are seen in a zone, integers beyond 64 bit are texts."""

    def moment(value: Any) -> Any:
        return zoned(value, zone).in_zone(zone)

    def convert(value: Any) -> Any:
        if type(value) is int and not LONG_MIN <= value <= LONG_MAX:
            return str(value)
        return engine_value(value, moment)

    return convert


def json_cell(value: Any) -> Any:
    """A JSON text as its value; what is none stays text."""
    if not isinstance(value, str):
        return engine_value(value)
    from flowrt.formats.jsonread import JsonError, parse_json

    try:
        return parse_json(value)
    except JsonError:
        return value


def python_value(value: Any) -> Any:
    """A value of the engine as DB-API takes it; maps and lists as JSON."""
    import datetime

    kind = type(value).__name__
    if isinstance(value, (dict, list)):
        from flowrt.formats.jsonwrite import to_json

        return to_json(value)
    if kind in ("ByteArray", "bytes"):
        return bytes(value)
    if kind == "LocalDate":
        return datetime.date(value.year, value.month, value.day)
    if kind == "LocalTime":
        return _time(value)
    if kind == "LocalDateTime":
        return _date_time(value)
    if kind in ("Instant", "Zoned", "LegacyDate"):
        from flowrt.java.time.temporal import offset_zone

        instant = value if kind == "Instant" else value.to_instant()
        utc = instant.at_zone(offset_zone(0)).local
        return _date_time(utc).replace(tzinfo=datetime.UTC)
    for plain in (bool, int, float, str):
        if isinstance(value, plain):
            return plain(value)
    if value is None or kind == "Decimal":
        return value
    return str(value)


def _time(value: Any) -> Any:
    import datetime

    return datetime.time(value.hour, value.minute, value.second, value.nano // 1000)


def _date_time(value: Any) -> Any:
    import datetime

    date = value.date
    return datetime.datetime.combine(
        datetime.date(date.year, date.month, date.day), _time(value.time)
    )


def _given(values: list[Any], places: str) -> Any:
    """The values as the driver takes them: in order, or by the names of their places."""
    if places != "%(p)s":
        return values
    return {f"p{number}": value for number, value in enumerate(values, 1)}


class Rows(Declared):
    """What one statement answered."""

    row: Any = prop(mapping(ANY), default=None)
    rows: Any = prop(listing(mapping(ANY)), default=None)
    uri: Any = prop(URI, default=None)
    size: Any = prop(INTEGER, default=None)


class Querying(Database):
    """What `Query` and `Queries` share."""

    elsewhere: ClassVar[tuple[Elsewhere, ...]] = (
        Elsewhere(("outputFiles",), "the database cannot write to the files of this machine"),
    )

    time_zone_id: Text | None = prop(STRING, default=None)
    sql: Text = prop(STRING)
    after_sql: Text | None = prop(STRING, yaml="afterSQL", default=None)
    store: bool = prop(BOOLEAN, static=True, default=False)
    fetch_one: bool = prop(BOOLEAN, static=True, default=False)
    fetch: bool = prop(BOOLEAN, static=True, default=False)
    fetch_type: Text = prop(FETCH_TYPE, default="NONE")
    fetch_size: Integer = prop(INTEGER, default=10000)
    parameters: Mapping | None = prop(mapping(ANY), default=None)
    output_files: Listing | None = prop(listing(STRING), default=None)

    async def run(self, run: RunContext) -> dict[str, Any]:
        stop = Stop(run)

        def work() -> dict[str, Any]:
            with self.failures(stop):
                return self.work(run, stop)

        return cast("dict[str, Any]", await run.in_thread(work))

    def work(self, run: RunContext, stop: Stop) -> dict[str, Any]:
        """Run the statements; answers the outputs."""
        with self.connection(run, stop) as connection:
            return self.answer(run, connection, stop, {})

    def answer(
        self, run: RunContext, connection: Any, stop: Stop, variables: dict[str, Any]
    ) -> dict[str, Any]:
        """Run the statements on a connection; `variables` are more names for their expressions."""
        raise NotImplementedError

    def rewritten(self, sql: str, variables: dict[str, Any]) -> str:
        """The text of a query as the database gets it."""
        return sql

    def wanted(self, run: RunContext) -> str:
        """What is to become of rows: the older flags go before `fetchType`."""
        if self.fetch:
            return "FETCH"
        if self.fetch_one:
            return "FETCH_ONE"
        if self.store:
            return "STORE"
        return str(required(run.constant(self.fetch_type, FETCH_TYPE)))

    def execute(self, run: RunContext, connection: Any, sql: str, streaming: bool) -> Any:
        """Run a statement; answers its cursor."""
        cursor = self.cursor(connection, streaming)
        values = None
        text = sql
        given = run.mapping(self.parameters)
        if given:
            text, names = with_places(sql, self.places)
            values = [self.bind(given.get(name)) for name in names]
        if values:
            cursor.execute(text, _given(values, self.places))
        else:
            cursor.execute(sql)
        return cursor

    def result(
        self, run: RunContext, connection: Any, cursor: Any, wanted: str, stop: Stop
    ) -> dict[str, Any] | None:
        """What a statement answered, as it is wanted; None when it has no rows."""
        if cursor.description is None:
            return None
        from flowrt.java.time.temporal import zone_of

        zone = zone_of(run.text(self.time_zone_id) or host_zone())
        labels = [str(column[0]) for column in cursor.description]
        cells = self.cells(run, connection, cursor, zone)
        size = int(required(run.integer(self.fetch_size)))

        def rows() -> Iterator[dict[str, Any]]:
            while found := cursor.fetchmany(max(1, size)):
                for values in found:
                    yield {
                        label: None if value is None else cell(value)
                        for label, cell, value in zip(labels, cells, values, strict=True)
                    }

        if wanted == "FETCH_ONE":
            row = next(rows(), None)
            return {"row": row, "size": 0 if row is None else 1}
        if wanted == "FETCH":
            every = list(stop.each(rows()))
            return {"rows": every, "size": len(every)}
        if wanted == "STORE":
            from flowrt.services.rows import RowFile

            target = target_path(run, ".ion")
            with RowFile(target) as file:
                for row in stop.each(rows()):
                    file.write(row)
            return {"uri": run.put_file(target, target.name), "size": file.count}
        return {}


class JdbcQuery(Querying):
    """One statement; `afterSQL` runs in the same transaction."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "row": mapping(ANY),
        "rows": listing(mapping(ANY)),
        "uri": URI,
        "size": INTEGER,
    }

    def answer(
        self, run: RunContext, connection: Any, stop: Stop, variables: dict[str, Any]
    ) -> dict[str, Any]:
        sql = self.rewritten(run.text_with(self.sql, variables) or "", variables)
        statements = split(sql)
        if len(statements) > 1 and not self.several:
            raise TaskFailure(
                "Query task support only a single SQL statement. Use the Queries task to run multiple statements."
            )
        after = "" if self.after_sql is None else run.text_with(self.after_sql, variables) or ""
        afterwards = split(after)
        if len(afterwards) > 1:
            raise TaskFailure(
                "Query task afterSQL supports only a single SQL statement. "
                "Use the Queries task to run multiple statements."
            )
        wanted = self.wanted(run)
        self.begin(connection, transaction=self.after_sql is not None)
        try:
            run.log("DEBUG", f"Starting query: {sql}")
            found: dict[str, Any] = {}
            for statement in statements or [sql]:
                with closing(self.execute(run, connection, statement, wanted == "STORE")) as cursor:
                    found = found or self.result(run, connection, cursor, wanted, stop) or {}
            for statement in afterwards:
                run.log("DEBUG", f"Executing afterSQL: {after}")
                self.execute(run, connection, statement, False).close()
            if self.after_sql is not None:
                self.commit(connection)
        except BaseException:
            if self.after_sql is not None:
                _roll_back(connection)
            raise
        run.metric("counter", "fetch.size", found.get("size", 0), tags_of(wanted))
        return found


class JdbcQueries(Querying):
    """Several statements, in one transaction unless `transaction` is false."""

    outputs: ClassVar[dict[str, Kind] | None] = {"outputs": listing(record(Rows))}

    transaction: Flag = prop(BOOLEAN, default=True)

    def answer(
        self, run: RunContext, connection: Any, stop: Stop, variables: dict[str, Any]
    ) -> dict[str, Any]:
        transaction = run.flag(self.transaction, True)
        wanted = self.wanted(run)
        outputs: list[dict[str, Any]] = []
        total = 0
        self.begin(connection, transaction)
        try:
            for statement in split(run.text_with(self.sql, variables) or ""):
                stop.check()
                run.log("DEBUG", f"Starting query: {statement}")
                with closing(self.execute(run, connection, statement, wanted == "STORE")) as cursor:
                    found = self.result(run, connection, cursor, wanted, stop)
                if found is None:
                    continue
                if wanted == "NONE":
                    run.log("INFO", "fetchType is set to NONE, no output will be returned")
                elif wanted == "FETCH_ONE":
                    found["size"] = 1
                total += found.get("size", 0)
                outputs.append({key: each for key, each in found.items() if each is not None})
            if transaction:
                self.commit(connection)
        except BaseException:
            if transaction:
                _roll_back(connection)
            raise
        run.metric("counter", "fetch.size", total, tags_of(wanted))
        return {"outputs": outputs}


def tags_of(wanted: str) -> dict[str, str]:
    """The tags of the metric."""
    fetched, stored = wanted in ("FETCH", "FETCH_ONE"), wanted == "STORE"
    return {"fetch": str(fetched).lower(), "store": str(stored).lower()}


def _roll_back(connection: Any) -> None:
    try:
        connection.rollback()
    except Exception:
        pass  # the connection is gone, and its transaction with it


def is_int(value: Any) -> bool:
    """Whether a value is an integer of 32 bit."""
    return type(value) is int and abs(value) <= INT_MAX
