"""Dynamics 365: records of Dataverse and of Business Central, by OData."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote, urlencode

from flowrt import packages
from flowrt.formats.jsonread import parse_json
from flowrt.model.declare import INTEGER, STRING, URI, Kind, listing, mapping, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.plugins import entra
from flowrt.plugins.rows import FETCH, stored
from flowrt.plugins.services.service import ServiceTask
from flowrt.plugins.stored import Stop
from flowrt.plugins.web import Refused
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Integer, Mapping, Text

CENTRAL = "https://api.businesscentral.dynamics.com"
ODATA = {"OData-MaxVersion": "4.0", "OData-Version": "4.0"}


class DynamicsTask(ServiceTask):
    """What the tasks share: an application with a secret or a certificate."""

    service = "Dynamics 365"
    packages: ClassVar[tuple[str, ...]] = (packages.CRYPTOGRAPHY,)

    tenant_id: Text = prop(STRING)
    client_id: Text = prop(STRING)
    client_secret: Text | None = prop(STRING, default=None)
    pem_certificate: Text | None = prop(STRING, default=None)

    def _token(self, run: RunContext, resource: str) -> dict[str, str]:
        """The header with a token for a resource. Raises TaskFailure."""
        tenant, client = required_text(run, self.tenant_id), required_text(run, self.client_id)
        secret, pem = run.text(self.client_secret) or "", run.text(self.pem_certificate) or ""
        if secret.strip() and pem.strip():
            raise TaskFailure(
                "Only one of clientSecret or pemCertificate may be provided, not both"
            )
        if secret.strip():
            run.log("DEBUG", "Authentication is using Client Secret Credentials")
            fields = {"client_id": client, "client_secret": secret}
        elif pem.strip():
            run.log("DEBUG", "Authentication is using Client Certificate Credentials")
            fields = entra.certified(tenant, client, pem)
        else:
            raise TaskFailure(
                "Either clientSecret or pemCertificate must be provided for authentication"
            )
        return entra.bearer_of(run, tenant, f"{resource}/.default", "client_credentials", fields)

    def _told(self, run: RunContext, method: str, url: str, **how: Any) -> Any:
        """The JSON of an answer. Raises TaskFailure for a refusal, in the words of the service."""
        try:
            return self._ask(run, method, url, **how)
        except Refused as error:
            message = error.said
            try:
                found = parse_json(error.said)["error"]
                code, text = found.get("code"), str(found.get("message", error.said))
                message = f"[{code}] {text}" if code else text
            except Exception:
                pass  # what came back is no JSON
            raise TaskFailure(f"Dynamics 365 API returned HTTP {error.code}: {message}") from None


def _key(number: str) -> str:
    """A key in brackets, which stays within them."""
    return "(" + quote(number, safe=",='") + ")"


# ---- Dataverse ------------------------------------------------------------------------------------------------------


class DataverseTask(DynamicsTask):
    """A task of an organization."""

    org_url: Text = prop(STRING)
    entity_set_name: Text = prop(STRING)

    def _place(self, run: RunContext) -> tuple[str, dict[str, str]]:
        """The address of the set of records, and the headers of each request."""
        base = required_text(run, self.org_url).removesuffix("/")
        name = quote(required_text(run, self.entity_set_name), safe="")
        return f"{base}/api/data/v9.2/{name}", {**self._token(run, base), **ODATA}


@task_type("io.kestra.plugin.microsoft365.dynamics365.dataverse.Query")
class DataverseQuery(DataverseTask):
    """Records for which a filter holds, page after page."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "records": listing(mapping()),
        "size": INTEGER,
        "uri": URI,
    }

    filter: Text | None = prop(STRING, default=None)
    select: Text | None = prop(STRING, default=None)
    top: Integer = prop(INTEGER, default=100)
    fetch_type: Text = prop(FETCH, default="FETCH")

    def _work(self, run: RunContext) -> dict[str, Any]:
        kind = run.text(self.fetch_type)
        url, headers = self._place(run)
        most = 1 if kind == "FETCH_ONE" else run.integer(self.top)
        asked = {
            "$top": 100 if most is None else most,
            "$filter": run.text(self.filter),
            "$select": run.text(self.select),
        }
        query = urlencode({k: v for k, v in asked.items() if v is not None}, safe="$")
        found = self._rows(run, f"{url}?{query}", headers, kind == "FETCH_ONE")
        if kind == "STORE":
            uri, size = stored(run, found)
            outputs: dict[str, Any] = {"uri": uri, "size": size}
        else:
            records = list(found)
            records = records[:1] if kind == "FETCH_ONE" else records
            outputs = {"records": records, "size": len(records)}
        run.metric("counter", "count", outputs["size"])
        name = run.text(self.entity_set_name)
        run.log("INFO", f"Dataverse query on '{name}' returned {outputs['size']} record(s)")
        return outputs

    def _rows(
        self, run: RunContext, url: str, headers: dict[str, str], one: bool
    ) -> Iterator[dict[str, Any]]:
        stop, base = Stop(run), required_text(run, self.org_url).removesuffix("/")
        following: str | None = url
        while following:
            stop.check()
            page = self._told(run, "GET", following, headers=headers) or {}
            yield from page.get("value") or ()
            following = None if one else page.get("@odata.nextLink")
            if following and not following.startswith(f"{base}/"):
                raise TaskFailure(f"Dynamics 365 names a page that lies elsewhere: {following}")


@task_type("io.kestra.plugin.microsoft365.dynamics365.dataverse.Upsert")
class DataverseUpsert(DataverseTask):
    """Change a record."""

    outputs: ClassVar[dict[str, Kind] | None] = {"recordId": STRING}

    record_id: Text = prop(STRING)
    record: Mapping = prop(mapping())

    def _work(self, run: RunContext) -> dict[str, Any]:
        number, record = required_text(run, self.record_id), run.mapping(self.record) or {}
        url, headers = self._place(run)
        told = {**headers, "If-Match": "*"}
        self._told(run, "PATCH", f"{url}{_key(number)}", headers=told, json=record)
        name = run.text(self.entity_set_name)
        run.log("INFO", f"Upserted Dataverse record {name}/({number}) successfully")
        return {"recordId": number}


@task_type("io.kestra.plugin.microsoft365.dynamics365.dataverse.Delete")
class DataverseDelete(DataverseTask):
    """Delete a record."""

    record_id: Text = prop(STRING)

    def _work(self, run: RunContext) -> None:
        number = required_text(run, self.record_id)
        url, headers = self._place(run)
        self._told(run, "DELETE", f"{url}{_key(number)}", headers=headers)
        name = run.text(self.entity_set_name)
        run.log("INFO", f"Deleted Dataverse record {name}/({number}) successfully")


# ---- Business Central -----------------------------------------------------------------------------------------------


class BusinessCentralTask(DynamicsTask):
    """A task of an environment."""

    environment: Text = prop(STRING)
    api_endpoint: Text | None = prop(STRING, default=None)

    def _central(self, run: RunContext, method: str, path: str, **how: Any) -> Any:
        """What is answered at a path below the environment."""
        endpoint = (run.text(self.api_endpoint) or CENTRAL).removesuffix("/")
        where = (required_text(run, self.tenant_id), required_text(run, self.environment))
        tenant, name = (quote(each, safe="") for each in where)
        url = f"{endpoint}/v2.0/{tenant}/{name}/api/v2.0/{path}"
        return self._told(run, method, url, headers=self._token(run, endpoint), **how)


class CompanyTask(BusinessCentralTask):
    """A task of a company."""

    company_id: Text = prop(STRING)

    def _company(self, run: RunContext, path: str) -> str:
        return f"companies{_key(required_text(run, self.company_id))}/{path}"


@task_type("io.kestra.plugin.microsoft365.dynamics365.businesscentral.ListCompanies")
class BusinessCentralListCompanies(BusinessCentralTask):
    """The companies of an environment."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "companies": listing(mapping()),
        "size": INTEGER,
    }

    def _work(self, run: RunContext) -> dict[str, Any]:
        found = self._central(run, "GET", "companies").get("value") or []
        run.metric("counter", "count", len(found))
        run.log("INFO", f"Retrieved {len(found)} Business Central company(ies)")
        return {"companies": found, "size": len(found)}


@task_type("io.kestra.plugin.microsoft365.dynamics365.businesscentral.ListItems")
class BusinessCentralListItems(CompanyTask):
    """The items of a company."""

    outputs: ClassVar[dict[str, Kind] | None] = {"items": listing(mapping()), "size": INTEGER}

    filter: Text | None = prop(STRING, default=None)
    top: Integer = prop(INTEGER, default=100)

    def _work(self, run: RunContext) -> dict[str, Any]:
        most, wanted = run.integer(self.top), run.text(self.filter)
        asked: dict[str, Any] = {"$top": 100 if most is None else most}
        if wanted is not None:
            asked["$filter"] = wanted
        path = self._company(run, f"items?{urlencode(asked, safe='$')}")
        found = self._central(run, "GET", path).get("value") or []
        run.metric("counter", "count", len(found))
        run.log("INFO", f"Retrieved {len(found)} item(s) from company {run.text(self.company_id)}")
        return {"items": found, "size": len(found)}


@task_type("io.kestra.plugin.microsoft365.dynamics365.businesscentral.GetCustomer")
class BusinessCentralGetCustomer(CompanyTask):
    """A customer."""

    outputs: ClassVar[dict[str, Kind] | None] = {"customer": mapping()}

    customer_id: Text = prop(STRING)

    def _work(self, run: RunContext) -> dict[str, Any]:
        number, company = required_text(run, self.customer_id), run.text(self.company_id)
        found = self._central(run, "GET", self._company(run, f"customers{_key(number)}"))
        run.log("INFO", f"Retrieved customer {number} from company {company}")
        return {"customer": found}


@task_type("io.kestra.plugin.microsoft365.dynamics365.businesscentral.CreateCustomer")
class BusinessCentralCreateCustomer(CompanyTask):
    """Make a customer."""

    outputs: ClassVar[dict[str, Kind] | None] = {"customer": mapping(), "customerId": STRING}

    customer: Mapping = prop(mapping())

    def _work(self, run: RunContext) -> dict[str, Any]:
        given = run.mapping(self.customer) or {}
        found = self._central(run, "POST", self._company(run, "customers"), json=given)
        run.log(
            "INFO", f"Created customer {found.get('id')} in company {run.text(self.company_id)}"
        )
        return {"customerId": found.get("id"), "customer": found}


@task_type("io.kestra.plugin.microsoft365.dynamics365.businesscentral.GetInvoice")
class BusinessCentralGetInvoice(CompanyTask):
    """An invoice."""

    outputs: ClassVar[dict[str, Kind] | None] = {"invoice": mapping()}

    invoice_id: Text = prop(STRING)

    def _work(self, run: RunContext) -> dict[str, Any]:
        number, company = required_text(run, self.invoice_id), run.text(self.company_id)
        found = self._central(run, "GET", self._company(run, f"salesInvoices{_key(number)}"))
        run.log("INFO", f"Retrieved invoice {number} from company {company}")
        return {"invoice": found}


@task_type("io.kestra.plugin.microsoft365.dynamics365.businesscentral.CreateInvoice")
class BusinessCentralCreateInvoice(CompanyTask):
    """Make an invoice of sales."""

    outputs: ClassVar[dict[str, Kind] | None] = {"invoice": mapping(), "invoiceId": STRING}

    invoice: Mapping = prop(mapping())

    def _work(self, run: RunContext) -> dict[str, Any]:
        given = run.mapping(self.invoice) or {}
        found = self._central(run, "POST", self._company(run, "salesInvoices"), json=given)
        company = run.text(self.company_id)
        run.log("INFO", f"Created sales invoice {found.get('id')} in company {company}")
        return {"invoiceId": found.get("id"), "invoice": found}
