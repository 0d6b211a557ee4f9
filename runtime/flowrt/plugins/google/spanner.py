"""Spanner: databases, statements that change them, and queries, whose rows go by one after the other."""

from __future__ import annotations

import re
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    BOOLEAN,
    INTEGER,
    STRING,
    Kind,
    listing,
    mapping,
    prop,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.plugins.google.auth import Google
from flowrt.plugins.google.operations import (
    OperationTask,
    cancelled_with,
    checked,
    done,
    ended,
    part,
    steps,
)
from flowrt.plugins.google.spanner_rows import bound, parts, rows_of, written
from flowrt.plugins.rows import FETCH, FETCH_OUTPUTS, stored
from flowrt.plugins.services.service import tried
from flowrt.plugins.stored import Stop
from flowrt.plugins.web import ask, download
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Listing, Mapping, Text

ADDRESS = "https://spanner.googleapis.com/v1"
ABORTED = 409
TRIES, PAUSE = 8, 0.1
"""How often a transaction is tried that Spanner aborts, and the seconds between the first two."""
_EMULATOR = re.compile(r"([A-Za-z0-9._-]+):9010")
_NAME = re.compile("[a-z][a-z0-9_-]*[a-z0-9]")


class Emulator(Google):
    """An emulator wants to know nothing of who asks."""

    def ask(self, method: str, url: str, **how: Any) -> Any:
        return ask(self.run, "Spanner", method, url, **how)

    def headers(self) -> dict[str, str]:
        return {}


class SpannerTask(OperationTask):
    """What the tasks share: a database of an instance."""

    instance_id: Text = prop(STRING)
    database_id: Text = prop(STRING)
    emulator_host: Text | None = prop(STRING, default=None)
    project_id: Text = prop(STRING)
    scopes: Listing | None = prop(listing(STRING), default=None)  # type: ignore[assignment]

    def _google(self, run: RunContext) -> Google:
        if run.text(self.emulator_host) is not None:
            return Emulator(run, "{}", [])
        return super()._google(run)

    def _base(self, run: RunContext) -> str:
        """Where Spanner is; the emulator that is named by its port of gRPC has the one of REST beside it."""
        emulator = run.text(self.emulator_host)
        if emulator is None:
            return ADDRESS
        grpc = _EMULATOR.fullmatch(emulator)
        return f"http://{grpc[1]}:9020/v1" if grpc else f"http://{emulator}/v1"

    def _instance(self, run: RunContext) -> str:
        project, instance = required_text(run, self.project_id), required_text(
            run, self.instance_id
        )
        return f"{self._base(run)}/projects/{part(project)}/instances/{part(instance)}"

    def _database(self, run: RunContext) -> str:
        return f"{self._instance(run)}/databases/{part(required_text(run, self.database_id))}"

    @contextmanager
    def _session(self, run: RunContext, google: Google) -> Iterator[str]:
        """The address of a session for as long as the block lasts."""
        made = google.ask("POST", f"{self._database(run)}/sessions", json={})
        url = f"{self._base(run)}/{steps(made['name'])}"
        try:
            yield url
        finally:
            try:
                google.ask("DELETE", url)
            except Exception as error:
                run.log("DEBUG", f"The session is left to its end: {error}")

    def _changed(
        self, run: RunContext, google: Google, verb: str, asked: dict[str, Any]
    ) -> dict[str, Any]:
        """What statements answer in a transaction of their own, which is tried again when Spanner aborts it."""

        def once() -> dict[str, Any]:
            with self._session(run, google) as session:
                begin = {"transaction": {"begin": {"readWrite": {}}}, "seqno": "1"}
                how = written({**asked, **begin})
                found: dict[str, Any] = google.ask("POST", f"{session}:{verb}", **how)
                first = (found.get("resultSets") or [found])[0] if found else {}
                number = ((first.get("metadata") or {}).get("transaction") or {}).get("id")
                said = found.get("status") or {}
                if said.get("code"):
                    if number is not None:
                        google.ask("POST", f"{session}:rollback", json={"transactionId": number})
                    raise TaskFailure(f"Spanner: {said.get('message')}")
                google.ask("POST", f"{session}:commit", json={"transactionId": number})
                return found

        result: dict[str, Any] = tried(once, lambda code: code == ABORTED, TRIES, PAUSE)
        return result

    async def _operation(self, run: RunContext, google: Google, begin: Any) -> None:
        """Begin a change of a schema, and wait for its end."""
        begun = await run.in_thread(begin)
        url = f"{self._base(run)}/{steps(begun['name'])}"
        waiting = ended(run, partial(google.ask, "GET", url), done)
        found = await cancelled_with(run, google, url, waiting)
        checked("Spanner", found)


def _count(found: dict[str, Any]) -> int:
    return int((found.get("stats") or {}).get("rowCountExact") or 0)


@task_type("io.kestra.plugin.gcp.spanner.CreateDatabase")
class SpannerCreateDatabase(SpannerTask):
    """Make a database, with what a schema says of it."""

    outputs: ClassVar[dict[str, Kind] | None] = {"database": STRING}

    extra_ddl: Listing | None = prop(listing(STRING), default=None)

    async def _wait(self, run: RunContext, google: Google) -> dict[str, Any]:
        name = required_text(run, self.database_id)
        if not _NAME.fullmatch(name):
            raise TaskFailure(f"`{name}` is no name of a database")
        asked = {
            "createStatement": f"CREATE DATABASE `{name}`",
            "extraStatements": run.listing(self.extra_ddl) or [],
        }
        url = f"{self._instance(run)}/databases"
        await self._operation(run, google, partial(google.ask, "POST", url, json=asked))
        return {"database": name}


@task_type("io.kestra.plugin.gcp.spanner.DeleteDatabase")
class SpannerDeleteDatabase(SpannerTask):
    """Delete a database."""

    outputs: ClassVar[dict[str, Kind] | None] = {"database": STRING}

    async def _wait(self, run: RunContext, google: Google) -> dict[str, Any]:
        await run.in_thread(partial(google.ask, "DELETE", self._database(run)))
        return {"database": required_text(run, self.database_id)}


@task_type("io.kestra.plugin.gcp.spanner.Execute")
class SpannerExecute(SpannerTask):
    """Run a statement that changes data, or the schema."""

    outputs: ClassVar[dict[str, Kind] | None] = {"affectedRows": INTEGER}

    sql: Text = prop(STRING)
    parameters: Mapping | None = prop(mapping(), default=None)
    is_ddl: Flag = prop(BOOLEAN, default=False)

    async def _wait(self, run: RunContext, google: Google) -> dict[str, Any]:
        sql = required_text(run, self.sql)
        if run.flag(self.is_ddl):
            url, asked = f"{self._database(run)}/ddl", {"statements": [sql]}
            await self._operation(run, google, partial(google.ask, "PATCH", url, json=asked))
            return {"affectedRows": 0}
        statement = {"sql": sql, **bound(run.mapping(self.parameters) or {})}
        change = partial(self._changed, run, google, "executeSql", statement)
        return {"affectedRows": _count(await run.in_thread(change))}


@task_type("io.kestra.plugin.gcp.spanner.BatchDml")
class SpannerBatchDml(SpannerTask):
    """Run statements that change data, all of them or none."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "affectedRows": listing(INTEGER),
        "totalAffectedRows": INTEGER,
    }

    statements: Listing = prop(listing(STRING))

    async def _wait(self, run: RunContext, google: Google) -> dict[str, Any]:
        asked = {"statements": [{"sql": each} for each in run.listing(self.statements) or ()]}
        change = partial(self._changed, run, google, "executeBatchDml", asked)
        found = await run.in_thread(change)
        counts = [_count(each) for each in found.get("resultSets") or ()]
        return {"affectedRows": counts, "totalAffectedRows": sum(counts)}


@task_type("io.kestra.plugin.gcp.spanner.Query")
class SpannerQuery(SpannerTask):
    """Run a query, and take its rows."""

    outputs: ClassVar[dict[str, Kind] | None] = {**FETCH_OUTPUTS}

    sql: Text = prop(STRING)
    parameters: Mapping | None = prop(mapping(), default=None)
    fetch_type: Text = prop(FETCH, default="NONE")

    async def _wait(self, run: RunContext, google: Google) -> dict[str, Any]:
        found: dict[str, Any] = await run.in_thread(partial(self._found, run, google))
        return found

    def _found(self, run: RunContext, google: Google) -> dict[str, Any]:
        kind = run.text(self.fetch_type)
        asked = {
            "sql": required_text(run, self.sql),
            **bound(run.mapping(self.parameters) or {}),
        }
        with self._session(run, google) as session:
            path = self._answered(run, google, session, asked)
        rows = Stop(run).each(rows_of(parts(path)))
        if kind == "STORE":
            uri, size = stored(run, rows)
            return {"uri": uri, "size": size}
        if kind == "FETCH":
            found = list(rows)
            return {"rows": found, "size": len(found)}
        first, size = None, 0
        for row in rows:
            first = row if size == 0 else first
            size += 1
        return {"size": size, **({"row": first or {}} if kind == "FETCH_ONE" else {})}

    def _answered(
        self, run: RunContext, google: Google, session: str, asked: dict[str, Any]
    ) -> Path:
        """A file with the answer, which may be larger than the memory."""
        path, how = run.private_folder() / "rows.json", written(asked)
        headers = {**how["headers"], **google.headers()}
        url = f"{session}:executeStreamingSql"
        download(run, "Spanner", "POST", url, path, headers=headers, body=how["body"])
        return path
