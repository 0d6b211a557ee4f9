"""Packages that are there only where a flow needs them, and what is said when one is missing.

The core of the runtime needs the standard library alone. A task class or a filter that needs more names its packages;
the compiler writes them into the header of the module. Whoever uses one imports it inside the function that needs it.
"""

from __future__ import annotations

from typing import Any

from flowrt.java.errors import RawError

YAML = "pyyaml>=6.0.2"
"""Reads YAML (extra `yaml`)."""

CRYPTOGRAPHY = "cryptography>=42"
"""AES (extra `crypto`)."""

ZONES = "tzdata; sys_platform == 'win32'"
"""Time zones, where the system has none (extra `zones`)."""

ASYNCSSH = "asyncssh>=2.18"
"""SSH and SFTP (extra `ssh`)."""

BOTO3 = "boto3>=1.35"
"""AWS, and stores of S3's interface (extra `aws`)."""

JSONATA = "jsonata-python>=0.7.1"
"""Expressions of JSONata (extra `jsonata`)."""

AZURE_BLOB = "azure-storage-blob>=12.20"
"""Blobs of Azure (extra `azure`)."""

AZURE_EVENTHUB = "azure-eventhub>=5.12"
"""Event Hubs of Azure (extra `azure`)."""

AMQP = "pika>=1.3"
"""AMQP (extra `amqp`)."""

CASSANDRA = "cassandra-driver>=3.29"
"""Cassandra (extra `cassandra`)."""

LDAP = "ldap3>=2.9"
"""LDAP (extra `ldap`)."""

KAFKA = "confluent-kafka>=2.6"
"""Kafka (extra `kafka`)."""

MONGODB = "pymongo>=4.7"
"""MongoDB (extra `mongodb`)."""

MQTT = "paho-mqtt>=2"
"""MQTT (extra `mqtt`)."""

NATS = "nats-py>=2.9"
"""NATS (extra `nats`)."""

NEO4J = "neo4j>=5.20"
"""Neo4j (extra `neo4j`)."""

REDIS = "redis>=5"
"""Redis (extra `redis`)."""

COMPILER = "flowexpr>=1.0,<2"
"""The compiler of expressions, for texts that exist only when a flow runs (extra `render`)."""

BROTLI = "brotli>=1.1"
"""The compression BROTLI (extra `brotli`)."""

DUCKDB = "duckdb>=1.1"
"""DuckDB (extra `duckdb`)."""

EXCEL = "openpyxl>=3.1"
"""Reads and writes Excel (extra `excel`)."""

FAKER = "faker>=30"
"""Makes records up (extra `datagen`)."""

FASTAVRO = "fastavro>=1.9"
"""Reads and writes Avro (extra `avro`)."""

LZ4 = "lz4>=4.3"
"""The compression LZ4FRAME (extra `lz4`)."""

PROTOBUF = "protobuf>=5.26"
"""Reads Protocol Buffers (extra `protobuf`)."""

PSYCOPG = "psycopg[binary]>=3.2"
"""PostgreSQL (extra `postgres`)."""

PYARROW = "pyarrow>=17"
"""Reads and writes Parquet (extra `parquet`)."""

PYMYSQL = "pymysql>=1.1"
"""MySQL and MariaDB (extra `mysql`)."""

SMB = "smbprotocol>=1.13"
"""SMB (extra `smb`)."""

SNAPPY = "python-snappy>=0.7"
"""The compression SNAPPYFRAME (extra `snappy`)."""

ZSTANDARD = "zstandard>=0.23"
"""The compression ZSTD (extra `zstd`)."""

CLICKHOUSE = "clickhouse-connect>=0.8"
"""ClickHouse (extra `clickhouse`)."""

CRONSIM = "cronsim>=2.6"
"""When a schedule is due, for `--trigger ID` (extra `schedule`)."""

DASK = "distributed>=2025.1"
"""Dask: tasks on the workers of a cluster (extra `dask`)."""

RAY = "ray>=2.40"
"""Ray: tasks on the nodes of a cluster (extra `ray`)."""

FSSPEC = "fsspec>=2024.10"
"""Storage by the address of a file system (extra `storage`; each kind has a package of its own, as s3fs)."""

DB2 = "ibm-db>=3.2"
"""Db2 (extra `db2`)."""

DRUID = "pydruid>=0.6.9"
"""Druid (extra `druid`)."""

FLIGHT = "adbc-driver-flightsql>=1.4"
"""Arrow Flight SQL, and Dremio (extra `flight`)."""

HANA = "hdbcli>=2.22"
"""HANA (extra `hana`)."""

ORACLE = "oracledb>=2.5"
"""Oracle (extra `oracle`)."""

PINOT = "pinotdb>=5.6"
"""Pinot (extra `pinot`)."""

REGEX = "regex>=2024.5"
"""Regular expressions that can be given up (extra `grok`)."""

REDSHIFT = "redshift-connector>=2.1"
"""Redshift (extra `redshift`)."""

SNOWFLAKE = "snowflake-connector-python>=3.12"
"""Snowflake (extra `snowflake`)."""

SQLSERVER = "python-tds[pyopenssl]>=1.16"
"""SQL Server (extra `sqlserver`)."""

TRINO = "trino>=0.330"
"""Trino (extra `trino`)."""

VERTICA = "vertica-python>=1.4"
"""Vertica (extra `vertica`)."""

MARKDOWN = "markdown-it-py>=3"
"""Reads Markdown (extra `markdown`)."""

MARKDOWNIFY = "markdownify>=1"
"""Writes HTML as Markdown (extra `html`)."""


PREFECT = "prefect>=3.8,<4"
"""The engine Prefect, for flows that are compiled to it."""

AIRFLOW = "apache-airflow>=3.3,<4"
"""The engine Airflow, for flows that are compiled to it."""


class MissingPackage(RawError):
    """A package is not installed that this flow needs."""

    java_class = "java.lang.NoClassDefFoundError"

    def __init__(self, what: str, package: str, extra: str) -> None:
        super().__init__(
            f"{what} needs the package {package}, which is not installed: "
            f"pip install '{package}', or 'flowrt[{extra}]'"
        )


def load(module: str, what: str, package: str, extra: str) -> Any:
    """A module of a package that may be missing. Raises MissingPackage, which says what needs it."""
    from importlib import import_module

    try:
        return import_module(module)
    except ImportError:
        raise MissingPackage(what, package, extra) from None


PARTS: dict[str, tuple[str, ...]] = {
    "dask": ("clusters.dask",),
    "ray": ("clusters.ray",),
    "storage": ("services.remote",),
    "postgresql": ("store.postgresql",),
    "yaml": ("formats.yamlread",),
    "inputs": (
        "inputs.resolution",
        "inputs.conversion",
        "inputs.outputs",
        "inputs.checks",
        "inputs.sealing",
        "engine.flow_outputs",
    ),
    "files": (
        "services.storage",
        "services.keyvalues",
        "services.nsfiles",
        "services.tree",
        "worker.cache",
    ),
}
"""Parts of the runtime that a program, where it carries its runtime, has only if its flow uses them or somebody asks for
them, by the modules through which they are entered.

`flowc compile --with NAME` takes a part along. Modules are named without the package, so that what follows imports does not
follow these texts.
"""

OF_PARTS = {"dask": DASK, "ray": RAY, "storage": FSSPEC, "postgresql": PSYCOPG}
"""The packages that parts need."""


class MissingPart(MissingPackage):
    """The program came without a part of the runtime."""

    def __init__(self, name: str, asked: str) -> None:
        RawError.__init__(
            self,
            f"this program came without what {asked} needs: compile it with `--with {name}`",
        )


def missing_part(error: ModuleNotFoundError) -> MissingPart | None:
    """What is said of a module that is not there; None when it is of no part."""
    module = (error.name or "").removeprefix("flowrt.")
    found = next((name for name, modules in PARTS.items() if module in modules), None)
    return None if found is None else MissingPart(found, "this command line")


def part(name: str, asked: str) -> Any:
    """The module of a part that nothing imports; `asked` is the option that wants it. Raises MissingPart when the program
    came without it."""
    from importlib import import_module

    module = f"flowrt.{PARTS[name][0]}"
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not module.startswith(error.name):
            raise
        raise MissingPart(name, asked) from None
