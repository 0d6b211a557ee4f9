"""Databases for analysis that are reached over the network, each by its own driver."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.missing import load
from flowrt.model.declare import task_type
from flowrt.model.failures import TaskFailure
from flowrt.packages import CLICKHOUSE, DRUID, FLIGHT, PINOT, REDSHIFT, TRINO, VERTICA
from flowrt.plugins.jdbc.address import Address, parse_address, rest_of
from flowrt.plugins.jdbc.base import (
    CONNECT_TIMEOUT,
    Database,
    JdbcQueries,
    JdbcQuery,
    json_cell,
    standard,
)
from flowrt.plugins.jdbc.batch import JdbcBatch
from flowrt.plugins.values import engine_value

if TYPE_CHECKING:
    from flowrt.java.time.temporal import Zone
    from flowrt.model.context import RunContext


class Remote(Database):
    """A database of this page: where it is, and who asks."""

    schemes: ClassVar[tuple[str, ...]] = ()

    def address(self, run: RunContext) -> Address:
        return parse_address(run.text(self.url) or "", *self.schemes)

    def user(self, run: RunContext, address: Address) -> str | None:
        return run.text(self.username) or address.parameters.get("user")

    def word(self, run: RunContext, address: Address) -> str | None:
        return self.secret(run) or address.parameters.get("password")


class Clickhouse(Remote):
    """What all types of ClickHouse share."""

    product: ClassVar[str] = "ClickHouse"
    schemes: ClassVar[tuple[str, ...]] = ("clickhouse", "ch")
    places: ClassVar[str] = "%s"
    transactions: ClassVar[bool] = False
    errors: ClassVar[tuple[str, str]] = ("clickhouse_connect.driver.exceptions", "Error")
    packages: ClassVar[tuple[str, ...]] = (CLICKHOUSE,)

    def open(self, run: RunContext) -> Any:
        address = self.address(run)
        secure = address.flag("ssl") or address.port in (443, 8443)
        return load("clickhouse_connect.dbapi", self.product, CLICKHOUSE, "clickhouse").connect(
            host=address.host or "localhost",
            port=address.port or (8443 if secure else 8123),
            database=address.path or None,
            username=self.user(run, address) or "default",
            password=self.word(run, address) or "",
            secure=bool(secure),
            verify=address.parameters.get("sslmode", "strict").lower() != "none",
        )


@task_type("io.kestra.plugin.jdbc.clickhouse.Query")
class ClickhouseQuery(Clickhouse, JdbcQuery):
    """Run a statement in ClickHouse."""


@task_type("io.kestra.plugin.jdbc.clickhouse.Queries")
class ClickhouseQueries(Clickhouse, JdbcQueries):
    """Run statements in ClickHouse."""


@task_type("io.kestra.plugin.jdbc.clickhouse.BulkInsert")
class ClickhouseBulkInsert(Clickhouse, JdbcBatch):
    """Put the rows of a file into a table of ClickHouse."""


class Redshift(Remote):
    """What all types of Redshift share."""

    product: ClassVar[str] = "Redshift"
    schemes: ClassVar[tuple[str, ...]] = ("redshift", "redshift:iam")
    places: ClassVar[str] = "%s"
    several: ClassVar[bool] = True
    errors: ClassVar[tuple[str, str]] = ("redshift_connector", "Error")
    packages: ClassVar[tuple[str, ...]] = (REDSHIFT,)

    def open(self, run: RunContext) -> Any:
        address = self.address(run)
        return load("redshift_connector", self.product, REDSHIFT, "redshift").connect(
            host=address.host,
            port=address.port or 5439,
            database=address.path,
            user=self.user(run, address),
            password=self.word(run, address),
            ssl=address.flag("ssl") is not False,
        )

    def message(self, error: Exception) -> str:
        said = error.args[0] if error.args else ""
        return str(said.get("M", said)) if isinstance(said, dict) else super().message(error)

    def cells(self, run: RunContext, connection: Any, cursor: Any, zone: Zone) -> list[Any]:
        json = 4000  # the type SUPER
        return [
            (
                json_cell
                if column[1] == json
                else engine_value if column[1] == 1114 else standard(zone)
            )
            for column in cursor.description
        ]


@task_type("io.kestra.plugin.jdbc.redshift.Query")
class RedshiftQuery(Redshift, JdbcQuery):
    """Run a statement in Redshift."""


@task_type("io.kestra.plugin.jdbc.redshift.Queries")
class RedshiftQueries(Redshift, JdbcQueries):
    """Run statements in Redshift."""


class Trino(Remote):
    """What all types of Trino share."""

    product: ClassVar[str] = "Trino"
    schemes: ClassVar[tuple[str, ...]] = ("trino",)
    transactions: ClassVar[bool] = False
    errors: ClassVar[tuple[str, str]] = ("trino.exceptions", "Error")
    packages: ClassVar[tuple[str, ...]] = (TRINO,)

    def open(self, run: RunContext) -> Any:
        address = self.address(run)
        secure = address.flag("SSL") or address.port == 443
        catalog, _, schema = address.path.partition("/")
        user, word = self.user(run, address), self.word(run, address)
        if word and not secure:
            raise TaskFailure("Trino takes a password over TLS only: the URL needs `SSL=true`")
        auth = None
        if word:
            auth = load("trino.auth", self.product, TRINO, "trino").BasicAuthentication(user, word)
        return load("trino.dbapi", self.product, TRINO, "trino").connect(
            host=address.host,
            port=address.port or (443 if secure else 80),
            user=user or "flowrt",
            catalog=catalog or None,
            schema=schema or None,
            http_scheme="https" if secure else "http",
            auth=auth,
            verify=address.parameters.get("sslverification", "full").lower() != "none",
        )

    def message(self, error: Exception) -> str:
        return str(getattr(error, "message", "") or super().message(error))

    def cells(self, run: RunContext, connection: Any, cursor: Any, zone: Zone) -> list[Any]:
        special = {"json": json_cell}
        return [
            special.get(
                str(column[1]),
                engine_value if str(column[1]).startswith("timestamp") and "zone" not in str(column[1])
                else standard(zone),
            )
            for column in cursor.description
        ]  # fmt: skip


@task_type("io.kestra.plugin.jdbc.trino.Query")
class TrinoQuery(Trino, JdbcQuery):
    """Run a statement in Trino."""


class Vertica(Remote):
    """What all types of Vertica share."""

    product: ClassVar[str] = "Vertica"
    schemes: ClassVar[tuple[str, ...]] = ("vertica",)
    places: ClassVar[str] = "%s"
    errors: ClassVar[tuple[str, str]] = ("vertica_python.errors", "Error")
    packages: ClassVar[tuple[str, ...]] = (VERTICA,)

    def open(self, run: RunContext) -> Any:
        address = self.address(run)
        return load("vertica_python", self.product, VERTICA, "vertica").connect(
            host=address.host,
            port=address.port or 5433,
            database=address.path,
            user=self.user(run, address) or "",
            password=self.word(run, address) or "",
            connection_timeout=CONNECT_TIMEOUT,
            autocommit=True,
            tlsmode=address.parameters.get("tlsmode")
            or ("verify-full" if address.flag("ssl") else None),
        )

    def cancel(self, connection: Any) -> None:
        connection.cancel()


@task_type("io.kestra.plugin.jdbc.vertica.Query")
class VerticaQuery(Vertica, JdbcQuery):
    """Run a statement in Vertica."""


@task_type("io.kestra.plugin.jdbc.vertica.Queries")
class VerticaQueries(Vertica, JdbcQueries):
    """Run statements in Vertica."""


@task_type("io.kestra.plugin.jdbc.vertica.Batch")
class VerticaBatch(Vertica, JdbcBatch):
    """Put the rows of a file into a table of Vertica."""


class Druid(Remote):
    """What all types of Druid share. The address is that of Avatica; the driver asks the broker's own."""

    product: ClassVar[str] = "Druid"
    places: ClassVar[str] = "%(p)s"
    transactions: ClassVar[bool] = False
    errors: ClassVar[tuple[str, str]] = ("pydruid.db.exceptions", "Error")
    packages: ClassVar[tuple[str, ...]] = (DRUID,)

    def open(self, run: RunContext) -> Any:
        from urllib.parse import urlsplit

        rest = rest_of(run.text(self.url) or "", "avatica:remote")
        found = urlsplit(rest.removeprefix("url=").partition(";")[0])
        return load("pydruid.db", self.product, DRUID, "druid").connect(
            host=found.hostname or "localhost",
            port=found.port or (8282 if found.scheme == "https" else 8082),
            path="/druid/v2/sql/",
            scheme=found.scheme or "http",
            user=run.text(self.username),
            password=self.secret(run),
        )


@task_type("io.kestra.plugin.jdbc.druid.Query")
class DruidQuery(Druid, JdbcQuery):
    """Run a statement in Druid."""


@task_type("io.kestra.plugin.jdbc.druid.Queries")
class DruidQueries(Druid, JdbcQueries):
    """Run statements in Druid."""


class Pinot(Remote):
    """What all types of Pinot share. The driver asks the broker."""

    product: ClassVar[str] = "Pinot"
    schemes: ClassVar[tuple[str, ...]] = ("pinot",)
    places: ClassVar[str] = "%(p)s"
    transactions: ClassVar[bool] = False
    errors: ClassVar[tuple[str, str]] = ("pinotdb.exceptions", "Error")
    packages: ClassVar[tuple[str, ...]] = (PINOT,)

    def open(self, run: RunContext) -> Any:
        address = self.address(run)
        secure = address.parameters.get("scheme", "http") == "https"
        return load("pinotdb", self.product, PINOT, "pinot").connect(
            host=address.host,
            port=address.port or 8099,
            path="/query/sql",
            scheme="https" if secure else "http",
            username=self.user(run, address),
            password=self.word(run, address),
            verify_ssl=True,
        )


@task_type("io.kestra.plugin.jdbc.pinot.Query")
class PinotQuery(Pinot, JdbcQuery):
    """Run a statement in Pinot."""


@task_type("io.kestra.plugin.jdbc.pinot.Queries")
class PinotQueries(Pinot, JdbcQueries):
    """Run statements in Pinot."""


class Flight(Remote):
    """What the databases share that speak Arrow Flight SQL."""

    product: ClassVar[str] = "Arrow Flight SQL"
    schemes: ClassVar[tuple[str, ...]] = ("arrow-flight-sql", "arrow-flight")
    transactions: ClassVar[bool] = False
    errors: ClassVar[tuple[str, str]] = ("adbc_driver_manager", "Error")
    packages: ClassVar[tuple[str, ...]] = (FLIGHT,)

    def open(self, run: RunContext) -> Any:
        address = self.address(run)
        options: dict[str, str] = {}
        user, word = self.user(run, address), self.word(run, address)
        if user is not None:
            options.update(username=user, password=word or "")
        elif "token" in address.parameters:
            key = "adbc.flight.sql.authorization_header"
            options[key] = f"Bearer {address.parameters['token']}"
        if address.flag("disableCertificateVerification"):
            options["adbc.flight.sql.client_option.tls_skip_verify"] = "true"
        scheme = "grpc+tcp" if address.flag("useEncryption") is False else "grpc+tls"
        return load("adbc_driver_flightsql.dbapi", self.product, FLIGHT, "flight").connect(
            f"{scheme}://{address.host}:{address.port or 32010}", db_kwargs=options, autocommit=True
        )


@task_type("io.kestra.plugin.jdbc.arrowflight.Query")
class ArrowFlightQuery(Flight, JdbcQuery):
    """Run a statement over Arrow Flight SQL."""


@task_type("io.kestra.plugin.jdbc.arrowflight.Queries")
class ArrowFlightQueries(Flight, JdbcQueries):
    """Run statements over Arrow Flight SQL."""


class Dremio(Flight):
    """What all types of Dremio share: it speaks Arrow Flight SQL beside its own protocol."""

    product: ClassVar[str] = "Dremio"

    def address(self, run: RunContext) -> Address:
        url = run.text(self.url) or ""
        if not url.startswith("jdbc:dremio:"):
            return super().address(run)
        direct, *rest = rest_of(url, "dremio").split(";")
        given = dict(pair.split("=", 1) for pair in rest if "=" in pair)
        parameters = {name.lower(): value for name, value in given.items()}
        # the port of the address is that of Dremio's own protocol
        host = direct.removeprefix("direct=").partition(":")[0]
        parameters.setdefault("useencryption", parameters.get("ssl", "false"))
        return Address(host, None, "", parameters)


@task_type("io.kestra.plugin.jdbc.dremio.Query")
class DremioQuery(Dremio, JdbcQuery):
    """Run a statement in Dremio."""


@task_type("io.kestra.plugin.jdbc.dremio.Queries")
class DremioQueries(Dremio, JdbcQueries):
    """Run statements in Dremio."""
