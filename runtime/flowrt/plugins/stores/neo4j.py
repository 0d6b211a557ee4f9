"""Neo4j: queries, and rows in bulk, by the driver that Neo4j keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt import missing, packages
from flowrt.model.declare import INTEGER, STRING, Kind, enum, prop, task_type
from flowrt.model.failures import TaskFailure, reason
from flowrt.model.task import Task
from flowrt.plugins.rows import FETCH_OUTPUTS, put_out
from flowrt.plugins.stored import Stop, plain_rows, source_path
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Integer, Text

STORE = enum("STORE", "FETCH", "FETCHONE", "NONE")
_NAMES = {
    "bool": "BOOLEAN",
    "bytes": "BYTES",
    "bytearray": "BYTES",
    "float": "FLOAT",
    "int": "INTEGER",
    "list": "LIST OF ANY?",
    "NoneType": "NULL",
    "Path": "PATH",
    "str": "STRING",
}
"""What Neo4j calls the types of values."""


class Neo4jTask(Task):
    """What the tasks share: a server, who asks, and a session."""

    packages: ClassVar[tuple[str, ...]] = (packages.NEO4J,)

    url: Text | None = prop(STRING, default=None)
    username: Text | None = prop(STRING, default=None)
    password: Text | None = prop(STRING, default=None)
    bearer_token: Text | None = prop(STRING, default=None)

    def run(self, run: RunContext) -> Any:
        return run.in_thread(lambda: self._connected(run))

    def _connected(self, run: RunContext) -> dict[str, Any]:
        import logging

        library = missing.load("neo4j", "Neo4j", packages.NEO4J, "neo4j")
        told = logging.getLogger("neo4j")
        if not told.handlers:  # what a server remarks on a query would go to stderr
            told.addHandler(logging.NullHandler())
        from neo4j.exceptions import DriverError, Neo4jError

        stop, url = Stop(run), required_text(run, self.url)
        try:
            driver = library.GraphDatabase.driver(url, auth=self._credentials(run, library))
        except Exception as error:
            raise TaskFailure(f"`url` is no address of Neo4j: {reason(error)}") from None
        run.on_kill(driver.close)  # the server ends what a connection that is gone was doing
        try:
            with driver, driver.session() as session:
                return self._work(run, session, stop)
        except (DriverError, Neo4jError) as error:
            stop.check()
            raise TaskFailure(f"Neo4j: {getattr(error, 'message', None) or error}") from None
        except OSError:
            stop.check()
            raise

    def _credentials(self, run: RunContext, library: Any) -> Any:
        if self.username is not None and self.password is not None:
            return library.basic_auth(
                required_text(run, self.username), required_text(run, self.password)
            )
        if self.bearer_token is not None:
            return library.bearer_auth(required_text(run, self.bearer_token))
        return None

    def _work(self, run: RunContext, session: Any, stop: Stop) -> dict[str, Any]:
        raise NotImplementedError


@task_type("io.kestra.plugin.neo4j.Query")
class Neo4jQuery(Neo4jTask):
    """Run a query; what it returns must be nodes, relationships or maps, each of which is a row."""

    outputs: ClassVar[dict[str, Kind] | None] = FETCH_OUTPUTS

    query: Text | None = prop(STRING, default=None)
    store_type: Text = prop(STORE, default="NONE")

    def _work(self, run: RunContext, session: Any, stop: Stop) -> dict[str, Any]:
        query, kind = required_text(run, self.query), run.constant(self.store_type, STORE)
        run.log("WARN", f"Starting query: {query}")
        found = session.run(query)
        if kind == "NONE":
            found.consume()
            return {}
        rows = (_row(value) for record in stop.each(found) for value in record.values())
        if kind == "STORE":
            outputs = put_out(run, rows, "STORE")
            run.metric("counter", "store.size", outputs["size"])
            return outputs
        fetched = list(rows)
        run.metric("counter", "fetch.size", len(fetched))
        if kind == "FETCH":
            return {"rows": fetched, "size": len(fetched)}
        return {"row": fetched[0] if fetched else {}, "size": len(fetched)}


@task_type("io.kestra.plugin.neo4j.Batch")
class Neo4jBatch(Neo4jTask):
    """Run a query for rows of a file, so many at a time, as `$props`; all of them are one transaction."""

    outputs: ClassVar[dict[str, Kind] | None] = {"rowCount": INTEGER, "updatedCount": INTEGER}

    from_: Text = prop(STRING, yaml="from")
    query: Text = prop(STRING)
    chunk: Integer = prop(INTEGER, default=1000)

    def _work(self, run: RunContext, session: Any, stop: Stop) -> dict[str, Any]:
        from itertools import islice

        query, chunk = required_text(run, self.query), run.integer(self.chunk) or 0
        if chunk < 1:
            raise TaskFailure("`chunk` must be at least 1")
        rows = stop.each(plain_rows(source_path(run, required_text(run, self.from_))))
        count, updated = 0, None
        with session.begin_transaction() as transaction:
            run.log("DEBUG", f"Starting query: {query}")
            while batch := list(islice(rows, chunk)):
                answered = transaction.run(query, props=[_parameter(row) for row in batch])
                updated = (updated or 0) + sum(1 for _ in answered)
                count += 1
            tags = {"origin": "Batch"}
            run.metric("counter", "records.processed", count, tags)
            run.metric("counter", "records.updated", updated or 0, tags)
            shown = "null" if updated is None else updated
            run.log("INFO", f"Successfully bulk {count} queries with {shown} updated rows")
            transaction.commit()
        return {"rowCount": count, "updatedCount": updated}


def _row(value: Any) -> dict[str, Any]:
    """A value that a query returns as a row. Raises TaskFailure for one that has no properties."""
    from neo4j.graph import Entity

    if not isinstance(value, (dict, Entity)):
        kind = _NAMES.get(type(value).__name__, type(value).__name__.upper())
        raise TaskFailure(f"Cannot coerce {kind} to Java Map")
    return {key: _value(each) for key, each in value.items()}


def _value(value: Any) -> Any:
    """A property as rows hold it."""
    from neo4j import graph, spatial, time

    from flowrt.plugins.values import engine_value

    if isinstance(value, (dict, graph.Entity)):
        return _row(value)
    if isinstance(value, list):
        return [_value(each) for each in value]
    if isinstance(value, graph.Path):
        return [_row(each) for each in _steps(value)]
    if isinstance(value, spatial.Point):
        return {"srid": value.srid, **dict(zip("xyz", value, strict=False))}
    if isinstance(value, (time.Date, time.Time, time.DateTime)):
        return _moment(value)
    return value.iso_format() if isinstance(value, time.Duration) else engine_value(value)


def _steps(path: Any) -> Iterator[Any]:
    """Nodes and relationships of a path, in turn."""
    yield path.start_node
    for each, node in zip(path.relationships, path.nodes[1:], strict=True):
        yield each
        yield node


def _moment(value: Any) -> Any:
    """A date, a time or both; unlike those of Python they have nanoseconds."""
    from neo4j import time

    from flowrt.java.time.local import LocalDate, LocalDateTime, LocalTime
    from flowrt.java.time.temporal import Zoned, offset_zone, zone_of

    if isinstance(value, time.Date):
        return LocalDate(value.year, value.month, value.day)
    if isinstance(value, time.Time) and value.tzinfo is not None:
        return value.iso_format()
    clock = LocalTime.of(value.hour, value.minute, value.second, value.nanosecond)
    if isinstance(value, time.Time):
        return clock
    local = LocalDateTime(LocalDate(value.year, value.month, value.day), clock)
    offset = value.utcoffset()
    if offset is None:
        return local
    fixed = offset_zone(int(offset.total_seconds()))
    name = getattr(value.tzinfo, "zone", None) or getattr(value.tzinfo, "key", None)
    if name is None:
        return Zoned.of_local(local, fixed)
    return Zoned.of_local(local, zone_of(name), int(offset.total_seconds()))


def _parameter(value: Any) -> Any:
    """A value of a row as the driver takes it. Raises TaskFailure for what Neo4j has no type for."""
    from decimal import Decimal

    from neo4j import time

    if isinstance(value, dict):
        return {key: _parameter(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_parameter(each) for each in value]
    if isinstance(value, Decimal):
        raise TaskFailure("Unable to convert java.math.BigDecimal to Neo4j Value.")
    kind = type(value).__name__
    if kind == "LocalDate":
        return time.Date.from_iso_format(str(value))
    if kind == "LocalTime":
        return time.Time.from_iso_format(str(value))
    if kind in ("LocalDateTime", "Instant", "Zoned", "LegacyDate"):
        return _date_time(value)
    return float(value) if isinstance(value, float) else value


def _date_time(value: Any) -> Any:
    """A moment of the engine as one of the driver; a zone becomes its offset."""
    import datetime

    from neo4j import time

    from flowrt.java.time.local import LocalDateTime
    from flowrt.java.time.temporal import LegacyDate
    from flowrt.plugins.values import nanos_of_epoch

    offset = getattr(value, "offset", 0)
    moment = value.to_instant() if isinstance(value, LegacyDate) else value
    local = LocalDateTime.of_epoch_nanos((nanos_of_epoch(moment) or 0) + offset * 1_000_000_000)
    zone = None
    if not isinstance(value, LocalDateTime):
        zone = datetime.timezone(datetime.timedelta(seconds=offset))
    day, clock = local.date, local.time
    return time.DateTime(
        day.year, day.month, day.day, clock.hour, clock.minute, clock.second, clock.nano, zone
    )
