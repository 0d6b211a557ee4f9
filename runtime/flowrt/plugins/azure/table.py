"""Tables of Azure's storage: rows that are found by two keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt import packages
from flowrt.java.printing import text_of
from flowrt.model.declare import (
    ANY,
    INTEGER,
    STRING,
    URI,
    Kind,
    enum,
    listing,
    mapping,
    prop,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.plugins.azure.client import AccountTask
from flowrt.plugins.rows import given_rows, stored
from flowrt.plugins.stored import Stop
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Integer, Listing, Text

CHANGES: dict[str, tuple[str, dict[str, str]]] = {
    "CREATE": ("create", {}),
    "UPSERT_MERGE": ("upsert", {"mode": "merge"}),
    "UPSERT_REPLACE": ("upsert", {"mode": "replace"}),
    "UPDATE_MERGE": ("update", {"mode": "merge"}),
    "UPDATE_REPLACE": ("update", {"mode": "replace"}),
    "DELETE": ("delete", {}),
}
AT_ONCE = 100
"""Rows that one transaction may change."""
INT32 = 2**31


class TableTask(AccountTask):
    """A task that uses a table of an account."""

    packages: ClassVar[tuple[str, ...]] = (packages.AZURE_TABLES,)
    library: ClassVar[str] = "azure.data.tables"
    account: ClassVar[str] = "TableServiceClient"

    table: Text = prop(STRING)

    def _named_key(self, name: str, key: str) -> Any:
        from azure.core.credentials import AzureNamedKeyCredential

        return AzureNamedKeyCredential(name, key)

    def _signature(self, token: str) -> Any:
        from azure.core.credentials import AzureSasCredential

        return AzureSasCredential(token)

    def _work(self, run: RunContext, service: Any) -> dict[str, Any] | None:
        with service.get_table_client(required_text(run, self.table)) as table:
            return self._done(run, table)

    def _done(self, run: RunContext, table: Any) -> dict[str, Any] | None:
        raise NotImplementedError


def _row(found: Any) -> dict[str, Any]:
    """A row as the tasks put it out."""
    from azure.data.tables import EntityProperty

    from flowrt.plugins.values import instant

    about = found.metadata or {}
    moment = about.get("timestamp")
    return {
        "partitionKey": found.get("PartitionKey"),
        "rowKey": found.get("RowKey"),
        "timestamp": None if moment is None else instant(moment),
        "etag": about.get("etag"),
        "properties": {
            name: _told(value.value if isinstance(value, EntityProperty) else value)
            for name, value in found.items()
            if name not in ("PartitionKey", "RowKey")
        },
    }


def _told(value: Any) -> Any:
    """The value of a property, as rows hold it."""
    from flowrt.plugins.values import engine_value, instant

    return engine_value(value, instant)


@task_type("io.kestra.plugin.azure.storage.table.Get")
class AzureTableGet(TableTask):
    """A row of a table."""

    outputs: ClassVar[dict[str, Kind] | None] = {"row": mapping()}

    partition_key: Text = prop(STRING)
    row_key: Text | None = prop(STRING, default=None)

    def _done(self, run: RunContext, table: Any) -> dict[str, Any]:
        keys = required_text(run, self.partition_key), required_text(run, self.row_key)
        return {"row": _row(table.get_entity(*keys))}


@task_type("io.kestra.plugin.azure.storage.table.Delete")
class AzureTableDelete(TableTask):
    """Delete a row of a table."""

    partition_key: Text = prop(STRING)
    row_key: Text = prop(STRING)

    def _done(self, run: RunContext, table: Any) -> None:
        table.delete_entity(
            required_text(run, self.partition_key), required_text(run, self.row_key)
        )


@task_type("io.kestra.plugin.azure.storage.table.List")
class AzureTableList(TableTask):
    """Store rows of a table, `maxFiles` of them at the most."""

    outputs: ClassVar[dict[str, Kind] | None] = {"count": INTEGER, "uri": URI}

    filter: Text | None = prop(STRING, default=None)
    select: Listing | None = prop(listing(STRING), default=None)
    top: Integer | None = prop(INTEGER, default=None)
    max_files: Integer = prop(INTEGER, default=25)

    def _done(self, run: RunContext, table: Any) -> dict[str, Any]:
        from itertools import islice

        most, size = run.integer(self.max_files), run.integer(self.top)
        how: dict[str, Any] = {"select": run.listing(self.select) or None}
        if size is not None:
            how["results_per_page"] = size
        wanted = run.text(self.filter)
        found = table.list_entities(**how) if not wanted else table.query_entities(wanted, **how)
        rows = (_row(each) for each in Stop(run).each(islice(found, most)))
        uri, count = stored(run, rows)
        if most is not None and count >= most:
            run.log(
                "WARN",
                f"Listing was limited to {most} entities by maxFiles property. "
                "Increase the maxFiles property if you need more entities.",
            )
        run.metric("counter", "records.count", count, {"table": table.table_name})
        return {"count": count, "uri": uri}


@task_type("io.kestra.plugin.azure.storage.table.Bulk")
class AzureTableBulk(TableTask):
    """Change rows of a table, a hundred in a transaction: all of these, or none."""

    outputs: ClassVar[dict[str, Kind] | None] = {"count": INTEGER}

    from_: Any = prop(ANY)
    default_type: Text | None = prop(enum(*CHANGES), default="UPSERT_REPLACE")

    def _done(self, run: RunContext, table: Any) -> dict[str, Any]:
        from itertools import islice

        from azure.data.tables import TableTransactionError

        changes, count = self._changes(run), 0
        while batch := list(islice(changes, AT_ONCE)):
            try:
                table.submit_transaction(batch)
            except TableTransactionError as error:
                said = error.message.partition("\n")[0]
                raise TaskFailure(f"Azure: row {count + error.index}: {said}") from None
            count += len(batch)
        run.metric("counter", "records.count", count, {"table": table.table_name})
        return {"count": count}

    def _changes(self, run: RunContext) -> Iterator[tuple[str, dict[str, Any], dict[str, str]]]:
        """What becomes of each row. Raises TaskFailure for one that is none."""
        default = run.constant(self.default_type, enum(*CHANGES)) or "UPSERT_REPLACE"
        for row in Stop(run).each(given_rows(run, self.from_)):
            if not isinstance(row, dict):
                raise TaskFailure("each row must be a map")
            kind = row.get("type") or default
            if kind not in CHANGES:
                raise TaskFailure(f"`{kind}` is none of {', '.join(CHANGES)}")
            properties = row.get("properties") or {}
            if not isinstance(properties, dict):
                raise TaskFailure("`properties` of a row must be a map")
            keys = {"PartitionKey": row.get("partitionKey"), "RowKey": row.get("rowKey")}
            if None in keys.values():
                raise TaskFailure("each row has `partitionKey` and `rowKey`")
            entity = {name: text_of(key) for name, key in keys.items()}
            change, how = CHANGES[kind]
            yield change, {**{str(k): _held(v) for k, v in properties.items()}, **entity}, how


def _held(value: Any) -> Any:
    """A value as a table holds it: the type of a number depends on how large it is."""
    from decimal import Decimal

    from azure.data.tables import EdmType, EntityProperty

    from flowrt.plugins.values import nanos_of_epoch, utc

    if isinstance(value, int) and not isinstance(value, bool):
        small = -INT32 <= value < INT32
        return EntityProperty(value, EdmType.INT32 if small else EdmType.INT64)
    nanos = nanos_of_epoch(value)
    if nanos is not None:
        return utc(nanos)
    if value is None or isinstance(value, (bool, float, str)):
        return value
    if isinstance(value, Decimal):
        return float(value)
    return bytes(value) if isinstance(value, bytes) else text_of(value)
