"""DuckDB."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.missing import load
from flowrt.model.declare import ANY, STRING, Kind, listing, prop, task_type
from flowrt.packages import DUCKDB
from flowrt.plugins.jdbc.address import rest_of
from flowrt.plugins.jdbc.base import JdbcQueries, JdbcQuery, json_cell, standard
from flowrt.plugins.jdbc.embedded import QUERIES, QUERY, Embedded
from flowrt.plugins.jdbc.statements import literal
from flowrt.plugins.values import engine_value, instant

if TYPE_CHECKING:
    from pathlib import Path

    from flowrt.java.time.temporal import Zone
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Listing, Text

_EXTENSION = re.compile(r"[A-Za-z0-9_]+")
_ION = re.compile(r"\bread_ion\b|\.ion\b|\bformat\s+ion\b", re.IGNORECASE)
_NAMES = re.compile(r".*filename\s*=\s*(true|1).*", re.IGNORECASE)


class Duckdb(Embedded):
    """What all types of DuckDB share."""

    product: ClassVar[str] = "DuckDB"
    errors: ClassVar[tuple[str, str]] = ("duckdb", "Error")
    packages: ClassVar[tuple[str, ...]] = (DUCKDB,)

    url: Text = prop(STRING, default="jdbc:duckdb:")
    input_files: Any = prop(ANY, default=None)
    database_uri: Text | None = prop(STRING, default=None)
    community_extensions: Listing | None = prop(listing(STRING), default=None)

    def place(self, run: RunContext) -> tuple[str, Path]:
        from pathlib import Path

        from flowrt.services.folders import temporary_name
        from flowrt.services.paths import make_folder

        folder = run.working_dir
        rest = rest_of(run.text(self.url) or "", "duckdb").partition("?")[0]
        if self.database_uri is not None:
            path = folder / temporary_name(".db")
            path.write_bytes(run.open_file(run.text(self.database_uri) or ""))
            return str(path), folder
        if rest.startswith(("md:", "motherduck:", ":memory:")):
            return rest, folder
        if not rest:
            return str(folder / temporary_name(".db")), folder
        path = Path(rest)
        if path.is_absolute():
            make_folder(path.parent)
            return rest, path.parent
        return str(folder / rest), folder

    def prepare(self, run: RunContext, folder: Path) -> None:
        from flowrt.services.folders import render_input_files, write_input_files

        if self.input_files is not None:
            write_input_files(run, folder, render_input_files(run, self.input_files))

    def connect(self, run: RunContext, database: str, folder: Path, sql: str) -> Any:
        duckdb = load("duckdb", "DuckDB", DUCKDB, "duckdb")
        connection = duckdb.connect(database)
        connection.execute(f"SET file_search_path={literal(str(folder))}")
        given = run.listing(self.community_extensions)
        if given is None:
            given = ["ion"] if _ION.search(sql) else []
        for name in map(str, given):
            if not _EXTENSION.fullmatch(name):
                run.log(
                    "WARN",
                    f"Skipping DuckDB community extension '{name}' because the name contains unsupported characters.",
                )
                continue
            try:
                connection.execute(f"INSTALL {name} FROM community")
                connection.execute(f"LOAD {name}")
            except duckdb.Error as error:
                run.log(
                    "WARN",
                    f"Failed to install/load DuckDB community extension '{name}'. Continuing without it. "
                    f"message={self.message(error)}",
                )
        return connection

    def begin(self, connection: Any, transaction: bool) -> None:
        if transaction:
            connection.begin()

    def cancel(self, connection: Any) -> None:
        connection.interrupt()

    def cursor(self, connection: Any, streaming: bool) -> Any:
        return _Cursor(connection)

    def is_lost(self, error: Exception) -> bool:
        return False

    def rewritten(self, sql: str, variables: dict[str, Any]) -> str:
        if not _NAMES.fullmatch(sql):
            return sql
        # the names of files are told relative to the working folder
        folder = literal(f"^{re.escape(variables['workingDir'])}/")
        query = re.sub(r";\s*$", "", sql)
        return (
            f"SELECT * REPLACE(regexp_replace(filename, {folder}, '') AS filename) FROM ({query})"
        )

    def cells(self, run: RunContext, connection: Any, cursor: Any, zone: Zone) -> list[Any]:
        plain = standard(zone)

        def zoned_in_utc(value: Any) -> Any:
            from flowrt.java.time.temporal import offset_zone

            return instant(value).at_zone(offset_zone(0))

        special = {"JSON": json_cell, "TIMESTAMP WITH TIME ZONE": zoned_in_utc}
        found = []
        for column in cursor.description:
            kind = str(column[1])
            nested = kind.startswith(("STRUCT", "MAP")) or kind.endswith("]")
            found.append(special.get(kind, engine_value if nested else plain))
        return found


class _Cursor:
    """The connection as its own cursor: transactions are its, and its rows come as they are read.

    It is not closed with a statement, but with the connection.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.description: Any = None

    def execute(self, sql: str, values: Any = None) -> None:
        result = self._connection.execute(sql, values)
        described = result.description
        # what changes rows answers a column `Count`, which JDBC does not take for rows
        only_count = [column[0] for column in described or ()] == ["Count"]
        changes = re.match(r"\s*(insert|update|delete|merge|create|copy)\b", sql, re.IGNORECASE)
        returns = re.search(r"\breturning\b", sql, re.IGNORECASE)
        self.description = None if only_count and changes and not returns else described or None

    def fetchmany(self, size: int) -> Any:
        return self._connection.fetchmany(size)

    def close(self) -> None:
        pass


@task_type("io.kestra.plugin.jdbc.duckdb.Query")
class DuckdbQuery(Duckdb, JdbcQuery):
    """Run a statement in DuckDB."""

    outputs: ClassVar[dict[str, Kind] | None] = QUERY


@task_type("io.kestra.plugin.jdbc.duckdb.Queries")
class DuckdbQueries(Duckdb, JdbcQueries):
    """Run statements in DuckDB."""

    outputs: ClassVar[dict[str, Kind] | None] = QUERIES
