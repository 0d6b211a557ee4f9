"""Snowflake."""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING, Any, ClassVar, cast

from flowrt.missing import load
from flowrt.model.declare import BOOLEAN, INTEGER, STRING, URI, Kind, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.packages import CRYPTOGRAPHY, SNOWFLAKE
from flowrt.plugins.jdbc.address import parse_address
from flowrt.plugins.jdbc.base import (
    CONNECT_TIMEOUT,
    Database,
    JdbcQueries,
    JdbcQuery,
    json_cell,
    standard,
)
from flowrt.plugins.jdbc.statements import identifier
from flowrt.plugins.stored import Stop, source_path
from flowrt.plugins.values import engine_value, instant
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from pathlib import Path

    from flowrt.java.time.temporal import Zone
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Text

_JSON = frozenset((5, 9, 10))
_MOMENTS = frozenset((4, 6, 7, 8))


class Snowflake(Database):
    """What all types of Snowflake share."""

    product: ClassVar[str] = "Snowflake"
    places: ClassVar[str] = "%s"
    several: ClassVar[bool] = True
    errors: ClassVar[tuple[str, str]] = ("snowflake.connector.errors", "Error")
    packages: ClassVar[tuple[str, ...]] = (SNOWFLAKE,)

    warehouse: Text | None = prop(STRING, default=None)
    database: Text | None = prop(STRING, default=None)
    schema: Text | None = prop(STRING, default=None)
    role: Text | None = prop(STRING, default=None)
    query_tag: Text | None = prop(STRING, default=None)
    private_key: Text | None = prop(STRING, default=None)
    private_key_password: Text | None = prop(STRING, default=None)

    def open(self, run: RunContext) -> Any:
        address = parse_address(run.text(self.url) or "", "snowflake")
        given = address.parameters
        settings = {
            "account": given.get("account")
            or re.sub(r"\.snowflakecomputing\.\w+$", "", address.host),
            "host": address.host,
            "port": address.port or 443,
            "protocol": "http" if given.get("ssl", "").lower() in ("off", "false") else None,
            "user": run.text(self.username) or given.get("user"),
            "password": self.secret(run) or given.get("password"),
            "warehouse": run.text(self.warehouse) or given.get("warehouse"),
            "database": run.text(self.database) or given.get("db") or given.get("database"),
            "schema": run.text(self.schema) or given.get("schema"),
            "role": run.text(self.role) or given.get("role"),
            "authenticator": given.get("authenticator"),
            "login_timeout": CONNECT_TIMEOUT,
            "autocommit": True,
        }
        tag = run.text(self.query_tag)
        if tag is not None:
            settings["session_parameters"] = {"QUERY_TAG": tag}
        key = run.text(self.private_key)
        if key is not None:
            settings["private_key"] = _key(key, run.text(self.private_key_password))
            settings["authenticator"] = "SNOWFLAKE_JWT"
        given_settings = {name: value for name, value in settings.items() if value is not None}
        connector = load("snowflake.connector", self.product, SNOWFLAKE, "snowflake")
        return connector.connect(**given_settings)

    def begin(self, connection: Any, transaction: bool) -> None:
        connection.autocommit(not transaction)

    def message(self, error: Exception) -> str:
        return str(getattr(error, "msg", "") or super().message(error))

    def cells(self, run: RunContext, connection: Any, cursor: Any, zone: Zone) -> list[Any]:
        def cell(column: Any) -> Any:
            if column[1] in _JSON:
                return json_cell
            if column[1] in _MOMENTS:
                return lambda value: (
                    instant(value) if hasattr(value, "hour") else engine_value(value)
                )
            return standard(zone)

        return [cell(column) for column in cursor.description]


def _key(text: str, password: str | None) -> bytes:
    """A private key, PEM or base64 of DER, as the driver takes it. Raises TaskFailure."""
    import base64

    keys = load(
        "cryptography.hazmat.primitives.serialization", "A private key", CRYPTOGRAPHY, "crypto"
    )
    secret = password.encode() if password else None
    try:
        if "-----BEGIN" in text:
            head, body, tail = re.split(
                r"(?<=KEY-----)\s*|\s*(?=-----END)", text.strip(), maxsplit=2
            )
            pem = f"{head}\n{chr(10).join(body.split())}\n{tail}\n"
            key = keys.load_pem_private_key(pem.encode(), secret)
        else:
            key = keys.load_der_private_key(base64.b64decode("".join(text.split())), secret)
    except (ValueError, TypeError):
        raise TaskFailure("The private key cannot be read, or its password is wrong") from None
    found: bytes = key.private_bytes(
        keys.Encoding.DER, keys.PrivateFormat.PKCS8, keys.NoEncryption()
    )
    return found


@task_type("io.kestra.plugin.jdbc.snowflake.Query")
class SnowflakeQuery(Snowflake, JdbcQuery):
    """Run a statement in Snowflake."""


@task_type("io.kestra.plugin.jdbc.snowflake.Queries")
class SnowflakeQueries(Snowflake, JdbcQueries):
    """Run statements in Snowflake."""


class SnowflakeStage(Snowflake):
    """A file that goes to a stage, or comes from it."""

    outputs: ClassVar[dict[str, Kind] | None] = {"uri": URI}

    connection_pooling: Flag | None = prop(BOOLEAN, default=None, ignored=True)
    connection_pool_size: Integer | None = prop(INTEGER, default=None, ignored=True)
    stage_name: Text = prop(STRING)
    file_name: Text = prop(STRING)
    compress: Flag = prop(BOOLEAN, default=True)

    def command(self, run: RunContext, stop: Stop, sql: str) -> None:
        """Run a statement that moves files."""
        with (
            self.failures(stop),
            self.connection(run, stop) as connection,
            closing(connection.cursor()) as cursor,
        ):
            cursor.execute(sql)

    def stage(self, run: RunContext, path: str) -> str:
        """An address in the stage as a text of SQL."""
        name = required_text(run, self.stage_name)
        name = name if name.startswith(("~", "%")) else identifier(name.removeprefix("@"))
        return _quoted(f"@{name}/{path.strip('/')}".rstrip("/"))

    def file(self, run: RunContext, folder: Path) -> Path:
        """The file on this machine. Raises TaskFailure for a name that leads out of its folder."""
        from flowrt.services.folders import inside

        return inside(folder, required_text(run, self.file_name).rpartition("/")[2])


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


@task_type("io.kestra.plugin.jdbc.snowflake.Upload")
class SnowflakeUpload(SnowflakeStage):
    """Put a file into a stage of Snowflake."""

    from_: Text = prop(STRING, yaml="from")
    prefix: Text = prop(STRING)

    async def run(self, run: RunContext) -> dict[str, Any]:
        import shutil

        stop = Stop(run)
        path = self.file(run, run.private_folder())
        prefix, compress = required_text(run, self.prefix), run.flag(self.compress, True)
        run.log(
            "INFO",
            f"Starting upload to stage '{run.text(self.stage_name)}' on '{prefix}' with name '{path.name}'",
        )

        def work() -> None:
            shutil.copyfile(source_path(run, required_text(run, self.from_)), path)
            target = self.stage(run, prefix)
            options = f"AUTO_COMPRESS={str(compress).upper()} OVERWRITE=TRUE"
            self.command(run, stop, f"PUT {_quoted(f'file://{path}')} {target} {options}")

        await run.in_thread(work)
        return {"uri": f"{prefix.rstrip('/')}/{path.name}{'.gz' if compress else ''}"}


@task_type("io.kestra.plugin.jdbc.snowflake.Download")
class SnowflakeDownload(SnowflakeStage):
    """Take a file out of a stage of Snowflake."""

    async def run(self, run: RunContext) -> dict[str, Any]:
        stop = Stop(run)
        name = required_text(run, self.file_name)
        run.log(
            "INFO", f"Starting download from stage '{run.text(self.stage_name)}' with name '{name}'"
        )

        def work() -> str:
            folder = run.private_folder()
            self.command(run, stop, f"GET {self.stage(run, name)} {_quoted(f'file://{folder}/')}")
            found = sorted(each for each in folder.iterdir() if each.is_file())
            if not found:
                raise TaskFailure(f"The stage has no file '{name}'")
            path = found[0]
            if run.flag(self.compress, True):
                path = _unpacked(path, stop)
            return run.put_file(path, path.name)

        return {"uri": cast("str", await run.in_thread(work))}


def _unpacked(path: Path, stop: Stop) -> Path:
    """A file that was compressed, unpacked. Raises TaskFailure for what is no gzip file."""
    import gzip
    import zlib

    from flowrt.plugins.limits import Unpacked

    unpacked = Unpacked(path.stat().st_size)
    target = path.with_name(f"{path.name.removesuffix('.gz')}.out")
    try:
        with gzip.open(path) as file, target.open("wb") as out:
            while data := file.read(256 * 1024):
                stop.check()
                unpacked.add(len(data))
                out.write(data)
    except (OSError, EOFError, zlib.error):
        raise TaskFailure(
            "The file of the stage is not compressed: `compress` must be false"
        ) from None
    return target
