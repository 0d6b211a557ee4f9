"""Databases whose servers are not to be had here: what their drivers are asked for."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from tasks.fake import FakeRun

from flowrt.catalog import find
from flowrt.model.failures import TaskFailure
from flowrt.plugins.jdbc import enterprise, odbc, snowflake, warehouses

SECRET = "p;ss'%"


class Driver:
    """Stands for a module of DB-API, its connection and its cursor; keeps what it is asked."""

    def __init__(self) -> None:
        self.opened: dict[str, Any] = {}
        self.said: list[Any] = []
        self.rows: list[Any] = [(1,)]
        self.description: Any = [("a", 0)]
        self.rowcount = 1
        self.installed: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("DB_TYPE") or name == "SSCursor":
            return name
        raise AttributeError(name)

    def load(self, module: str, what: str, package: str, extra: str) -> Any:
        return self

    def connect(self, *given: Any, **named: Any) -> Driver:
        self.opened = {**named, **({"given": given} if given else {})}
        return self

    def makedsn(self, host: str, port: int, sid: str) -> str:
        return f"{host}|{port}|{sid}"

    def BasicAuthentication(self, user: str, word: str) -> Any:
        return (user, word)

    def drivers(self) -> list[str]:
        return self.installed

    def cursor(self) -> Driver:
        return self

    def execute(self, *given: Any) -> None:
        self.said.append(given)

    def executemany(self, *given: Any) -> None:
        self.said.append(given)

    def fetchmany(self, size: int) -> list[Any]:
        rows, self.rows = self.rows, []
        return rows

    def _tell(self, word: str) -> Any:
        return lambda *given: self.said.append((word, *given))

    @property
    def commit(self) -> Any:
        return self._tell("commit")

    @property
    def rollback(self) -> Any:
        return self._tell("rollback")

    @property
    def set_autocommit(self) -> Any:
        return self._tell("autocommit")

    setautocommit = set_autocommit

    def close(self) -> None:
        pass


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Driver:
    found = Driver()
    for module in (warehouses, enterprise, odbc, snowflake):
        monkeypatch.setattr(module, "load", found.load)
    return found


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path)


def task(run: FakeRun, name: str, **properties: Any) -> dict[str, Any]:
    cls: Any = find(f"io.kestra.plugin.jdbc.{name}")
    result: dict[str, Any] = run.run(cls("t", **properties))
    return result


@pytest.mark.parametrize(
    ("name", "url", "opened", "sql"),
    [
        ("clickhouse.Query", "jdbc:clickhouse://h:8443/d?ssl=true",
         {"host": "h", "port": 8443, "database": "d", "username": "u", "secure": True, "verify": True}, "select %s, '%%'"),
        ("redshift.Query", "jdbc:redshift://h/d", {"host": "h", "port": 5439, "database": "d", "user": "u", "ssl": True},
         "select %s, '%%'"),
        ("trino.Query", "jdbc:trino://h:443/c/s",
         {"host": "h", "port": 443, "catalog": "c", "schema": "s", "http_scheme": "https", "verify": True,
          "auth": ("u", SECRET)}, "select ?, '%'"),
        ("vertica.Query", "jdbc:vertica://h/d?ssl=true", {"host": "h", "port": 5433, "tlsmode": "verify-full"},
         "select %s, '%%'"),
        ("druid.Query", "jdbc:avatica:remote:url=https://h:8282/druid/v2/sql/avatica/;x=y",
         {"host": "h", "port": 8282, "scheme": "https", "user": "u"}, "select %(p1)s, '%%'"),
        ("pinot.Query", "jdbc:pinot://h:8000?scheme=https", {"host": "h", "port": 8000, "scheme": "https"},
         "select %(p1)s, '%%'"),
        ("arrowflight.Query", "jdbc:arrow-flight-sql://h:1/",
         {"given": ("grpc+tls://h:1",), "db_kwargs": {"username": "u", "password": SECRET}}, "select ?, '%'"),
        ("dremio.Query", "jdbc:dremio:direct=h:31010", {"given": ("grpc+tcp://h:32010",)}, "select ?, '%'"),
        ("sqlserver.Query", "jdbc:sqlserver://h;databaseName=d", {"dsn": "h", "port": 1433, "database": "d", "user": "u"},
         "select %s, '%%'"),
        ("oracle.Query", "jdbc:oracle:thin:@h:1521:X", {"dsn": "h|1521|X", "user": "u", "password": SECRET}, "select :1, '%'"),
        ("oracle.Query", "jdbc:oracle:thin:@//h:1521/X", {"dsn": "h:1521/X"}, "select :1, '%'"),
        ("hana.Query", "jdbc:sap://h:39015/?databaseName=T&encrypt=true",
         {"address": "h", "port": 39015, "databaseName": "T", "encrypt": True, "sslValidateCertificate": True},
         "select ?, '%'"),
    ],
)  # fmt: skip
def test_what_a_driver_gets(
    run: FakeRun, driver: Driver, name: str, url: str, opened: dict[str, Any], sql: str
) -> None:
    found = task(
        run, name, url=url, username="u", password=SECRET,
        sql="select :a, '%'", parameters={"a": 5}, fetch_type="FETCH",
    )  # fmt: skip
    assert found == {"rows": [{"a": 1}], "size": 1}
    assert opened.items() <= driver.opened.items()
    values: Any = {"p1": 5} if "(p1)" in sql else [5]
    assert (sql, values) in driver.said
    assert not any(SECRET in text for _, text in run.logs)


def test_db2(run: FakeRun, driver: Driver) -> None:
    given: dict[str, Any] = {
        "url": "jdbc:db2://h:1/d",
        "username": "u",
        "sql": "select 1; select 2",
    }
    task(run, "db2.Queries", password="x", fetch_type="FETCH", **given)
    assert driver.opened["given"][0].startswith(
        "DATABASE=d;HOSTNAME=h;PORT=1;PROTOCOL=TCPIP;UID=u;PWD=x;"
    )
    assert driver.said == [("autocommit", False), ("select 1",), ("select 2",), ("commit",)]
    with pytest.raises(TaskFailure, match="no semicolon"):
        task(run, "db2.Queries", password=SECRET, **given)


@pytest.mark.parametrize(
    ("name", "url", "driver_", "opened"),
    [
        ("sybase.Query", "jdbc:sybase:Tds:h:5001/d?charset=utf8", "FreeTDS",
         "DRIVER=FreeTDS;TDS_Version=5.0;SERVER=h;PORT=5001;DATABASE=d;UID=u;PWD={p;s}}s'%};"),
        ("sybase.Query", "jdbc:sybase:Tds:h", "Adaptive Server Enterprise",
         "DRIVER={Adaptive Server Enterprise};SERVER=h;PORT=5000;UID=u;PWD={p;s}}s'%};"),
        ("sybase.Query", "jdbc:sybase:Tds:h:1?SERVICENAME=d", "FreeTDS",
         "DRIVER=FreeTDS;TDS_Version=5.0;SERVER=h;PORT=1;DATABASE=d;UID=u;PWD={p;s}}s'%};"),
        ("as400.Query", "jdbc:as400://h/LIB;naming=system;secure=true", "IBM i Access ODBC Driver 64-bit",
         "DRIVER={IBM i Access ODBC Driver 64-bit};SYSTEM=h;DBQ=LIB;NAM=1;SSL=1;UID=u;PWD={p;s}}s'%};"),
        ("as400.Query", "jdbc:as400://h:50000/", "iSeries Access ODBC Driver",
         "DRIVER={iSeries Access ODBC Driver};SYSTEM=h;UID=u;PWD={p;s}}s'%};"),
    ],
)  # fmt: skip
def test_databases_behind_odbc(
    run: FakeRun, driver: Driver, name: str, url: str, driver_: str, opened: str
) -> None:
    given: dict[str, Any] = {
        "url": url, "username": "u", "password": "p;s}s'%", "sql": "select :a, '%'",
        "parameters": {"a": 5}, "fetch_type": "FETCH",
    }  # fmt: skip
    with pytest.raises(TaskFailure, match="needs a driver of ODBC, and there is none here"):
        task(run, name, **given)
    driver.installed = ["SQLite3", driver_]
    assert task(run, name, **given) == {"rows": [{"a": 1}], "size": 1}
    assert driver.opened == {"given": (opened,), "timeout": 30, "autocommit": True}
    assert ("select ?, '%'", [5]) in driver.said
    assert not any("p;s" in text for _, text in run.logs)


def test_statements_behind_odbc(run: FakeRun, driver: Driver) -> None:
    driver.installed = ["FreeTDS"]
    given: dict[str, Any] = {"url": "jdbc:sybase:Tds:h:1", "sql": "select 1; select 2"}
    found = task(run, "sybase.Queries", fetch_type="FETCH", **given)
    assert [each["size"] for each in found["outputs"]] == [1, 0]
    assert driver.said == [("select 1",), ("select 2",), ("commit",)]
    assert driver.autocommit is False
    with pytest.raises(TaskFailure, match="The URL must begin with 'jdbc:as400:'"):
        task(run, "as400.Queries", **given)


def test_batches(run: FakeRun, driver: Driver) -> None:
    uri = run.store("{a:1,b:2024-01-02}\n")
    for name, url, sql in (
        ("clickhouse.BulkInsert", "jdbc:clickhouse://h/d", "INSERT INTO t (a) VALUES (%s)"),
        ("oracle.Batch", "jdbc:oracle:thin:@//h:1/X", "INSERT INTO t (a) VALUES (:1)"),
        ("sqlserver.Batch", "jdbc:sqlserver://h", "INSERT INTO t (a) VALUES (%s)"),
        ("vertica.Batch", "jdbc:vertica://h/d", "INSERT INTO t (a) VALUES (%s)"),
    ):
        task(run, name, url=url, from_=uri, table="t", columns=["a"])
        assert (sql, [[1]]) in driver.said
    driver.description = [("b", 0), ("a", 0)]
    task(run, "oracle.Batch", url="jdbc:oracle:thin:@//h:1/X", from_=uri, table="s.t")
    assert ("SELECT * FROM s.t WHERE 1 = 0",) in driver.said
    assert driver.said[-2][0] == "INSERT INTO s.t (b, a) VALUES (:1, :2)"


def test_passwords_go_over_tls_only(run: FakeRun, driver: Driver) -> None:
    with pytest.raises(TaskFailure, match="SSL=true"):
        task(
            run,
            "trino.Query",
            url="jdbc:trino://h:80/c",
            username="u",
            password="x",
            sql="select 1",
        )
    given: dict[str, Any] = {"url": "jdbc:sqlserver://h", "sql": "select 1", "encrypt": "TRUE"}
    with pytest.raises(TaskFailure, match="`trustServerCertificate` is not supported"):
        task(run, "sqlserver.Query", trust_server_certificate=True, **given)
    task(run, "sqlserver.Query", trust_store="/ca.pem", **given)
    assert driver.opened["cafile"] == "/ca.pem"


def test_several_statements_of_a_query(run: FakeRun, driver: Driver) -> None:
    found = task(
        run,
        "redshift.Query",
        url="jdbc:redshift://h/d",
        sql="set x = 1; select 1",
        fetch_type="FETCH_ONE",
    )
    assert found == {"row": {"a": 1}, "size": 1}
    assert [each for each in driver.said if "x" in each[0] or "select" in each[0]] == [
        ("set x = 1",),
        ("select 1",),
    ]


# ---- Snowflake ------------------------------------------------------------------------------------------------------

SNOWFLAKE: dict[str, Any] = {
    "url": "jdbc:snowflake://acc.eu.snowflakecomputing.com/?db=d",
    "username": "u",
}


def test_snowflake(run: FakeRun, driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        Driver, "autocommit", lambda self, on: self.said.append(("autocommit", on)), raising=False
    )
    driver.description = [("N", 0), ("J", 5), ("T", 8)]
    from datetime import datetime

    driver.rows = [(1, '{"a": [1]}', datetime(2024, 1, 2, 3, 4, 5))]
    found = task(
        run,
        "snowflake.Query",
        sql="select 1",
        fetch_type="STORE",
        warehouse="w",
        query_tag="tag",
        **SNOWFLAKE,
    )
    assert run.content(found["uri"]) == "{N:1,J:{a:[1]},T:2024-01-02T03:04:05.000Z}\n"
    assert driver.opened["account"] == "acc.eu"
    assert driver.opened["database"] == "d"
    assert driver.opened["warehouse"] == "w"
    assert driver.opened["session_parameters"] == {"QUERY_TAG": "tag"}


def test_files_of_a_stage(run: FakeRun, driver: Driver) -> None:
    uri = run.store("x")
    given: dict[str, Any] = {"stage_name": "my'stage", **SNOWFLAKE}
    found = task(run, "snowflake.Upload", from_=uri, prefix="p/q/", file_name="f.csv", **given)
    assert found == {"uri": "p/q/f.csv.gz"}
    (sql,) = driver.said[-1]
    assert sql.startswith("PUT 'file://")
    assert sql.endswith("""/f.csv' '@"my\\'stage"/p/q' AUTO_COMPRESS=TRUE OVERWRITE=TRUE""")
    with pytest.raises(TaskFailure, match=r"The stage has no file 'f\.csv'"):
        task(run, "snowflake.Download", file_name="f.csv", **given)
    with pytest.raises(TaskFailure):
        task(run, "snowflake.Upload", from_=uri, prefix="p", file_name="..", **given)


def test_private_keys() -> None:
    from cryptography.hazmat.primitives import serialization as s
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    plain = s.NoEncryption()
    der = key.private_bytes(s.Encoding.DER, s.PrivateFormat.PKCS8, plain)
    old = key.private_bytes(s.Encoding.PEM, s.PrivateFormat.TraditionalOpenSSL, plain).decode()
    closed = key.private_bytes(
        s.Encoding.PEM, s.PrivateFormat.PKCS8, s.BestAvailableEncryption(b"word")
    ).decode()
    texts = (base64.b64encode(der).decode(), old, old.replace("\n", " "))
    for text in texts:
        assert snowflake._key(text, None) == der
    assert snowflake._key(closed, "word") == der
    for text, word in ((closed, "other"), (closed, None), ("nonsense", None)):
        with pytest.raises(TaskFailure, match="private key cannot be read"):
            snowflake._key(text, word)


@pytest.mark.parametrize(
    ("name", "extra"),
    [("oracle.Query", "oracle"), ("snowflake.Query", "snowflake"), ("trino.Query", "trino")],
)
def test_a_driver_that_is_not_installed(
    run: FakeRun, monkeypatch: pytest.MonkeyPatch, name: str, extra: str
) -> None:
    import sys

    for module in ("oracledb", "snowflake", "trino"):
        monkeypatch.setitem(sys.modules, module, None)
    url = {
        "oracle": "jdbc:oracle:thin:@//h:1/X",
        "snowflake": SNOWFLAKE["url"],
        "trino": "jdbc:trino://h/c",
    }[extra]
    with pytest.raises(Exception, match=rf"'flowrt\[{extra}\]'"):
        task(run, name, url=url, sql="select 1")
