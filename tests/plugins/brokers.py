"""Brokers of messages for tests: private ones, as `plugins.servers` has databases."""

from __future__ import annotations

import datetime
import ipaddress
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import pytest
from plugins.servers import (
    ARCHIVES,
    PASSWORD,
    accepts,
    as_user,
    folder_of,
    free_port,
    program,
    wait_until,
)


class Certificate(NamedTuple):
    """A certificate of 127.0.0.1 that has signed itself, and its key, as PEM."""

    certificate: str
    key: str


def certificate() -> Certificate:
    """A new one."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "flowc test")])
    now = datetime.datetime.now(datetime.UTC)
    places = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(places, False)
        .add_extension(x509.BasicConstraints(True, None), True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    return Certificate(
        made.public_bytes(serialization.Encoding.PEM).decode(),
        key.private_bytes(serialization.Encoding.PEM, form, plain).decode(),
    )


class Kafka(NamedTuple):
    """A broker: its open address, the one with TLS where `tester` logs in, and whom to trust there."""

    plain: str
    secure: str
    trusted: str


KAFKA = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{plain},SASL_SSL://127.0.0.1:{secure},CONTROLLER://127.0.0.1:{controller}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs={folder}/data
log.retention.ms=-1
ssl.keystore.type=PEM
ssl.keystore.location={folder}/store.pem
sasl.enabled.mechanisms=PLAIN
listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule \
required user_tester="{password}";
group.initial.rebalance.delay.ms=0
group.share.min.heartbeat.interval.ms=500
group.share.heartbeat.interval.ms=500
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
"""
KAFKA_PASSWORD = "s3cret word"


@contextmanager
def kafka() -> Iterator[Kafka]:
    """A broker of Kafka that is its own controller."""
    java = program("java")
    archives = ARCHIVES / "kafka"
    if not (archives / "complete").exists():
        pytest.skip("Kafka is not there (tools/servers.sh)")
    ports = {name: free_port() for name in ("plain", "secure", "controller")}
    own = certificate()
    with tempfile.TemporaryDirectory(prefix="flowc-test-") as name:
        folder = Path(name)
        (folder / "store.pem").write_text(own.key + own.certificate)
        settings = folder / "server.properties"
        settings.write_text(KAFKA.format(folder=folder, password=KAFKA_PASSWORD, **ports))
        command = [java, "-Xmx512m", "-cp", f"{archives}/*"]
        subprocess.run(
            [*command, "kafka.tools.StorageTool", "format", "-c", str(settings),
             "-t", "MkU3OEVBNTcwNTJENDM2Qg"],
            check=True, capture_output=True,
        )  # fmt: skip
        process = subprocess.Popen(
            [*command, "kafka.Kafka", str(settings)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            wait_until(lambda: accepts(ports["plain"]) and accepts(ports["secure"]), process)
            yield Kafka(
                f"127.0.0.1:{ports['plain']}", f"127.0.0.1:{ports['secure']}", own.certificate
            )
        finally:
            process.kill()
            process.wait(30)


@contextmanager
def rabbitmq() -> Iterator[int]:
    """A RabbitMQ; its port. `guest` is the user."""
    program("rabbitmq-server", "usr/sbin/rabbitmq-server")
    script = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
    port, distribution, mapper = free_port(), free_port(), free_port()
    with folder_of("rabbitmq") as folder:
        environment = {
            **os.environ,
            "HOME": str(folder),
            "ERL_EPMD_PORT": str(mapper),
            "RABBITMQ_NODENAME": f"flowc{port}@localhost",
            "RABBITMQ_NODE_PORT": str(port),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_DIST_PORT": str(distribution),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "environment"),
            "RABBITMQ_CONFIG_FILE": str(folder / "config"),
        }
        process = subprocess.Popen(
            [*as_user("rabbitmq"), str(script)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment, cwd=folder,
            start_new_session=True,
        )  # fmt: skip
        try:
            wait_until(lambda: accepts(port), process)
            yield port
        finally:
            for number in (signal.SIGTERM, signal.SIGKILL):
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, number)
                with suppress(subprocess.TimeoutExpired):
                    process.wait(20)
            subprocess.run(
                ["epmd", "-port", str(mapper), "-kill"], check=False, capture_output=True
            )


class Mosquitto(NamedTuple):
    """A broker: its open address, the one with TLS where `tester` logs in, and whom to trust there."""

    plain: str
    secure: str
    trusted: str


MOSQUITTO = """\
per_listener_settings true
listener {plain} 127.0.0.1
allow_anonymous true
listener {secure} 127.0.0.1
allow_anonymous false
password_file {folder}/users
certfile {folder}/certificate.pem
keyfile {folder}/key.pem
"""


@contextmanager
def mosquitto() -> Iterator[Mosquitto]:
    """A Mosquitto."""
    server = program("mosquitto", "usr/sbin/mosquitto")
    secret = program("mosquitto_passwd")
    plain, secure, own = free_port(), free_port(), certificate()
    with folder_of("mosquitto") as folder:
        users = folder / "users"
        users.touch()
        subprocess.run(
            [secret, "-b", str(users), "tester", PASSWORD], check=True, capture_output=True
        )
        (folder / "certificate.pem").write_text(own.certificate)
        (folder / "key.pem").write_text(own.key)
        for each in folder.iterdir():
            each.chmod(0o644)
        settings = folder / "mosquitto.conf"
        settings.write_text(MOSQUITTO.format(folder=folder, plain=plain, secure=secure))
        process = subprocess.Popen(
            [*as_user("mosquitto"), server, "-c", str(settings)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            wait_until(lambda: accepts(plain) and accepts(secure), process)
            yield Mosquitto(
                f"tcp://127.0.0.1:{plain}", f"ssl://127.0.0.1:{secure}", own.certificate
            )
        finally:
            process.terminate()
            process.wait(30)


@contextmanager
def nats(*options: str) -> Iterator[str]:
    """A NATS with streams; its address."""
    server, port = program("nats-server", "usr/sbin/nats-server"), free_port()
    with tempfile.TemporaryDirectory(prefix="flowc-test-") as folder:
        process = subprocess.Popen(
            [server, "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", folder, *options],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            wait_until(lambda: accepts(port), process)
            yield f"nats://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)


PULSAR = """\
brokerServicePort={plain}
webServicePort={web}
bindAddress=127.0.0.1
advertisedAddress=127.0.0.1
clusterName=standalone
managedLedgerDefaultEnsembleSize=1
managedLedgerDefaultWriteQuorum=1
managedLedgerDefaultAckQuorum=1
brokerServicePortTls={secure}
tlsCertificateFilePath={folder}/cert.pem
tlsKeyFilePath={folder}/key.pem
tlsTrustCertsFilePath={folder}/cert.pem
"""
_OPENED = (
    "java.base/sun.net",
    "java.base/java.lang",
    "java.base/java.nio",
    "java.base/jdk.internal.misc",
    "java.base/jdk.internal.platform",
    "java.management/sun.management",
)


class Pulsar(NamedTuple):
    """A broker: its open address, the one with TLS, and whom to trust there."""

    plain: str
    secure: str
    trusted: str


@contextmanager
def pulsar() -> Iterator[Pulsar]:
    """A broker of Pulsar, with what it keeps its messages in."""
    java = program("java")
    archives = ARCHIVES / "pulsar"
    if not (archives / "complete").exists():
        pytest.skip("Pulsar is not there (tools/servers.sh)")
    ports = {name: free_port() for name in ("plain", "secure", "web", "keeper")}
    own = certificate()
    with tempfile.TemporaryDirectory(prefix="flowc-test-") as name:
        folder = Path(name)
        (folder / "cert.pem").write_text(own.certificate)
        (folder / "key.pem").write_text(own.key)
        settings = folder / "standalone.conf"
        settings.write_text(PULSAR.format(folder=folder, **ports))
        opened = [word for each in _OPENED for word in ("--add-opens", f"{each}=ALL-UNNAMED")]
        process = subprocess.Popen(
            [java, "-Xmx512m", *opened, "-Dio.netty.tryReflectionSetAccessible=true",
             "-cp", f"{archives}/*", "org.apache.pulsar.PulsarStandaloneStarter",
             "--config", str(settings), "-nss", "-nfw", "--metadata-dir", f"{folder}/metadata",
             "--bookkeeper-dir", f"{folder}/data", "--bookkeeper-port", str(ports["keeper"])],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            wait_until(lambda: _has_namespace(ports["web"]), process)
            yield Pulsar(
                f"pulsar://127.0.0.1:{ports['plain']}",
                f"pulsar+ssl://127.0.0.1:{ports['secure']}",
                own.certificate,
            )
        finally:
            process.kill()
            process.wait(30)


def _has_namespace(port: int) -> bool:
    """Whether the broker has made the namespace that topics without one are of."""
    from urllib.request import urlopen

    address = f"http://127.0.0.1:{port}/admin/v2/namespaces/public"
    with suppress(OSError), urlopen(address, timeout=5) as answer:
        return b"public/default" in answer.read()
    return False
