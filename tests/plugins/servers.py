"""Servers for tests: private ones, in folders of their own, on free ports, gone at the end."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ARCHIVES = Path(__file__).resolve().parents[2] / "build" / "servers"
"""Where `tools/servers.sh` puts servers that are no package of the system."""
PASSWORD = "pa'ss wörd"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def as_user(name: str) -> list[str]:
    """What a command begins with that must not run as root."""
    if os.geteuid():
        return []
    return ["runuser", "-u", name, "--"]


@contextmanager
def folder_of(user: str) -> Iterator[Path]:
    """A new folder that belongs to a user."""
    folder = Path(tempfile.mkdtemp(prefix="flowc-test-"))
    try:
        if not os.geteuid():
            shutil.chown(folder, user)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Wait until a server answers. Fails when it has ended, or takes more than five minutes: the machine may be busy."""
    for _ in range(3000):
        if ready():
            return
        assert process.poll() is None, "the server has ended"
        time.sleep(0.1)
    raise AssertionError("the server does not answer")


def program(name: str, *patterns: str) -> str:
    """The path of a program. Skips the test where it is not installed."""
    found = [str(each) for pattern in patterns for each in sorted(Path("/").glob(pattern))]
    path = shutil.which(name) or (found[-1] if found else None)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


@contextmanager
def postgresql() -> Iterator[str]:
    """A PostgreSQL server; its JDBC address. The user is `tester`."""
    initdb = program("initdb", "usr/lib/postgresql/*/bin/initdb")
    server = str(Path(initdb).with_name("postgres"))
    port = free_port()
    with folder_of("postgres") as folder:
        secret = folder / "secret"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        subprocess.run(
            [*as_user("postgres"), initdb, "-D", str(folder / "data"), "-U", "tester", "-A", "scram-sha-256",
             "--pwfile", str(secret), "-E", "UTF8", "--locale=C", "-N"],
            check=True, capture_output=True, cwd="/",
        )  # fmt: skip
        process = subprocess.Popen(
            [*as_user("postgres"), server, "-D", str(folder / "data"), "-p", str(port), "-h", "127.0.0.1",
             "-k", str(folder), "-F"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/",
        )  # fmt: skip
        try:
            wait_until(lambda: accepts(port), process)
            import psycopg

            wait_until(lambda: _logs_in(psycopg, port), process)
            yield f"jdbc:postgresql://127.0.0.1:{port}/postgres"
        finally:
            control = str(Path(initdb).with_name("pg_ctl"))
            subprocess.run(
                [*as_user("postgres"), control, "stop", "-D", str(folder / "data"), "-m", "immediate"],
                check=False, capture_output=True, cwd="/",
            )  # fmt: skip
            process.wait(30)


def accepts(port: int) -> bool:
    """Whether somebody listens on a port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _logs_in(psycopg: object, port: int) -> bool:
    try:
        psycopg.connect(  # type: ignore[attr-defined]
            host="127.0.0.1", port=port, user="tester", password=PASSWORD, dbname="postgres"
        ).close()
    except Exception:
        return False
    return True


@contextmanager
def mariadb() -> Iterator[str]:
    """A MariaDB server; its JDBC address, that of the database `test`. The user is `tester`."""
    server = program("mariadbd", "usr/sbin/mariadbd")
    install = program("mariadb-install-db")
    port = free_port()
    with folder_of("mysql") as folder:
        options = [f"--datadir={folder / 'data'}", *([] if os.geteuid() else ["--user=mysql"])]
        subprocess.run(
            [install, "--no-defaults", *options, "--auth-root-authentication-method=normal", "--skip-test-db"],
            check=True, capture_output=True,
        )  # fmt: skip
        start = folder / "start.sql"
        start.write_text(
            "CREATE DATABASE test;\n"
            f"CREATE USER 'tester'@'%' IDENTIFIED BY '{PASSWORD.replace(chr(39), chr(39) * 2)}';\n"
            "GRANT ALL ON *.* TO 'tester'@'%';\n",
            "utf-8",
        )
        start.chmod(0o644)
        process = subprocess.Popen(
            [server, "--no-defaults", *options, f"--port={port}", "--bind-address=127.0.0.1",
             f"--socket={folder / 'socket'}", f"--init-file={start}", "--skip-name-resolve",
             "--character-set-server=utf8mb4"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            wait_until(lambda: accepts(port), process)
            yield f"jdbc:mysql://127.0.0.1:{port}/test"
        finally:
            process.terminate()
            process.wait(60)


CASSANDRA = """\
cluster_name: tests
partitioner: org.apache.cassandra.dht.Murmur3Partitioner
commitlog_sync: periodic
commitlog_sync_period: 10s
commitlog_directory: {folder}/log
data_file_directories: ["{folder}/data"]
saved_caches_directory: {folder}/saved
hints_directory: {folder}/hints
cdc_raw_directory: {folder}/changes
endpoint_snitch: SimpleSnitch
listen_address: 127.0.0.1
rpc_address: 127.0.0.1
start_native_transport: true
native_transport_port: {port}
storage_port: {storage}
seed_provider:
  - class_name: org.apache.cassandra.locator.SimpleSeedProvider
    parameters: [{{seeds: "127.0.0.1:{storage}"}}]
authenticator: PasswordAuthenticator
memtable_allocation_type: heap_buffers
num_tokens: 1
"""
OPENED = (
    *("java.io", "java.lang", "java.lang.module", "java.lang.reflect", "java.math", "java.net"),
    *("java.nio", "java.util", "java.util.concurrent", "java.util.concurrent.atomic", "sun.nio.ch"),
    *("jdk.internal.loader", "jdk.internal.math", "jdk.internal.misc", "jdk.internal.module"),
    *("jdk.internal.ref", "jdk.internal.reflect", "jdk.internal.util.jar"),
)
"""The packages of Java into which Cassandra looks."""


@contextmanager
def cassandra() -> Iterator[int]:
    """A Cassandra; its port. The user is `cassandra`, with that password."""
    java, archives = program("java"), ARCHIVES / "cassandra"
    if not (archives / "complete").exists():
        pytest.skip("Cassandra is not there (tools/servers.sh)")
    port, storage = free_port(), free_port()
    with tempfile.TemporaryDirectory(prefix="flowc-test-") as name:
        folder = Path(name)
        settings, silence = folder / "cassandra.yaml", folder / "logback.xml"
        settings.write_text(CASSANDRA.format(folder=folder, port=port, storage=storage))
        silence.write_text('<configuration><root level="OFF"/></configuration>')
        settled = {
            "config": settings.as_uri(),
            "storagedir": str(folder),
            "ring_delay_ms": "100",
            "skip_wait_for_gossip_to_settle": "0",
            "superuser_setup_delay_ms": "0",
        }
        exports = ["java.management.rmi/com.sun.jmx.remote.internal.rmi", "java.rmi/sun.rmi.registry",
                   "java.rmi/sun.rmi.server", "java.rmi/sun.rmi.transport.tcp"]  # fmt: skip
        process = subprocess.Popen(
            [java, "-Xmx512m", *(f"--add-opens=java.base/{each}=ALL-UNNAMED" for each in OPENED),
             *(f"--add-exports={each}=ALL-UNNAMED" for each in exports),
             "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
             "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
             "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED",
             "--add-opens=jdk.management/com.sun.management.internal=ALL-UNNAMED",
             f"-Dlogback.configurationFile={silence}", "-Dcassandra-foreground=yes",
             *(f"-Dcassandra.{key}={value}" for key, value in settled.items()),
             "-cp", f"{archives}/*", "org.apache.cassandra.service.CassandraDaemon"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            wait_until(lambda: accepts(port), process)
            yield port
        finally:
            process.kill()
            process.wait(30)


AZURE_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
"""The key of Azurite's account, which everybody knows."""


@contextmanager
def azurite(part: str = "blob") -> Iterator[str]:
    """A stand-in for a part of Azure's storage that Microsoft makes; the address of its account, `devstoreaccount1`."""
    node = program("node")
    script = ARCHIVES / "azurite/node_modules/azurite/dist/src" / part / "main.js"
    if not script.exists():
        pytest.skip("Azurite is not there (tools/servers.sh)")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="flowc-test-") as folder:
        process = subprocess.Popen(
            [node, str(script), "--silent", "--disableTelemetry", "--skipApiVersionCheck",
             "--location", folder, f"--{part}Host", "127.0.0.1", f"--{part}Port", str(port)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            wait_until(lambda: accepts(port), process)
            yield f"http://127.0.0.1:{port}/devstoreaccount1"
        finally:
            process.terminate()
            process.wait(30)


MONGODB_PORT = 27_017


@contextmanager
def mongodb() -> Iterator[str]:
    """A server that speaks the protocol of MongoDB and keeps documents in memory; its address. Its port is always the same."""
    java, archives = program("java"), ARCHIVES / "mongodb"
    if not (archives / "complete").exists():
        pytest.skip("a server for MongoDB is not there (tools/servers.sh)")
    if accepts(MONGODB_PORT):
        pytest.skip(f"another server has the port {MONGODB_PORT}")
    process = subprocess.Popen(
        [java, "-cp", f"{archives}/*", "de.bwaldvogel.mongo.InMemoryMongoServer"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_until(lambda: accepts(MONGODB_PORT), process)
        yield f"mongodb://127.0.0.1:{MONGODB_PORT}"
    finally:
        process.terminate()
        process.wait(30)


NEO4J = """\
server.bolt.listen_address=127.0.0.1:{port}
server.http.enabled=false
server.https.enabled=false
server.memory.pagecache.size=32m
dbms.security.auth_minimum_password_length=4
dbms.usage_report.enabled=false
"""


@contextmanager
def neo4j() -> Iterator[str]:
    """A Neo4j; its address. The user is `neo4j`, with the password `PASSWORD`."""
    java, archives = program("java"), ARCHIVES / "neo4j"
    if not (archives / "complete").exists():
        pytest.skip("Neo4j is not there (tools/servers.sh)")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="flowc-test-") as folder:
        (Path(folder) / "neo4j.conf").write_text(NEO4J.format(port=port))
        process = subprocess.Popen(
            [java, "-Xmx512m", "-XX:+UseSerialGC",
             *(f"--add-opens=java.base/{each}=ALL-UNNAMED" for each in OPENED),
             "-cp", f"{archives}/*", "org.neo4j.server.CommunityEntryPoint",
             f"--home-dir={folder}", f"--config-dir={folder}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            wait_until(lambda: accepts(port), process)
            from neo4j import GraphDatabase

            url = f"bolt://127.0.0.1:{port}"
            with GraphDatabase.driver(url, auth=("neo4j", "neo4j")) as driver:
                driver.execute_query(
                    "ALTER CURRENT USER SET PASSWORD FROM 'neo4j' TO $new",
                    new=PASSWORD,
                    database_="system",
                )
            yield url
        finally:
            process.kill()
            process.wait(30)


SLAPD = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile {folder}/own.pem
TLSCertificateKeyFile {folder}/own.key
database mdb
suffix "dc=orga,dc=com"
rootdn "cn=admin,dc=orga,dc=com"
rootpw "{password}"
directory {folder}
sizelimit size.soft=500 size.hard=unlimited size.pr=unlimited
"""


@contextmanager
def slapd() -> Iterator[tuple[int, int]]:
    """An OpenLDAP of `dc=orga,dc=com`, which is empty; its port, and that where connections are secure. Its admin has `PASSWORD`."""
    from plugins.brokers import certificate

    server = program("slapd", "usr/sbin/slapd")
    port, secure = free_port(), free_port()
    with tempfile.TemporaryDirectory(prefix="flowc-test-") as name:
        folder, own = Path(name), certificate()
        (folder / "own.pem").write_text(own.certificate)
        (folder / "own.key").write_text(own.key)
        settings = SLAPD.format(folder=folder, password=PASSWORD)
        (folder / "slapd.conf").write_text(settings, "utf-8")
        process = subprocess.Popen(
            [server, "-d", "0", "-f", str(folder / "slapd.conf"),
             "-h", f"ldap://127.0.0.1:{port} ldaps://127.0.0.1:{secure}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            wait_until(lambda: accepts(secure), process)
            yield port, secure
        finally:
            process.terminate()
            process.wait(30)


SAMBA = """\
[global]
server role = standalone server
smb ports = {port}
bind interfaces only = yes
interfaces = 127.0.0.1
private dir = {folder}
lock directory = {folder}
state directory = {folder}
cache directory = {folder}
pid directory = {folder}
ncalrpc dir = {folder}/rpc
log file = {folder}/log
load printers = no
disable spoolss = yes
[share]
path = {folder}/share
read only = no
[other]
path = {folder}/other
read only = no
"""


@contextmanager
def samba() -> Iterator[tuple[int, str, Path]]:
    """A Samba with the shares `share` and `other`; its port, the name of its user, and the folder of the shares."""
    import getpass

    server, password = program("smbd", "usr/sbin/smbd"), program("smbpasswd")
    if os.geteuid():
        pytest.skip("only root starts a Samba")
    port, user = free_port(), getpass.getuser()
    with tempfile.TemporaryDirectory(prefix="flowc-test-") as name:
        folder = Path(name)
        for share in ("share", "other"):
            (folder / share).mkdir()
        settings = folder / "smb.conf"
        settings.write_text(SAMBA.format(folder=folder, port=port))
        subprocess.run(
            [password, "-c", str(settings), "-a", "-s", user],
            input=f"{PASSWORD}\n{PASSWORD}\n".encode(), check=True, capture_output=True,
        )  # fmt: skip
        process = subprocess.Popen(
            [server, "--foreground", "--no-process-group", "-s", str(settings)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        try:
            wait_until(lambda: accepts(port), process)
            yield port, user, folder
        finally:
            process.terminate()
            process.wait(30)


@contextmanager
def fakesnow() -> Iterator[tuple[str, str]]:
    """A server that answers like Snowflake, over DuckDB; its JDBC address, and a Python that has the driver."""
    folder = ARCHIVES / "snowflake"
    if not (folder / "complete").exists():
        pytest.skip("fakesnow is not there (tools/servers.sh)")
    port = free_port()
    process = subprocess.Popen(
        [str(folder / "bin" / "fakesnow"), "-s", "-p", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_until(lambda: accepts(port), process)
        yield f"jdbc:snowflake://localhost:{port}/?ssl=off", str(folder / "bin" / "python")
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def sshd() -> Iterator[tuple[int, Path, str]]:
    """An OpenSSH server for who runs the tests; its port, the file of a private key that it takes, and the name of the user."""
    import getpass

    server, keygen = program("sshd", "usr/sbin/sshd"), program("ssh-keygen")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="flowc-test-") as name:
        folder = Path(name)
        for key in ("host", "user"):
            subprocess.run(
                [keygen, "-q", "-t", "ed25519", "-N", "", "-f", str(folder / key)], check=True
            )
        (folder / "config").write_text(
            f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nPidFile none\n"
            f"AuthorizedKeysFile {folder}/user.pub\nStrictModes no\nPermitRootLogin prohibit-password\n"
            "PasswordAuthentication no\nUsePAM no\nSubsystem sftp internal-sftp\n"
        )
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)  # where it separates its privileges
        process = subprocess.Popen(
            [server, "-D", "-e", "-f", str(folder / "config")],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            wait_until(lambda: accepts(port), process)
            yield port, folder / "user", getpass.getuser()
        finally:
            process.terminate()
            process.wait(30)
