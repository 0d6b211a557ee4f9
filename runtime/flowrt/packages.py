"""Packages that are there only where a flow needs them.

The core of the runtime needs the standard library alone. A task class or a filter that needs more names its packages;
the compiler writes them into the header of the module. Whoever uses one imports it inside the function that needs it.
"""

from __future__ import annotations

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

AZURE_DATALAKE = "azure-storage-file-datalake>=12.17"
"""Data Lake Storage of Azure (extra `azure`)."""

AZURE_TABLES = "azure-data-tables>=12.5"
"""Tables of Azure's storage (extra `azure`)."""

AZURE_COSMOS = "azure-cosmos>=4.14"
"""Cosmos DB of Azure (extra `azure`)."""

AZURE_EVENTHUB = "azure-eventhub>=5.12"
"""Event Hubs of Azure (extra `azure`)."""

AZURE_SERVICEBUS = "azure-servicebus>=7.14"
"""Service Bus of Azure (extra `azure`)."""

BIGQUERY_STORAGE = "google-cloud-bigquery-storage>=2.27"
"""The Storage Write API of BigQuery (extra `bigquery`)."""

BIGTABLE = "google-cloud-bigtable>=2.30"
"""Bigtable (extra `bigtable`)."""

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

PULSAR = "pulsar-client>=3.5"
"""Pulsar (extra `pulsar`)."""

NEO4J = "neo4j>=5.20"
"""Neo4j (extra `neo4j`)."""

REDIS = "redis>=5"
"""Redis (extra `redis`)."""

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

ODBC = "pyodbc>=5.1"
"""Databases behind ODBC (extra `odbc`)."""

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

OF_PARTS = {"dask": DASK, "ray": RAY, "storage": FSSPEC, "postgresql": PSYCOPG}
"""The packages that parts need."""
