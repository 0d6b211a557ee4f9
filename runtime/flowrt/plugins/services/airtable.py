"""Airtable: records of a table."""

from __future__ import annotations

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
from flowrt.plugins.rows import FETCH, FETCH_OUTPUTS, put_out
from flowrt.plugins.services.service import ServiceTask, address, bearer
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Mapping, Text

BASE = "https://api.airtable.com/v0"
LARGEST_BATCH = 10
"""Records that one request may make."""


class AirtableTask(ServiceTask):
    """What the tasks share."""

    service = "Airtable"

    base_id: Text = prop(STRING)
    table_id: Text = prop(STRING)
    api_key: Text = prop(STRING)

    def _headers(self, run: RunContext) -> dict[str, str]:
        return bearer(run, self.api_key)

    def _url(self, run: RunContext, *more: str, **query: Any) -> str:
        base, table = required_text(run, self.base_id), required_text(run, self.table_id)
        return address(BASE, base, table, *more, **query)


def _record(found: dict[str, Any]) -> dict[str, Any]:
    return {key: found[key] for key in ("id", "createdTime", "fields") if key in found}


@task_type("io.kestra.plugin.airtable.records.Create")
class AirtableRecordsCreate(AirtableTask):
    """Make a record, or up to ten."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "record": mapping(),
        "recordIds": listing(STRING),
        "records": listing(mapping()),
    }

    fields: Mapping | None = prop(mapping(), default=None)
    records: Listing | None = prop(listing(mapping()), default=None)
    typecast: Flag = prop(BOOLEAN, default=False)

    def _work(self, run: RunContext) -> dict[str, Any]:
        fields = run.mapping(self.fields) or {}
        many = run.listing(self.records, mapping()) or []
        if bool(fields) == bool(many):
            raise TaskFailure("one of `fields` (a record) and `records` (several) must be given")
        if len(many) > LARGEST_BATCH:
            raise TaskFailure(f"Cannot create more than {LARGEST_BATCH} records at once")
        asked: dict[str, Any] = (
            {"fields": fields} if fields else {"records": [{"fields": each} for each in many]}
        )
        if run.flag(self.typecast):
            asked["typecast"] = True
        found = self._ask(run, "POST", self._url(run), json=asked)
        made = [_record(each) for each in ([found] if fields else found["records"])]
        run.log("INFO", f"Successfully created {len(made)} records")
        return {
            "record": made[0] if made else None,
            "records": made,
            "recordIds": [each["id"] for each in made],
        }


@task_type("io.kestra.plugin.airtable.records.Update")
class AirtableRecordsUpdate(AirtableTask):
    """Change fields of a record."""

    outputs: ClassVar[dict[str, Kind] | None] = {"record": mapping(), "recordId": STRING}

    record_id: Text = prop(STRING)
    fields: Mapping = prop(mapping())
    typecast: Flag = prop(BOOLEAN, default=False)

    def _work(self, run: RunContext) -> dict[str, Any]:
        asked: dict[str, Any] = {"fields": run.mapping(self.fields) or {}}
        if run.flag(self.typecast):
            asked["typecast"] = True
        url = self._url(run, required_text(run, self.record_id))
        found = _record(self._ask(run, "PATCH", url, json=asked))
        return {"record": found, "recordId": found["id"]}


@task_type("io.kestra.plugin.airtable.records.Get")
class AirtableRecordsGet(AirtableTask):
    """Get a record."""

    outputs: ClassVar[dict[str, Kind] | None] = {"record": mapping()}

    record_id: Text = prop(STRING)
    fields: Listing | None = prop(listing(STRING), default=None)
    fail_on_missing: Flag = prop(BOOLEAN, default=False)

    def _work(self, run: RunContext) -> dict[str, Any]:
        name = required_text(run, self.record_id)
        found = _record(self._ask(run, "GET", self._url(run, name)))
        wanted = run.listing(self.fields) or []
        if wanted:
            known = found.get("fields") or {}
            missing = [each for each in wanted if each not in known]
            if missing and run.flag(self.fail_on_missing):
                raise TaskFailure(
                    f"Missing fields in Airtable record '{name}': [{', '.join(missing)}]"
                )
            found["fields"] = {key: known[key] for key in known if key in wanted}
        return {"record": found}


@task_type("io.kestra.plugin.airtable.records.Delete")
class AirtableRecordsDelete(AirtableTask):
    """Delete a record."""

    record_id: Text = prop(STRING)

    def _work(self, run: RunContext) -> None:
        self._ask(run, "DELETE", self._url(run, required_text(run, self.record_id)))


@task_type("io.kestra.plugin.airtable.records.List")
class AirtableRecordsList(AirtableTask):
    """The records of a table that a formula and a view let through."""

    outputs: ClassVar[dict[str, Kind] | None] = FETCH_OUTPUTS

    filter_by_formula: Text | None = prop(STRING, default=None)
    fields: Listing | None = prop(listing(STRING), default=None)
    max_records: Integer | None = prop(INTEGER, default=None)
    view: Text | None = prop(STRING, default=None)
    enable_auto_pagination: Flag = prop(BOOLEAN, default=False)
    fetch_type: Text = prop(FETCH, default="FETCH")

    def _work(self, run: RunContext) -> dict[str, Any]:
        return put_out(run, self._records(run), run.constant(self.fetch_type, FETCH))

    def _records(self, run: RunContext) -> Iterator[dict[str, Any]]:
        """Page by page, if pages are wanted beyond the first."""
        query = {
            "filterByFormula": run.text(self.filter_by_formula) or None,
            "fields[]": run.listing(self.fields),
            "maxRecords": run.integer(self.max_records),
            "view": run.text(self.view) or None,
        }
        offset = None
        while True:
            page = self._ask(run, "GET", self._url(run, **query, offset=offset))
            yield from map(_record, page.get("records") or ())
            offset = page.get("offset")
            if offset is None or not run.flag(self.enable_auto_pagination):
                return
