"""PostgreSQL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.missing import load
from flowrt.model.declare import BOOLEAN, STRING, enum, prop, task_type
from flowrt.packages import PSYCOPG
from flowrt.plugins.jdbc.address import parse_address
from flowrt.plugins.jdbc.base import (
    CONNECT_TIMEOUT,
    Database,
    JdbcQueries,
    JdbcQuery,
    python_value,
    standard,
)
from flowrt.plugins.jdbc.batch import JdbcBatch
from flowrt.plugins.jdbc.statements import with_marks
from flowrt.plugins.values import engine_value, local_date_time, zoned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flowrt.java.time.temporal import Zone
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Text
    from flowrt.plugins.jdbc.batch import Insert

ROWS_AT_ONCE = 500
"""Rows that come from the server together, where its library can do that."""
COMMAND_OK = 1
"""The status of a result of libpq."""
JSON_TYPES = (114, 3802)
INTERVAL = 1186
SSL_MODE = enum("DISABLE", "ALLOW", "PREFER", "REQUIRE", "VERIFY_CA", "VERIFY_FULL")
_INTERVAL = re.compile(
    r"P(?:(-?\d+)Y)?(?:(-?\d+)M)?(?:(-?\d+)D)?(?:T(?:(-?\d+)H)?(?:(-?\d+)M)?(?:(-?\d+)(?:\.\d+)?S)?)?"
)
_PAIR = re.compile(r'"((?:[^"\\]|\\.)*)"=>(?:"((?:[^"\\]|\\.)*)"|NULL)')
_ANSWERS = re.compile(
    r"\s*(?:/\*.*?\*/\s*|--[^\n]*\n\s*)*(?:select|with|values|table|show)\b", re.I | re.S
)


class Postgresql(Database):
    """What all types of PostgreSQL share. Certificates and keys are PEM texts."""

    product: ClassVar[str] = "PostgreSQL"
    places: ClassVar[str] = "%s"
    errors: ClassVar[tuple[str, str]] = ("psycopg", "Error")
    packages: ClassVar[tuple[str, ...]] = (PSYCOPG,)

    ssl: Flag = prop(BOOLEAN, default=False)
    ssl_mode: Text | None = prop(SSL_MODE, default=None)
    ssl_root_cert: Text | None = prop(STRING, default=None)
    ssl_cert: Text | None = prop(STRING, default=None)
    ssl_key: Text | None = prop(STRING, default=None)
    ssl_key_password: Text | None = prop(STRING, default=None)

    def open(self, run: RunContext) -> Any:
        psycopg = load("psycopg", "PostgreSQL", PSYCOPG, "postgres")
        address = parse_address(run.text(self.url) or "", "postgresql")
        given = address.parameters
        settings = ["-c intervalstyle=iso_8601"]
        if "currentschema" in given:
            schema = given["currentschema"].replace("\\", "\\\\").replace(" ", "\\ ")
            settings.append(f"-c search_path={schema}")
        settings += self.settings(run)
        connection = psycopg.connect(
            host=address.host or "localhost",
            port=address.port or 5432,
            dbname=address.path or None,
            user=run.text(self.username) or given.get("user"),
            password=self.secret(run) or given.get("password"),
            application_name=given.get("applicationname", "flowrt"),
            connect_timeout=int(given.get("connecttimeout", CONNECT_TIMEOUT)),
            options=" ".join(settings),
            autocommit=True,
            **self._encryption(run, given),
        )
        connection.adapters.register_loader("interval", _text_loader())
        hstore = load("psycopg.types", "PostgreSQL", PSYCOPG, "postgres").TypeInfo.fetch(
            connection, "hstore"
        )
        if hstore is not None:
            hstore.register(connection)
        return connection

    def settings(self, run: RunContext) -> list[str]:
        """More settings of the session."""
        return []

    def _encryption(self, run: RunContext, given: dict[str, str]) -> dict[str, Any]:
        """How TLS is used: by the properties, then by the address; asked for without a mode it is verified."""
        mode = run.constant(self.ssl_mode, SSL_MODE)
        found = {"sslmode": mode.lower().replace("_", "-") if mode else given.get("sslmode")}
        if found["sslmode"] is None and (run.flag(self.ssl) or given.get("ssl") == "true"):
            found["sslmode"] = "verify-full"
        files = {
            "sslrootcert": self.ssl_root_cert,
            "sslcert": self.ssl_cert,
            "sslkey": self.ssl_key,
        }
        for name, text in files.items():
            if text is not None:
                from flowrt.services.plainfiles import create_file

                path = run.private_folder() / f"{name}.pem"
                with create_file(path) as file:
                    file.write((run.text(text) or "").encode())
                found[name] = str(path)
        if "sslrootcert" not in found and (found["sslmode"] or "").startswith("verify"):
            found["sslrootcert"] = given.get("sslrootcert", "system")
            if found["sslrootcert"] == "system" and found["sslmode"] == "verify-ca":
                found["sslmode"] = "verify-full"  # the certificates of the system vouch for names
        if self.ssl_key_password is not None:
            found["sslpassword"] = run.text(self.ssl_key_password)
        return {name: value for name, value in found.items() if value is not None}

    def cancel(self, connection: Any) -> None:
        connection.cancel_safe(timeout=5.0)

    def cursor(self, connection: Any, streaming: bool) -> Any:
        return _Streaming(connection) if streaming else connection.cursor()

    def bind(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self.bind(item) for item in value]
        return python_value(value)

    def message(self, error: Any) -> str:
        said = getattr(error, "diag", None)
        if said is None or said.message_primary is None:
            return str(error).strip()
        parts = [f"{said.severity or 'ERROR'}: {said.message_primary}"]
        for name, text in (
            ("Detail", said.message_detail),
            ("Hint", said.message_hint),
            ("Position", said.statement_position),
        ):
            if text:
                parts.append(f"{name}: {text}")
        return "\n  ".join(parts)

    def cells(self, run: RunContext, connection: Any, cursor: Any, zone: Zone) -> list[Any]:
        plain = standard(zone)

        def moment(value: Any) -> Any:
            if value.tzinfo is None:
                return local_date_time(value)
            return zoned(value).in_zone(zone)

        def cell(value: Any) -> Any:
            return engine_value(value, moment) if type(value) is not int else plain(value)

        special: dict[int, Any] = {INTERVAL: _interval, **dict.fromkeys(JSON_TYPES, engine_value)}
        hstore = connection.adapters.types.get("hstore")
        if hstore is not None:
            special[hstore.oid] = _hstore
        return [special.get(column.type_code, cell) for column in cursor.description]


def json_text(value: Any) -> Any:
    """A value for a column of JSON: a text is JSON already."""
    if value is None or isinstance(value, str):
        return value
    from flowrt.formats.jsonwrite import to_json

    return to_json(value)


def _text_loader() -> Any:
    """A class that leaves values of a type as the server writes them."""
    adapt = load("psycopg.adapt", "PostgreSQL", PSYCOPG, "postgres")

    class Text(adapt.Loader):  # type: ignore[misc, name-defined]
        def load(self, data: Any) -> str:
            return bytes(data).decode()

    return Text


def _interval(text: str) -> str:
    """An interval of the server with all of its parts: `P0Y0M1DT2H0M0S`."""
    found = _INTERVAL.fullmatch(text)
    if found is None:
        return text
    years, months, days, hours, minutes, seconds = (int(each or 0) for each in found.groups())
    return f"P{years}Y{months}M{days}DT{hours}H{minutes}M{seconds}S"


def _hstore(text: str) -> dict[str, str | None]:
    def plain(part: str) -> str:
        return re.sub(r"\\(.)", r"\1", part)

    return {
        plain(pair[1]): None if pair[2] is None else plain(pair[2]) for pair in _PAIR.finditer(text)
    }


class _Streaming:
    """A cursor whose rows come from the server as they are read."""

    def __init__(self, connection: Any) -> None:
        self._cursor = connection.cursor()
        self._rows: Iterator[Any] = iter(())
        self._first: list[Any] = []

    def execute(self, sql: str, values: Any = None) -> None:
        if not _ANSWERS.match(sql):
            self._cursor.execute(sql, values)
            self._rows = iter(self._cursor) if self._cursor.description else iter(())
            return
        chunks = load(
            "psycopg", "PostgreSQL", PSYCOPG, "postgres"
        ).capabilities.has_stream_chunked()
        size = ROWS_AT_ONCE if chunks else 1
        self._rows = self._cursor.stream(sql, values, size=size)
        self._first = [row for row in [next(self._rows, None)] if row is not None]

    @property
    def description(self) -> Any:
        return self._cursor.description

    def fetchmany(self, size: int) -> list[Any]:
        from itertools import islice

        found = self._first + list(islice(self._rows, size - len(self._first)))
        self._first = []
        return found

    def close(self) -> None:
        if hasattr(self._rows, "close"):
            self._rows.close()
        self._cursor.close()


@task_type("io.kestra.plugin.jdbc.postgresql.Query")
class PostgresqlQuery(Postgresql, JdbcQuery):
    """Run a statement in PostgreSQL."""


@task_type("io.kestra.plugin.jdbc.postgresql.Queries")
class PostgresqlQueries(Postgresql, JdbcQueries):
    """Run statements in PostgreSQL."""


@task_type("io.kestra.plugin.jdbc.postgresql.Batch")
class PostgresqlBatch(Postgresql, JdbcBatch):
    """Put the rows of a file into a table of PostgreSQL."""

    def binders(self, connection: Any, insert: Insert) -> list[Callable[[Any], Any]]:
        """Lists are JSON where the column is, arrays elsewhere."""
        server = connection.pgconn
        statement = with_marks(insert.sql, "$1").encode()
        if server.prepare(b"flowrt_batch", statement).status != COMMAND_OK:
            return []  # it fails again when it is executed, with the words of the server
        described = server.describe_prepared(b"flowrt_batch")
        server.exec_(b"DEALLOCATE flowrt_batch")
        kinds = [described.param_type(at) for at in range(described.nparams)]
        return [json_text if kind in JSON_TYPES else self.bind for kind in kinds]
