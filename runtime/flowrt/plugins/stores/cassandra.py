"""Cassandra, and Astra DB, by the driver that its field keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt import missing, packages
from flowrt.model.declare import (
    BOOLEAN,
    INTEGER,
    STRING,
    Declared,
    Kind,
    listing,
    prop,
    record,
    task_type,
)
from flowrt.model.failures import TaskFailure, reason, required
from flowrt.model.task import Task
from flowrt.plugins.rows import FETCH, FETCH_OUTPUTS, put_out
from flowrt.plugins.stored import Stop
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Text


class Endpoint(Declared):
    """A server."""

    hostname: Text = prop(STRING)
    port: Integer = prop(INTEGER, default=9042)
    server_name: Text | None = prop(STRING, default=None)


class SecureConnection(Declared):
    """Stores of keys, by the paths of files of this machine."""

    truststore_path: Text | None = prop(STRING, default=None)
    truststore_password: Text | None = prop(STRING, default=None)
    keystore_path: Text | None = prop(STRING, default=None)
    keystore_password: Text | None = prop(STRING, default=None)

    def context(self, run: RunContext) -> Any:
        """How a connection is made secure. Raises TaskFailure for a store that cannot be read."""
        import ssl

        from flowrt.plugins.keystores import own, trusted

        found = ssl.create_default_context()
        found.check_hostname = False  # nodes are known by address, their certificates by name
        path = run.text(self.truststore_path)
        if path is not None:
            store = run.local_path(path).read_bytes()
            found = ssl.create_default_context(
                cadata=trusted(store, run.text(self.truststore_password) or "")
            )
            found.check_hostname = False
        path = run.text(self.keystore_path)
        if path is not None:
            store = run.local_path(path).read_bytes()
            keys = _private(run, "keys.pem")
            keys.write_text(own(store, run.text(self.keystore_password) or ""))
            found.load_cert_chain(keys)
        return found


def _private(run: RunContext, name: str) -> Path:
    """A new file that only its owner can read."""
    path = run.private_folder() / name
    path.touch(0o600)
    return path


class CassandraSession(Declared):
    """The servers, and who asks."""

    endpoints: list[Endpoint] | None = prop(listing(record(Endpoint)), default=None)
    local_datacenter: Text | None = prop(STRING, default=None)
    username: Text | None = prop(STRING, default=None)
    password: Text | None = prop(STRING, default=None)
    application_name: Text | None = prop(STRING, default=None)
    secure_connection: SecureConnection | None = prop(record(SecureConnection), default=None)


class ProxyAddress(Declared):
    """A proxy of Astra DB."""

    hostname: Text = prop(STRING)
    port: Integer = prop(INTEGER, default=9042)


class AstraDbSession(Declared):
    """A database of Astra DB, and who asks."""

    keyspace: Text = prop(STRING)
    client_id: Text = prop(STRING)
    client_secret: Text = prop(STRING)
    secure_bundle: Text | None = prop(STRING, default=None)
    proxy_address: ProxyAddress | None = prop(record(ProxyAddress), default=None)


class CassandraTask(Task):
    """What the tasks share: a statement, and what becomes of its rows."""

    packages: ClassVar[tuple[str, ...]] = (packages.CASSANDRA,)
    outputs: ClassVar[dict[str, Kind] | None] = {**FETCH_OUTPUTS, "bytes": INTEGER}

    cql: Text = prop(STRING)
    fetch: Flag = prop(BOOLEAN, default=False)
    store: Flag = prop(BOOLEAN, default=False)
    fetch_one: Flag = prop(BOOLEAN, default=False)
    fetch_type: Text = prop(FETCH, default="NONE")

    def run(self, run: RunContext) -> Any:
        return run.in_thread(lambda: self._connected(run))

    def _connected(self, run: RunContext) -> dict[str, Any]:
        library = missing.load("cassandra.cluster", "Cassandra", packages.CASSANDRA, "cassandra")
        from cassandra.query import tuple_factory

        stop = Stop(run)
        try:
            profile = library.ExecutionProfile(
                row_factory=tuple_factory, request_timeout=None, **self._policies(run)
            )
            cluster = library.Cluster(
                execution_profiles={library.EXEC_PROFILE_DEFAULT: profile}, **self._options(run)
            )
            run.on_kill(cluster.shutdown)
            try:
                session = cluster.connect(self._keyspace(run))
                outputs = self._work(run, session, stop)
            finally:
                cluster.shutdown()
        except Exception as error:
            stop.check()
            if not type(error).__module__.startswith("cassandra"):
                raise
            raise TaskFailure(f"Cassandra: {reason(error)}") from None
        if outputs.get("size") is not None:
            run.metric("counter", "fetch.size", outputs["size"])
        return outputs

    def _options(self, run: RunContext) -> dict[str, Any]:
        """What the driver is told of the servers."""
        raise NotImplementedError

    def _policies(self, run: RunContext) -> dict[str, Any]:
        """Which servers are asked, where the driver shall not choose."""
        return {}

    def _keyspace(self, run: RunContext) -> str | None:
        return None

    def _work(self, run: RunContext, session: Any, stop: Stop) -> dict[str, Any]:
        found = session.execute(required_text(run, self.cql))
        names, kinds = found.column_names or [], found.column_types or []
        for kind in kinds:
            _check(kind)

        def rows() -> Iterator[dict[str, Any]]:
            for row in stop.each(found):
                yield dict(zip(names, map(value_of, row, kinds), strict=True))

        kind = self._fetch_type(run)
        if kind == "NONE":
            run.log("INFO", "FetchType is NONE")
        return put_out(run, rows(), kind)

    def _fetch_type(self, run: RunContext) -> str | None:
        for flag, kind in (
            (self.fetch_one, "FETCH_ONE"),
            (self.store, "STORE"),
            (self.fetch, "FETCH"),
        ):
            if run.flag(flag):
                return kind
        return run.constant(self.fetch_type, FETCH)


def _check(kind: Any) -> None:
    """Raises TaskFailure for a type whose values have no form in rows."""
    if getattr(kind, "cassname", "") == "UserType":
        raise TaskFailure(f"Invalid datatype '{kind.cql_parameterized_type()}'")


def value_of(value: Any, kind: Any = None) -> Any:
    """A value of a column as rows hold it."""
    from uuid import UUID

    from flowrt.java.time.local import LocalDate, LocalTime
    from flowrt.java.time.temporal import Duration, Instant
    from flowrt.java.values import Float
    from flowrt.plugins.values import engine_value, instant

    name = type(value).__name__
    if name == "Date":
        return LocalDate.of_epoch_day(value.days_from_epoch)
    if name == "Time":
        return LocalTime(value.nanosecond_time)
    if name == "Duration":
        return Duration(value.nanoseconds)
    if name == "datetime":
        return instant(value)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, float) and kind is not None and kind.typename == "float":
        return Float(value)
    if isinstance(value, str) and kind is not None and kind.typename == "inet":
        return f"/{value}"
    if isinstance(value, Instant):
        return value
    if hasattr(value, "items"):
        return {value_of(key): value_of(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)) or name == "SortedSet":
        return [value_of(each) for each in value]
    return engine_value(value)


@task_type("io.kestra.plugin.cassandra.standard.Query", "io.kestra.plugin.cassandra.Query")
class CassandraQuery(CassandraTask):
    """A statement for Cassandra."""

    session: CassandraSession = prop(record(CassandraSession))

    def _options(self, run: RunContext) -> dict[str, Any]:
        from cassandra.auth import PlainTextAuthProvider

        given = self.session
        places = []
        for each in given.endpoints or ():
            if each.server_name is not None:
                raise TaskFailure("`serverName` of an endpoint is not there")
            places.append((required_text(run, each.hostname), required(run.integer(each.port))))
        found: dict[str, Any] = {
            "contact_points": places or [("127.0.0.1", 9042)],
            "application_name": run.text(given.application_name),
        }
        if given.username is not None and given.password is not None:
            found["auth_provider"] = PlainTextAuthProvider(
                run.text(given.username), run.text(given.password)
            )
        if given.secure_connection is not None:
            found["ssl_context"] = given.secure_connection.context(run)
        return found

    def _policies(self, run: RunContext) -> dict[str, Any]:
        from cassandra.policies import DCAwareRoundRobinPolicy, RoundRobinPolicy

        center = run.text(self.session.local_datacenter)
        policy = DCAwareRoundRobinPolicy(center) if center else RoundRobinPolicy()
        return {"load_balancing_policy": policy}


@task_type("io.kestra.plugin.cassandra.astradb.Query", "io.kestra.plugin.astradb.Query")
class AstradbQuery(CassandraTask):
    """A statement for Astra DB."""

    session: AstraDbSession = prop(record(AstraDbSession))

    def _keyspace(self, run: RunContext) -> str | None:
        return required_text(run, self.session.keyspace)

    def _options(self, run: RunContext) -> dict[str, Any]:
        from base64 import b64decode

        from cassandra.auth import PlainTextAuthProvider

        given = self.session
        if (given.secure_bundle is None) == (given.proxy_address is None):
            raise TaskFailure("Please use only one of secureBundle or proxyAddress")
        if given.secure_bundle is None:
            raise TaskFailure("`proxyAddress` is not there: `secureBundle` is")
        bundle = _private(run, "bundle.zip")
        try:
            bundle.write_bytes(b64decode(required_text(run, given.secure_bundle), validate=True))
        except ValueError:
            raise TaskFailure("`secureBundle` is given as Base64") from None
        return {
            "cloud": {"secure_connect_bundle": str(bundle)},
            "auth_provider": PlainTextAuthProvider(
                run.text(given.client_id), run.text(given.client_secret)
            ),
        }
