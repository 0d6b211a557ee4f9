"""Bigtable: tables, and their rows, which are read one after the other."""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt import missing, packages
from flowrt.model.declare import (
    ANY,
    INTEGER,
    STRING,
    URI,
    Declared,
    Kind,
    listing,
    mapping,
    prop,
    record,
    task_type,
)
from flowrt.model.failures import TaskFailure, reason
from flowrt.plugins.google.bigtable_rows import Row, Rows
from flowrt.plugins.google.cloud import CloudTask
from flowrt.plugins.rows import FETCH, stored
from flowrt.plugins.stored import Stop
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Integer, Listing, Mapping, Text
    from flowrt.plugins.google.auth import Google

HOST, ADMIN_HOST = "bigtable.googleapis.com", "bigtableadmin.googleapis.com"
PACKAGE = packages.BIGTABLE
AT_ONCE = 1000
"""Rows that one request changes."""
FETCHED = 5000
"""Rows that become an output, where the flow names no limit."""
AGAIN = (4, 10, 14)
"""Codes of changes that can be tried again: too late, aborted, unavailable."""
TRIES, PAUSE = 5, 0.2


def channel_to(host: str, plain: bool) -> Any:
    """A connection to a service that speaks gRPC."""
    grpc = missing.load("grpc", "Bigtable", PACKAGE, "bigtable")
    if plain:
        return grpc.insecure_channel(host)
    return grpc.secure_channel(host, grpc.ssl_channel_credentials())


class BigtableTask(CloudTask):
    """What the tasks share: an instance of a project, or an emulator that wants to know nothing of who asks."""

    packages: ClassVar[tuple[str, ...]] = (*CloudTask.packages, PACKAGE)

    project_id: Text = prop(STRING)
    instance_id: Text = prop(STRING)
    table_id: Text = prop(STRING)
    emulator_host: Text | None = prop(STRING, default=None)
    scopes: Listing | None = prop(listing(STRING), default=None)  # type: ignore[assignment]

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        missing.load("google.cloud.bigtable_v2", "Bigtable", PACKAGE, "bigtable")
        from google.api_core.exceptions import GoogleAPICallError

        stop = Stop(run)
        try:
            return self._done(run, google, stop)
        except GoogleAPICallError as error:
            stop.check()
            raise TaskFailure(f"Bigtable: {error.message}") from None
        except ValueError as error:  # of a channel that is closed
            stop.check()
            raise TaskFailure(f"Bigtable: {reason(error)}") from None

    def _done(self, run: RunContext, google: Google, stop: Stop) -> dict[str, Any]:
        raise NotImplementedError

    def _parent(self, run: RunContext) -> str:
        """The name of the instance. Raises TaskFailure for a name that would lead elsewhere."""
        project, instance = (_name(run, each) for each in (self.project_id, self.instance_id))
        return f"projects/{project}/instances/{instance}"

    def _table(self, run: RunContext) -> str:
        return f"{self._parent(run)}/tables/{_name(run, self.table_id)}"

    @contextmanager
    def _channel(self, run: RunContext, host: str) -> Iterator[Any]:
        emulator = run.text(self.emulator_host)
        with channel_to(emulator or host, emulator is not None) as channel:
            run.on_kill(channel.close)
            yield channel

    def _about(self, run: RunContext, google: Google) -> list[tuple[str, str]]:
        """The metadata that say who asks."""
        if run.text(self.emulator_host) is not None:
            return []
        return [("authorization", f"Bearer {google.token().value}")]

    @contextmanager
    def _data(self, run: RunContext, google: Google) -> Iterator[Data]:
        """The rows of the table for as long as the block lasts."""
        with self._channel(run, HOST) as channel:
            yield Data(channel, self._table(run), lambda: self._about(run, google))

    @contextmanager
    def _admin(self, run: RunContext) -> Iterator[Any]:
        """Who makes tables and deletes them, for as long as the block lasts."""
        from google.cloud.bigtable_admin_v2 import BigtableTableAdminClient
        from google.cloud.bigtable_admin_v2.services.bigtable_table_admin import transports

        with self._channel(run, ADMIN_HOST) as channel:
            transport = transports.BigtableTableAdminGrpcTransport(channel=channel)
            yield BigtableTableAdminClient(transport=transport)


def _name(run: RunContext, given: Any) -> str:
    name = required_text(run, given)
    if "/" in name:
        raise TaskFailure(f"`{name}` is no name of Bigtable")
    return name


class Data:
    """Reads and changes the rows of a table."""

    def __init__(self, channel: Any, table: str, about: Any) -> None:
        from google.cloud import bigtable_v2
        from google.cloud.bigtable_v2.services.bigtable import transports

        self._types = bigtable_v2
        transport = transports.BigtableGrpcTransport(channel=channel)
        self._client = bigtable_v2.BigtableClient(transport=transport)
        self._table = table
        self._about = about

    def read(self, rows: dict[str, Any], filter: Any, limit: int, stop: Stop) -> Iterator[Row]:
        """Rows by their keys. Where the connection breaks, reading goes on behind the last row."""
        from google.api_core.exceptions import Aborted, ServiceUnavailable

        found = Rows(rows, limit)
        while not found.over:
            request = {
                "table_name": self._table,
                "rows": found.left,
                "rows_limit": found.most,
                "filter": filter,
            }
            try:
                answers = self._client.read_rows(request=request, metadata=self._about())
                yield from stop.each(found.of(answers))
                return
            except (Aborted, ServiceUnavailable):
                stop.check()
                if not found.again(TRIES):
                    raise
                time.sleep(PAUSE)

    def change(self, entries: Iterable[dict[str, Any]], stop: Stop) -> int:
        """Change rows; how many they were. Raises TaskFailure when one could not be changed."""
        from itertools import islice

        count, rest = 0, iter(entries)
        while batch := list(islice(rest, AT_ONCE)):
            self._changed(batch, stop)
            count += len(batch)
        return count

    def _changed(self, batch: list[dict[str, Any]], stop: Stop) -> None:
        pause = PAUSE
        for left in reversed(range(TRIES)):
            stop.check()
            request = {"table_name": self._table, "entries": batch}
            failed = [
                (batch[each.index], each.status)
                for answer in self._client.mutate_rows(request=request, metadata=self._about())
                for each in answer.entries
                if each.status.code
            ]
            if not failed:
                return
            if not left or any(status.code not in AGAIN for _, status in failed):
                said = "; ".join(sorted({str(status.message) for _, status in failed}))
                raise TaskFailure(f"{len(failed)} rows of Bigtable could not be changed: {said}")
            batch = [entry for entry, _ in failed]
            time.sleep(pause)
            pause *= 2


def _prefixed(prefix: bytes) -> dict[str, bytes]:
    """The range of the keys that begin with something."""
    kept = prefix.rstrip(b"\xff")
    end = kept[:-1] + bytes([kept[-1] + 1]) if kept else b""
    return {"start_key_closed": prefix, **({"end_key_open": end} if end else {})}


class RangeTask(BigtableTask):
    """What tasks share that name rows by a range of keys."""

    row_key_start: Text | None = prop(STRING, default=None)
    row_key_end: Text | None = prop(STRING, default=None)
    row_key_prefix: Text | None = prop(STRING, default=None)

    def _range(self, run: RunContext) -> dict[str, bytes]:
        """The range that the flow names; empty for none."""
        prefix, start = run.text(self.row_key_prefix), run.text(self.row_key_start)
        if prefix is not None:
            return _prefixed(prefix.encode())
        end = run.text(self.row_key_end)
        found = {"start_key_closed": start, "end_key_open": end}
        return {name: value.encode() for name, value in found.items() if value is not None}


@task_type("io.kestra.plugin.gcp.bigtable.ReadRows")
class BigtableReadRows(RangeTask):
    """The rows of a table, or of a range of keys."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "rowCount": INTEGER,
        "row": mapping(),
        "rows": listing(mapping()),
        "uri": URI,
    }

    column_family: Text | None = prop(STRING, default=None)
    limit: Integer | None = prop(INTEGER, default=None)
    fetch_type: Text = prop(FETCH, default="STORE")

    def _done(self, run: RunContext, google: Google, stop: Stop) -> dict[str, Any]:
        kind, limit = run.constant(self.fetch_type, FETCH), run.integer(self.limit) or 0
        if kind == "FETCH_ONE":
            limit = 1
        elif kind == "FETCH":
            limit = limit or FETCHED
        family, within = run.text(self.column_family), self._range(run)
        filter = None if family is None else {"family_name_regex_filter": re.escape(family)}
        with self._data(run, google) as data:
            wanted = {"row_ranges": [within]} if within else {}
            rows = (each.told for each in data.read(wanted, filter, limit, stop))
            if kind == "STORE":
                uri, count = stored(run, rows)
                return {"uri": uri, "rowCount": count}
            if kind == "NONE":
                return {"rowCount": sum(1 for _ in rows)}
            found = list(rows)
        if kind == "FETCH":
            return {"rows": found, "rowCount": len(found)}
        return {"row": found[0] if found else None, "rowCount": len(found)}


@task_type("io.kestra.plugin.gcp.bigtable.DeleteRows")
class BigtableDeleteRows(RangeTask):
    """Delete rows: those of some keys, or of a range of them."""

    outputs: ClassVar[dict[str, Kind] | None] = {"rowCount": INTEGER}

    row_keys: Listing | None = prop(listing(STRING), default=None)

    def _done(self, run: RunContext, google: Google, stop: Stop) -> dict[str, Any]:
        keys, within = run.listing(self.row_keys), self._range(run)
        if not keys and not within:
            raise TaskFailure(
                "One of `rowKeys`, `rowKeyPrefix`, or `rowKeyStart`/`rowKeyEnd` must be set."
            )
        with self._data(run, google) as data:
            found: Iterable[bytes] = [str(each).encode() for each in keys or ()]
            if not keys:
                # of a row its key is wanted, so the first cell comes alone, and without its value
                short = [{"cells_per_row_limit_filter": 1}, {"strip_value_transformer": True}]
                rows = data.read({"row_ranges": [within]}, {"chain": {"filters": short}}, 0, stop)
                found = (each.key for each in rows)
            gone = ({"row_key": each, "mutations": [{"delete_from_row": {}}]} for each in found)
            return {"rowCount": data.change(gone, stop)}


class BigtableRow(Declared):
    """A row: cells to set, and those to delete, by their qualifiers."""

    row_key: Text = prop(STRING)
    column_family: Text | None = prop(STRING, default=None)
    cells: Mapping | None = prop(mapping(STRING), default=None)
    delete_cells: Listing | None = prop(listing(STRING), default=None)


@task_type("io.kestra.plugin.gcp.bigtable.WriteRows")
class BigtableWriteRows(BigtableTask):
    """Set cells of rows, and delete some."""

    outputs: ClassVar[dict[str, Kind] | None] = {"rowCount": INTEGER}

    column_family: Text | None = prop(STRING, default=None)
    rows: Listing = prop(listing(record(BigtableRow)))

    def _done(self, run: RunContext, google: Google, stop: Stop) -> dict[str, Any]:
        rows = [self._entry(run, each) for each in self._given(run)]
        name = required_text(run, self.table_id)
        run.log("DEBUG", f"Writing {len(rows)} row(s) to Bigtable table '{name}'")
        with self._data(run, google) as data:
            count = data.change(rows, stop)
        run.metric("counter", "rows.written", count, {"table_id": name})
        run.log("INFO", f"Wrote {count} row(s) to Bigtable table '{name}'")
        return {"rowCount": count}

    def _given(self, run: RunContext) -> list[dict[str, Any]]:
        if not isinstance(self.rows, list):
            return run.listing(self.rows, ANY) or []
        return [
            {
                "rowKey": run.text(each.row_key),
                "columnFamily": run.text(each.column_family),
                "cells": run.mapping(each.cells, STRING),
                "deleteCells": run.listing(each.delete_cells),
            }
            for each in self.rows
        ]

    def _entry(self, run: RunContext, row: dict[str, Any]) -> dict[str, Any]:
        """A row as a request has it. Raises TaskFailure for one whose family nobody names."""
        from flowrt.java.printing import text_of

        key, family = row.get("rowKey"), row.get("columnFamily") or run.text(self.column_family)
        if not key:
            raise TaskFailure("a row has `rowKey`")
        if family is None:
            raise TaskFailure(
                f"No columnFamily defined for row '{key}' and no default columnFamily set on the task"
            )
        now = time.time_ns() // 1_000_000 * 1000
        return {
            "row_key": text_of(key).encode(),
            "mutations": [
                *(
                    {
                        "set_cell": {
                            "family_name": family,
                            "column_qualifier": str(name).encode(),
                            "timestamp_micros": now,
                            "value": text_of(value).encode(),
                        }
                    }
                    for name, value in (row.get("cells") or {}).items()
                ),
                *(
                    {
                        "delete_from_column": {
                            "family_name": family,
                            "column_qualifier": str(name).encode(),
                        }
                    }
                    for name in row.get("deleteCells") or ()
                ),
            ],
        }


@task_type("io.kestra.plugin.gcp.bigtable.CreateTable")
class BigtableCreateTable(BigtableTask):
    """Make a table."""

    outputs: ClassVar[dict[str, Kind] | None] = {"tableId": STRING, "columnFamilyCount": INTEGER}

    column_families: Listing | None = prop(listing(STRING), default=None)

    def _done(self, run: RunContext, google: Google, stop: Stop) -> dict[str, Any]:
        name, families = _name(run, self.table_id), run.listing(self.column_families) or []
        with self._admin(run) as admin:
            request = {
                "parent": self._parent(run),
                "table_id": name,
                "table": {"column_families": {str(each): {} for each in families}},
            }
            admin.create_table(request=request, metadata=self._about(run, google))
        return {"tableId": name, "columnFamilyCount": len(families)}


@task_type("io.kestra.plugin.gcp.bigtable.DeleteTable")
class BigtableDeleteTable(BigtableTask):
    """Delete a table with all that is in it."""

    outputs: ClassVar[dict[str, Kind] | None] = {"tableId": STRING}

    def _done(self, run: RunContext, google: Google, stop: Stop) -> dict[str, Any]:
        with self._admin(run) as admin:
            request = {"name": self._table(run)}
            admin.delete_table(request=request, metadata=self._about(run, google))
        return {"tableId": required_text(run, self.table_id)}
