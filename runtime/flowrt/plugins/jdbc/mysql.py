"""MySQL and MariaDB."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.missing import load
from flowrt.model.declare import STRING, prop, task_type
from flowrt.packages import PYMYSQL
from flowrt.plugins.jdbc.address import Address, parse_address
from flowrt.plugins.jdbc.base import (
    CONNECT_TIMEOUT,
    Database,
    JdbcQueries,
    JdbcQuery,
    Querying,
    standard,
)
from flowrt.plugins.jdbc.batch import JdbcBatch
from flowrt.plugins.values import instant, local_date_time

if TYPE_CHECKING:
    from flowrt.java.time.temporal import Zone
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Text
    from flowrt.plugins.stored import Stop

TINY, TIMESTAMP, TIME, DATETIME = 1, 7, 11, 12


class Mysql(Database):
    """What all types of MySQL and MariaDB share."""

    product: ClassVar[str] = "MySQL"
    places: ClassVar[str] = "%s"
    errors: ClassVar[tuple[str, str]] = ("pymysql", "MySQLError")
    packages: ClassVar[tuple[str, ...]] = (PYMYSQL,)
    quote: ClassVar[str] = "`"

    def open(self, run: RunContext) -> Any:
        return self._connect(run, self._address(run))

    def _address(self, run: RunContext) -> Address:
        return parse_address(run.text(self.url) or "", "mysql", "mariadb")

    def _connect(self, run: RunContext, address: Address) -> Any:
        pymysql = load("pymysql", self.product, PYMYSQL, "mysql")
        given = address.parameters
        milliseconds = int(given.get("connecttimeout", CONNECT_TIMEOUT * 1000))
        options = {
            "host": address.host or "localhost",
            "port": address.port or 3306,
            "user": run.text(self.username) or given.get("user"),
            "password": (self.secret(run) or given.get("password") or "").encode(),
            "database": address.path or None,
            "charset": "utf8mb4",
            "autocommit": True,
            "local_infile": self.reads_files(address),
            "connect_timeout": max(1, milliseconds // 1000),
            **_encryption(address),
        }
        connection = pymysql.connect(**options)
        connection.flowrt_again = lambda: pymysql.connect(**options)
        return connection

    def reads_files(self, address: Address) -> bool:
        """Whether the server may ask for a file of this machine (`LOAD DATA LOCAL`): only where the address allows it."""
        return address.flag("allowLoadLocalInfile") is True

    def begin(self, connection: Any, transaction: bool) -> None:
        connection.autocommit(not transaction)

    def cancel(self, connection: Any) -> None:
        import socket

        try:
            with closing(connection.flowrt_again()) as other:
                other.kill(connection.thread_id())
        finally:
            connection._sock.shutdown(socket.SHUT_RDWR)

    def cursor(self, connection: Any, streaming: bool) -> Any:
        if not streaming:
            return connection.cursor()
        return connection.cursor(load("pymysql.cursors", self.product, PYMYSQL, "mysql").SSCursor)

    def is_lost(self, error: Exception) -> bool:
        return bool(error.args) and error.args[0] in (2002, 2003, 2006, 2013, 2055)

    def bind(self, value: Any) -> Any:
        found = super().bind(value)
        # moments are seen in UTC, as in the column they go to
        return found.replace(tzinfo=None) if getattr(found, "tzinfo", None) else found

    def cells(self, run: RunContext, connection: Any, cursor: Any, zone: Zone) -> list[Any]:
        plain = standard(zone)
        special = {TIMESTAMP: instant, DATETIME: local_date_time, TIME: _time}

        def of_column(column: Any) -> Any:
            if column[1] == TINY and column[3] == 1:
                return bool
            found = special.get(column[1])
            if found is None:
                return plain
            return lambda value: value if isinstance(value, str) else found(value)

        return [of_column(column) for column in cursor.description]


def _encryption(address: Address) -> dict[str, Any]:
    """How TLS is used: where the address asks for it, certificates are verified unless it says otherwise."""
    mode = address.parameters.get("sslmode", "").upper().replace("-", "_")
    asked = address.flag("useSSL", "requireSSL") or mode in (
        "REQUIRED",
        "VERIFY_CA",
        "VERIFY_IDENTITY",
    )
    if not (asked or mode in ("VERIFY_FULL", "TRUST")):
        return {}
    import ssl

    context = ssl.create_default_context(cafile=address.parameters.get("serversslcert"))
    if mode == "VERIFY_CA":
        context.check_hostname = False
    unchecked = address.flag("verifyServerCertificate") is False or address.flag(
        "trustServerCertificate"
    )
    if unchecked or mode == "TRUST":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return {"ssl": context}


def _time(value: Any) -> Any:
    """A time of the day; one beyond it, which MySQL has, is a text."""
    from flowrt.java.time.temporal import LocalTime
    from flowrt.plugins.values import iso_period

    micros = (value.days * 86_400 + value.seconds) * 1_000_000 + value.microseconds
    return LocalTime(micros * 1000) if 0 <= micros < 86_400_000_000 else iso_period(value)


class MysqlQuerying(Mysql, Querying):
    """What the two kinds of queries share: a file that statements may load (`{{ inputFile }}`)."""

    adds_variables: ClassVar[bool] = True

    input_file: Text | None = prop(STRING, default=None)

    def reads_files(self, address: Address) -> bool:
        return self.input_file is not None or super().reads_files(address)

    def work(self, run: RunContext, stop: Stop) -> dict[str, Any]:
        path = run.working_dir / "inputFile"
        if self.input_file is not None:
            path.write_bytes(run.open_file(run.text(self.input_file) or ""))
        with self.connection(run, stop) as connection:
            return self.answer(run, connection, stop, {"inputFile": str(path)})


@task_type("io.kestra.plugin.jdbc.mysql.Query")
class MysqlQuery(MysqlQuerying, JdbcQuery):
    """Run a statement in MySQL."""


@task_type("io.kestra.plugin.jdbc.mysql.Queries")
class MysqlQueries(MysqlQuerying, JdbcQueries):
    """Run statements in MySQL."""


@task_type("io.kestra.plugin.jdbc.mysql.Batch")
class MysqlBatch(Mysql, JdbcBatch):
    """Put the rows of a file into a table of MySQL."""

    quote: ClassVar[str] = "`"


@task_type("io.kestra.plugin.jdbc.mariadb.Query")
class MariadbQuery(MysqlQuerying, JdbcQuery):
    """Run a statement in MariaDB."""

    product: ClassVar[str] = "MariaDB"


@task_type("io.kestra.plugin.jdbc.mariadb.Queries")
class MariadbQueries(MysqlQuerying, JdbcQueries):
    """Run statements in MariaDB."""

    product: ClassVar[str] = "MariaDB"
