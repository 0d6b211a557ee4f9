"""SQL Server, Oracle, Db2 and HANA."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.missing import load
from flowrt.model.declare import BOOLEAN, STRING, enum, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.packages import DB2, HANA, ORACLE, SQLSERVER
from flowrt.plugins.jdbc.address import parse_address, rest_of
from flowrt.plugins.jdbc.base import CONNECT_TIMEOUT, Database, JdbcQueries, JdbcQuery
from flowrt.plugins.jdbc.batch import JdbcBatch

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Text

ENCRYPT = enum("TRUE", "FALSE", "STRICT", "OPTIONAL")


class Sqlserver(Database):
    """What all types of SQL Server share."""

    product: ClassVar[str] = "SQL Server"
    places: ClassVar[str] = "%s"
    errors: ClassVar[tuple[str, str]] = ("pytds", "Error")
    packages: ClassVar[tuple[str, ...]] = (SQLSERVER,)

    encrypt: Text = prop(ENCRYPT, default="FALSE")
    trust_server_certificate: Flag = prop(BOOLEAN, default=False)
    host_name_in_certificate: Text | None = prop(STRING, default=None)
    trust_store: Text | None = prop(STRING, default=None)
    trust_store_password: Text | None = prop(STRING, default=None)

    def open(self, run: RunContext) -> Any:
        address = parse_address(run.text(self.url) or "", "sqlserver")
        given = address.parameters
        host, _, instance = address.host.partition("\\")
        return load("pytds", self.product, SQLSERVER, "sqlserver").connect(
            dsn=f"{host}\\{instance}" if instance else host,
            port=address.port or (None if instance else 1433),
            database=given.get("databasename") or given.get("database"),
            user=run.text(self.username) or given.get("user") or given.get("username"),
            password=self.secret(run) or given.get("password"),
            login_timeout=CONNECT_TIMEOUT,
            autocommit=True,
            **self._encryption(run, given),
        )

    def _encryption(self, run: RunContext, given: dict[str, str]) -> dict[str, Any]:
        """How TLS is used: with certificates that are verified, or not at all. Raises TaskFailure."""
        asked = given.get("encrypt") or run.constant(self.encrypt, ENCRYPT) or "FALSE"
        if asked.upper() in ("FALSE", "OPTIONAL", "NO"):
            return {}
        if run.flag(self.trust_server_certificate) or given.get("trustservercertificate") == "true":
            raise TaskFailure(
                "`trustServerCertificate` is not supported: `trustStore` takes the certificate of the server (PEM)"
            )
        if self.host_name_in_certificate is not None:
            raise TaskFailure(
                "`hostNameInCertificate` is not supported: it must be the host of `url`"
            )
        import ssl

        store = run.text(self.trust_store) or ssl.get_default_verify_paths().cafile
        if store is None:
            raise TaskFailure("`trustStore` is needed: this machine has no certificates to trust")
        return {"cafile": store, "validate_host": True}

    def cancel(self, connection: Any) -> None:
        connection.cancel()


@task_type("io.kestra.plugin.jdbc.sqlserver.Query")
class SqlserverQuery(Sqlserver, JdbcQuery):
    """Run a statement in SQL Server."""


@task_type("io.kestra.plugin.jdbc.sqlserver.Queries")
class SqlserverQueries(Sqlserver, JdbcQueries):
    """Run statements in SQL Server."""


@task_type("io.kestra.plugin.jdbc.sqlserver.Batch")
class SqlserverBatch(Sqlserver, JdbcBatch):
    """Put the rows of a file into a table of SQL Server."""


_SID = re.compile(r"@?(?://)?([^:/?]+):(\d+):([^:/?]+)")


class Oracle(Database):
    """What all types of Oracle share."""

    product: ClassVar[str] = "Oracle"
    places: ClassVar[str] = ":1"
    errors: ClassVar[tuple[str, str]] = ("oracledb", "Error")
    packages: ClassVar[tuple[str, ...]] = (ORACLE,)

    def open(self, run: RunContext) -> Any:
        oracledb = load("oracledb", self.product, ORACLE, "oracle")
        rest = rest_of(run.text(self.url) or "", "oracle:thin", "oracle:oci")
        user, _, place = rest.partition("@")
        name, _, word = user.partition("/")
        found = _SID.fullmatch(place)
        dsn = place.removeprefix("//")
        if found is not None:
            dsn = oracledb.makedsn(found[1], int(found[2]), sid=found[3])
        connection = oracledb.connect(
            user=run.text(self.username) or name or None,
            password=self.secret(run) or word or None,
            dsn=dsn,
            tcp_connect_timeout=CONNECT_TIMEOUT,
        )
        whole = {
            oracledb.DB_TYPE_CLOB: oracledb.DB_TYPE_LONG,
            oracledb.DB_TYPE_NCLOB: oracledb.DB_TYPE_LONG_NVARCHAR,
            oracledb.DB_TYPE_BLOB: oracledb.DB_TYPE_LONG_RAW,
        }

        def handler(cursor: Any, column: Any) -> Any:
            kind = whole.get(column.type_code)
            return None if kind is None else cursor.var(kind, arraysize=cursor.arraysize)

        connection.outputtypehandler = handler
        return connection

    def cancel(self, connection: Any) -> None:
        connection.cancel()


@task_type("io.kestra.plugin.jdbc.oracle.Query")
class OracleQuery(Oracle, JdbcQuery):
    """Run a statement in Oracle."""


@task_type("io.kestra.plugin.jdbc.oracle.Queries")
class OracleQueries(Oracle, JdbcQueries):
    """Run statements in Oracle."""


@task_type("io.kestra.plugin.jdbc.oracle.Batch")
class OracleBatch(Oracle, JdbcBatch):
    """Put the rows of a file into a table of Oracle."""


class Db2(Database):
    """What all types of Db2 share."""

    product: ClassVar[str] = "Db2"
    errors: ClassVar[tuple[str, str]] = ("ibm_db_dbi", "Error")
    packages: ClassVar[tuple[str, ...]] = (DB2,)

    def open(self, run: RunContext) -> Any:
        address = parse_address(run.text(self.url) or "", "db2")
        settings = {
            "DATABASE": address.path.partition(":")[0],
            "HOSTNAME": address.host,
            "PORT": str(address.port or 50000),
            "PROTOCOL": "TCPIP",
            "UID": run.text(self.username) or address.parameters.get("user") or "",
            "PWD": self.secret(run) or address.parameters.get("password") or "",
            "CONNECTTIMEOUT": str(CONNECT_TIMEOUT),
        }
        if address.flag("sslConnection"):
            settings["SECURITY"] = "SSL"
        if any(";" in value for value in settings.values()):
            raise TaskFailure("Db2 takes no semicolon in a user, a password, or an address")
        text = "".join(f"{name}={value};" for name, value in settings.items())
        return load("ibm_db_dbi", self.product, DB2, "db2").connect(text, "", "")

    def begin(self, connection: Any, transaction: bool) -> None:
        connection.set_autocommit(not transaction)


@task_type("io.kestra.plugin.jdbc.db2.Query")
class Db2Query(Db2, JdbcQuery):
    """Run a statement in Db2."""


@task_type("io.kestra.plugin.jdbc.db2.Queries")
class Db2Queries(Db2, JdbcQueries):
    """Run statements in Db2."""


class Hana(Database):
    """What all types of HANA share."""

    product: ClassVar[str] = "HANA"
    errors: ClassVar[tuple[str, str]] = ("hdbcli.dbapi", "Error")
    packages: ClassVar[tuple[str, ...]] = (HANA,)

    def open(self, run: RunContext) -> Any:
        address = parse_address(run.text(self.url) or "", "sap")
        given = address.parameters
        more = {"databaseName": given["databasename"]} if "databasename" in given else {}
        return load("hdbcli.dbapi", self.product, HANA, "hana").connect(
            address=address.host,
            port=address.port or 30015,
            user=run.text(self.username) or given.get("user"),
            password=self.secret(run) or given.get("password"),
            encrypt=bool(address.flag("encrypt")),
            sslValidateCertificate=address.flag("validateCertificate") is not False,
            connectTimeout=CONNECT_TIMEOUT * 1000,
            **more,
        )

    def begin(self, connection: Any, transaction: bool) -> None:
        connection.setautocommit(not transaction)

    def cancel(self, connection: Any) -> None:
        connection.cancel()


@task_type("io.kestra.plugin.jdbc.hana.Query")
class HanaQuery(Hana, JdbcQuery):
    """Run a statement in HANA."""


@task_type("io.kestra.plugin.jdbc.hana.Queries")
class HanaQueries(Hana, JdbcQueries):
    """Run statements in HANA."""
