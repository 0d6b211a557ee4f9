"""HubSpot: companies, contacts, deals and tickets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    BOOLEAN,
    DOUBLE,
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
from flowrt.plugins.rows import stored
from flowrt.plugins.services.service import OptionsTask, address, bearer
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Mapping, Number, Text

BASE = "https://api.hubapi.com/crm/v3/objects"
PRIORITIES = enum("LOW", "MEDIUM", "HIGH")


class HubspotTask(OptionsTask):
    """What the tasks share; `objects` is the kind of records, `name_of` says which property has their number."""

    service = "HubSpot"
    objects: ClassVar[str] = ""
    name_of: ClassVar[str] = ""

    api_key: Text | None = prop(STRING, default=None)
    oauth_token: Text | None = prop(STRING, default=None)

    def _headers(self, run: RunContext) -> dict[str, str]:
        return bearer(run, self.api_key, self.oauth_token)

    def _number(self, run: RunContext) -> str:
        return required_text(run, getattr(self, self.name_of))

    def _kept(self, run: RunContext, found: dict[str, Any]) -> dict[str, Any]:
        uri, _ = stored(run, [found.get("properties") or {}])
        return {"id": int(found["id"]), "uri": uri}


class Writing(HubspotTask):
    """What tasks that make or change a record share; `fields` says what HubSpot calls a property."""

    outputs: ClassVar[dict[str, Kind] | None] = {"id": INTEGER, "uri": URI}
    fields: ClassVar[dict[str, str]] = {}

    additional_properties: Mapping | None = prop(mapping(), default=None)

    def _record(self, run: RunContext) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for attribute, field in self.fields.items():
            value = getattr(self, attribute)
            if value is not None:
                kind = type(self).properties[attribute].kind
                found[field] = run.double(value) if kind is DOUBLE else run.text(value)
        found = {field: value for field, value in found.items() if value is not None}
        return {"properties": {**found, **(run.mapping(self.additional_properties) or {})}}

    def _made(self, run: RunContext) -> dict[str, Any]:
        url = address(BASE, self.objects)
        return self._kept(run, self._ask(run, "POST", url, json=self._record(run)))

    def _changed(self, run: RunContext) -> dict[str, Any]:
        url = address(BASE, self.objects, self._number(run))
        return self._kept(run, self._ask(run, "PATCH", url, json=self._record(run)))


class Getting(HubspotTask):
    """What tasks that get a record share."""

    outputs: ClassVar[dict[str, Kind] | None] = {"id": INTEGER, "uri": URI}

    properties_: Listing | None = prop(listing(STRING), default=None, yaml="properties")

    def _work(self, run: RunContext) -> dict[str, Any]:
        wanted = ",".join(run.listing(self.properties_) or ()) or None
        url = address(BASE, self.objects, self._number(run), properties=wanted)
        return self._kept(run, self._ask(run, "GET", url))


class Deleting(HubspotTask):
    """What tasks that delete a record share."""

    def _work(self, run: RunContext) -> None:
        self._exchange(run, "DELETE", address(BASE, self.objects, self._number(run)))


class Searching(HubspotTask):
    """What tasks that look for records share."""

    outputs: ClassVar[dict[str, Kind] | None] = {"total": INTEGER, "uri": URI}

    query: Text | None = prop(STRING, default=None)
    filter_groups: Listing | None = prop(listing(mapping()), default=None)
    properties_: Listing | None = prop(listing(STRING), default=None, yaml="properties")
    limit: Integer = prop(INTEGER, default=10)
    after: Text | None = prop(STRING, default=None)
    sorts: Listing | None = prop(listing(mapping(STRING)), default=None)
    fetch_all_pages: Flag = prop(BOOLEAN, default=False)

    def _work(self, run: RunContext) -> dict[str, Any]:
        uri, size = stored(run, self._found(run))
        run.log("INFO", f"Retrieved {size} records")
        return {"total": size, "uri": uri}

    def _found(self, run: RunContext) -> Iterator[dict[str, Any]]:
        asked: dict[str, Any] = {
            "query": run.text(self.query),
            "filterGroups": run.listing(self.filter_groups, mapping()) or [],
            "properties": run.listing(self.properties_) or [],
            "limit": run.integer(self.limit),
            "after": run.text(self.after),
            "sorts": run.listing(self.sorts, mapping(STRING)) or [],
        }
        while True:
            json = {key: value for key, value in asked.items() if value is not None}
            page = self._ask(run, "POST", address(BASE, self.objects, "search"), json=json)
            for each in page.get("results") or ():
                yield each.get("properties") or {}
            after = ((page.get("paging") or {}).get("next") or {}).get("after")
            if after is None or not run.flag(self.fetch_all_pages):
                return
            asked["after"] = after


class Companies(HubspotTask):
    """What tasks of companies share."""

    objects = "companies"
    name_of = "company_id"


class Contacts(HubspotTask):
    """What tasks of contacts share."""

    objects = "contacts"
    name_of = "contact_id"


class Deals(HubspotTask):
    """What tasks of deals share."""

    objects = "deals"
    name_of = "deal_id"


class Company(Companies, Writing):
    """The properties of a company that a flow may set."""

    fields: ClassVar[dict[str, str]] = {
        "name": "name",
        "domain": "domain",
        "company_description": "description",
        "industry": "industry",
        "company_type": "type",
    }

    company_description: Text | None = prop(STRING, default=None)
    company_type: Text | None = prop(STRING, default=None)
    industry: Text | None = prop(STRING, default=None)


@task_type("io.kestra.plugin.hubspot.companies.Create")
class HubspotCompaniesCreate(Company):
    """Make a company."""

    name: Text = prop(STRING)
    domain: Text = prop(STRING)

    def _work(self, run: RunContext) -> dict[str, Any]:
        return self._made(run)


@task_type("io.kestra.plugin.hubspot.companies.Update")
class HubspotCompaniesUpdate(Company):
    """Change a company."""

    company_id: Text = prop(STRING)
    name: Text | None = prop(STRING, default=None)
    domain: Text | None = prop(STRING, default=None)

    def _work(self, run: RunContext) -> dict[str, Any]:
        return self._changed(run)


@task_type("io.kestra.plugin.hubspot.companies.Get")
class HubspotCompaniesGet(Companies, Getting):
    """Get a company."""

    company_id: Text = prop(STRING)


@task_type("io.kestra.plugin.hubspot.companies.Delete")
class HubspotCompaniesDelete(Companies, Deleting):
    """Delete a company."""

    company_id: Text = prop(STRING)


@task_type("io.kestra.plugin.hubspot.companies.Search")
class HubspotCompaniesSearch(Companies, Searching):
    """Look for companies."""


class Contact(Contacts, Writing):
    """The properties of a contact that a flow may set."""

    fields: ClassVar[dict[str, str]] = {
        "email": "email",
        "first_name": "firstname",
        "last_name": "lastname",
        "phone": "phone",
        "job_title": "jobtitle",
        "lifecycle_stage": "lifecyclestage",
    }

    first_name: Text | None = prop(STRING, default=None)
    last_name: Text | None = prop(STRING, default=None)
    phone: Text | None = prop(STRING, default=None)
    job_title: Text | None = prop(STRING, default=None)
    lifecycle_stage: Text | None = prop(STRING, default=None)


@task_type("io.kestra.plugin.hubspot.contacts.Create")
class HubspotContactsCreate(Contact):
    """Make a contact."""

    email: Text = prop(STRING)

    def _work(self, run: RunContext) -> dict[str, Any]:
        return self._made(run)


@task_type("io.kestra.plugin.hubspot.contacts.Update")
class HubspotContactsUpdate(Contact):
    """Change a contact."""

    contact_id: Text = prop(STRING)
    email: Text | None = prop(STRING, default=None)

    def _work(self, run: RunContext) -> dict[str, Any]:
        return self._changed(run)


@task_type("io.kestra.plugin.hubspot.contacts.Get")
class HubspotContactsGet(Contacts, Getting):
    """Get a contact."""

    contact_id: Text = prop(STRING)


@task_type("io.kestra.plugin.hubspot.contacts.Delete")
class HubspotContactsDelete(Contacts, Deleting):
    """Delete a contact."""

    contact_id: Text = prop(STRING)


@task_type("io.kestra.plugin.hubspot.contacts.Search")
class HubspotContactsSearch(Contacts, Searching):
    """Look for contacts."""


class Deal(Deals, Writing):
    """The properties of a deal that a flow may set, and what it belongs to."""

    fields: ClassVar[dict[str, str]] = {
        "name": "dealname",
        "pipeline": "pipeline",
        "stage": "dealstage",
        "amount": "amount",
        "close_date": "closedate",
        "deal_type": "dealtype",
    }
    kinds: ClassVar[dict[str, int]] = {"associated_company_ids": 5, "associated_contact_ids": 3}
    """What HubSpot calls the association of a deal with a company, and with a contact."""

    amount: Number | None = prop(DOUBLE, default=None)
    close_date: Text | None = prop(STRING, default=None)
    deal_type: Text | None = prop(STRING, default=None)
    associated_company_ids: Listing | None = prop(listing(INTEGER), default=None)
    associated_contact_ids: Listing | None = prop(listing(INTEGER), default=None)

    def _record(self, run: RunContext) -> dict[str, Any]:
        found = super()._record(run)
        associations = [
            {
                "to": {"id": number},
                "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": kind}],
            }
            for attribute, kind in self.kinds.items()
            for number in run.listing(getattr(self, attribute), INTEGER) or ()
        ]
        return {**found, "associations": associations} if associations else found


@task_type("io.kestra.plugin.hubspot.deals.Create")
class HubspotDealsCreate(Deal):
    """Make a deal."""

    name: Text = prop(STRING)
    pipeline: Text = prop(STRING)
    stage: Text = prop(STRING)

    def _work(self, run: RunContext) -> dict[str, Any]:
        return self._made(run)


@task_type("io.kestra.plugin.hubspot.deals.Update")
class HubspotDealsUpdate(Deal):
    """Change a deal."""

    deal_id: Text = prop(STRING)
    name: Text | None = prop(STRING, default=None)
    pipeline: Text | None = prop(STRING, default=None)
    stage: Text | None = prop(STRING, default=None)

    def _work(self, run: RunContext) -> dict[str, Any]:
        return self._changed(run)


@task_type("io.kestra.plugin.hubspot.deals.Get")
class HubspotDealsGet(Deals, Getting):
    """Get a deal."""

    deal_id: Text = prop(STRING)


@task_type("io.kestra.plugin.hubspot.deals.Delete")
class HubspotDealsDelete(Deals, Deleting):
    """Delete a deal."""

    deal_id: Text = prop(STRING)


@task_type("io.kestra.plugin.hubspot.deals.Search")
class HubspotDealsSearch(Deals, Searching):
    """Look for deals."""


@task_type("io.kestra.plugin.hubspot.tickets.Create")
class HubspotTicketsCreate(Writing):
    """Make a ticket."""

    objects = "tickets"
    fields: ClassVar[dict[str, str]] = {"subject": "subject", "content": "content"}

    subject: Text | None = prop(STRING, default=None)
    content: Text | None = prop(STRING, default=None)
    pipeline: Integer | None = prop(INTEGER, default=None)
    stage: Integer = prop(INTEGER, default=1)
    priority: Text | None = prop(PRIORITIES, default=None)

    def _record(self, run: RunContext) -> dict[str, Any]:
        found = super()._record(run)
        more = {
            "hs_pipeline_stage": run.integer(self.stage),
            "hs_pipeline": run.integer(self.pipeline),
            "hs_ticket_priority": run.constant(self.priority, PRIORITIES),
        }
        given = {key: value for key, value in more.items() if value is not None}
        return {"properties": {**given, **found["properties"]}}

    def _work(self, run: RunContext) -> dict[str, Any]:
        return self._made(run)
