"""Cassandra: a server that the tests start."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from plugins import servers
from plugins.service import rows
from tasks.fake import FakeRun, t

from flowrt import catalog
from flowrt.java.printing import text_of
from flowrt.model.failures import TaskFailure
from flowrt.plugins.stores.cassandra import (
    AstraDbSession,
    CassandraSession,
    Endpoint,
    ProxyAddress,
    SecureConnection,
)

services = pytest.mark.services


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with servers.cassandra() as found:
        yield found


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, one=1)


def query(name: str, /, **properties: Any) -> Any:
    found = catalog.find(catalog.canonical(f"io.kestra.plugin.{name}"))
    assert found is not None
    return found("t", **properties)


class Database:
    """A server to put statements to."""

    def __init__(self, run: FakeRun, port: int) -> None:
        self.run = run
        place = Endpoint(hostname="127.0.0.1", port=port)
        self.session = CassandraSession(
            endpoints=[place], username="cassandra", password="cassandra",
            local_datacenter="datacenter1",
        )  # fmt: skip

    def __call__(self, cql: Any, **properties: Any) -> Any:
        return self.run.run(query("cassandra.Query", session=self.session, cql=cql, **properties))


@pytest.fixture(scope="module")
def keyspace(port: int, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A keyspace, once the server knows its user."""
    database = Database(FakeRun(tmp_path_factory.mktemp("run")), port)
    made = (
        "CREATE KEYSPACE k WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}"
    )
    for attempt in range(60):
        try:
            database(made)
            break
        except TaskFailure:
            assert attempt < 59
            time.sleep(0.5)
    return "k"


@pytest.fixture
def database(run: FakeRun, port: int, keyspace: str) -> Database:
    return Database(run, port)


def fill(port: int, cql: str, count: int) -> None:
    """Execute a statement for each number."""
    from cassandra.auth import PlainTextAuthProvider
    from cassandra.cluster import Cluster
    from cassandra.concurrent import execute_concurrent_with_args

    login = PlainTextAuthProvider("cassandra", "cassandra")
    with Cluster([("127.0.0.1", port)], auth_provider=login) as cluster:
        execute_concurrent_with_args(cluster.connect(), cql, [(n,) for n in range(count)])


@services
def test_values_of_all_types(database: Database, run: FakeRun) -> None:
    made = database(
        "CREATE TABLE k.v (a int PRIMARY KEY, b bigint, c blob, d boolean, e decimal, f double, "
        "g float, h inet, i date, j time, k timestamp, l uuid, m varint, n duration, o text, "
        "p map<text, int>, q set<int>, r tuple<int, text>, s list<frozen<map<text, date>>>, t int)"
    )
    assert made == {} and run.messages("INFO") == ["FetchType is NONE"]
    database(
        "INSERT INTO k.v (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s) VALUES "
        "(1, 9007199254740993, 0x01ff, true, 1.50, 0.25, 0.1, '127.0.0.1', '2024-01-02', "
        "'10:11:12.000000003', '2024-01-02T03:04:05.678Z', 550e8400-e29b-41d4-a716-446655440000, "
        "123456789012345678901234567890, 1h2m, 'ü', {'x': 1}, {3, 1}, (1, 'q'), "
        "[{'d': '2024-01-02'}])"
    )
    found = database("SELECT * FROM k.v", fetch_type="FETCH_ONE")
    assert found["size"] == 1 and ("counter", "fetch.size", 1) in run.metrics
    row = found["row"]
    assert {key: text_of(row.pop(key)) for key in ("e", "g", "i", "j", "k", "n")} == {
        "e": "1.50",
        "g": "0.1",
        "i": "2024-01-02",
        "j": "10:11:12.000000003",
        "k": "2024-01-02T03:04:05.678Z",
        "n": "PT1H2M",
    }
    assert [{"d": str(each["d"])} for each in row.pop("s")] == [{"d": "2024-01-02"}]
    assert row == {
        "a": 1,
        "b": 9007199254740993,
        "c": b"\x01\xff",
        "d": True,
        "f": 0.25,
        "h": "/127.0.0.1",
        "l": "550e8400-e29b-41d4-a716-446655440000",
        "m": 123456789012345678901234567890,
        "o": "ü",
        "p": {"x": 1},
        "q": [1, 3],
        "r": [1, "q"],
        "t": None,
    }


@services
def test_rows_page_by_page(database: Database, run: FakeRun, port: int) -> None:
    database("CREATE TABLE k.many (a int PRIMARY KEY, b text)")
    fill(port, "INSERT INTO k.many (a, b) VALUES (%s, 'x')", 5100)
    found = database("SELECT * FROM k.many", store=True)
    assert found["size"] == 5100
    assert {each["a"] for each in rows(run, found["uri"])} == set(range(5100))
    one = t("SELECT a FROM k.many WHERE a = {{ one }}")
    assert database(one, fetch=True) == {"rows": [{"a": 1}], "size": 1}
    assert database("SELECT a FROM k.many WHERE a = -1", fetch_one=True) == {"row": None, "size": 0}


@services
def test_a_statement_that_cannot_be(database: Database, run: FakeRun) -> None:
    with pytest.raises(TaskFailure, match=r"Cassandra: .*no viable alternative"):
        database("SELEC")
    database("CREATE TYPE k.own (a int)")
    database("CREATE TABLE k.owned (a int PRIMARY KEY, b frozen<own>)")
    with pytest.raises(TaskFailure, match="Invalid datatype"):
        database("SELECT * FROM k.owned", fetch=True)
    database.session = CassandraSession(
        endpoints=database.session.endpoints, username="cassandra", password="wrong"
    )
    with pytest.raises(TaskFailure, match=r"Cassandra: .*incorrect"):
        database("SELECT now() FROM system.local")
    assert not [text for _, text in run.logs if "wrong" in text]


@services
def test_a_killed_statement_ends(database: Database, run: FakeRun) -> None:
    task = query("cassandra.Query", session=database.session, fetch_type="FETCH",
                 cql="SELECT * FROM k.many")  # fmt: skip
    known = len(run._stops)

    def watch() -> None:
        while len(run._stops) == known:
            time.sleep(0.01)
        run.stop()

    async def killed() -> None:
        threading.Thread(target=watch, daemon=True).start()
        with pytest.raises(TaskFailure, match="stopped"):
            await task.run(run)

    asyncio.run(killed())


def test_what_cassandra_cannot_do(run: FakeRun) -> None:
    place = Endpoint(hostname="127.0.0.1", port=1)
    with pytest.raises(TaskFailure, match="Cassandra: "):
        run.run(query("cassandra.Query", session=CassandraSession(endpoints=[place]), cql="x"))
    named = Endpoint(hostname="127.0.0.1", server_name="a")
    with pytest.raises(TaskFailure, match="`serverName` of an endpoint"):
        run.run(query("cassandra.Query", session=CassandraSession(endpoints=[named]), cql="x"))
    login = {"keyspace": "k", "client_id": "i", "client_secret": "s"}
    for given, said in (
        ({}, "only one of secureBundle or proxyAddress"),
        ({"secure_bundle": "!"}, "given as Base64"),
        ({"proxy_address": ProxyAddress(hostname="h")}, "`proxyAddress` is not there"),
    ):
        with pytest.raises(TaskFailure, match=said):
            run.run(query("astradb.Query", session=AstraDbSession(**login, **given), cql="x"))


def test_connections_are_secure(run: FakeRun) -> None:
    import ssl

    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        load_pem_private_key,
        pkcs12,
    )
    from plugins.brokers import certificate

    own = certificate()
    held = x509.load_pem_x509_certificate(own.certificate.encode())
    key: Any = load_pem_private_key(own.key.encode(), None)
    sealed = BestAvailableEncryption(b"word")
    folder = run.working_dir
    run.services.allowed_paths = (str(folder),)
    keys = pkcs12.serialize_key_and_certificates(b"a", key, held, None, sealed)
    (folder / "keys.p12").write_bytes(keys)
    (folder / "trusted.pem").write_text(own.certificate)
    secure = SecureConnection(
        truststore_path=str(folder / "trusted.pem"), keystore_path=str(folder / "keys.p12"),
        keystore_password="word",
    )  # fmt: skip
    context = secure.context(run)
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert [dict(each)["subject"] for each in context.get_ca_certs()] == [
        ((("commonName", "flowc test"),),)
    ]
    wrong = SecureConnection(keystore_path=str(folder / "keys.p12"), keystore_password="no")
    with pytest.raises(TaskFailure, match="cannot be read"):
        wrong.context(run)
    with pytest.raises(TaskFailure):
        SecureConnection(keystore_path="/etc/hostname").context(run)
