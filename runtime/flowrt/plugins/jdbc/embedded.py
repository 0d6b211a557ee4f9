"""What databases share that run within this process: files put in place for them, and taken from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import BOOLEAN, Kind, mapping, prop
from flowrt.model.declare import URI as ADDRESS
from flowrt.model.task import Elsewhere
from flowrt.plugins.jdbc.base import JdbcQueries, JdbcQuery, Querying

if TYPE_CHECKING:
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag
    from flowrt.plugins.stored import Stop

FILES: dict[str, Kind] = {"outputFiles": mapping(ADDRESS), "databaseUri": ADDRESS}
QUERY: dict[str, Kind] = {**(JdbcQuery.outputs or {}), **FILES}
QUERIES: dict[str, Kind] = {**(JdbcQueries.outputs or {}), **FILES}


class Embedded(Querying):
    """A database in a file of the working folder, or in memory."""

    adds_variables: ClassVar[bool] = True
    elsewhere: ClassVar[tuple[Elsewhere, ...]] = ()

    output_db_file: Flag = prop(BOOLEAN, default=False)

    def place(self, run: RunContext) -> tuple[str, Path]:
        """The database to open, and the folder that names of files are relative to."""
        raise NotImplementedError

    def connect(self, run: RunContext, database: str, folder: Path, sql: str) -> Any:
        """Open a database."""
        raise NotImplementedError

    def prepare(self, run: RunContext, folder: Path) -> None:
        """Put files in place that the statements read."""

    def work(self, run: RunContext, stop: Stop) -> dict[str, Any]:
        from flowrt.services.folders import new_file, temporary_name

        database, folder = self.place(run)
        self.prepare(run, folder)
        made: dict[str, Path] = {}
        for name in run.listing(self.output_files) or []:
            made[str(name)] = new_file(folder, f"{name}_{temporary_name()}")
        variables: dict[str, Any] = {"workingDir": str(folder), "dbFilePath": database}
        if made:
            variables["outputFiles"] = {name: str(path) for name, path in made.items()}

        def opened() -> Any:
            return self.connect(run, database, folder, run.text_with(self.sql, variables) or "")

        with self.connection(run, stop, opened) as connection:
            outputs = self.answer(run, connection, stop, variables)
        return {**outputs, **self._files(run, database, made)}

    def _files(self, run: RunContext, database: str, made: dict[str, Path]) -> dict[str, Any]:
        """Store what the statements have written."""
        from pathlib import Path

        found: dict[str, Any] = {}
        stored = {
            name: run.put_file(path, path.name) for name, path in made.items() if path.is_file()
        }
        if made:
            found["outputFiles"] = stored
        if run.flag(self.output_db_file) and Path(database).is_file():
            found["databaseUri"] = run.put_file(Path(database), Path(database).name)
        return found
