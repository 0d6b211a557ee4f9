"""Which class runs which type of services on the web."""

_FABRIC = ("RunNotebook", "RunPipeline", "RunSparkJob")
_GITHUB = ("code", "commits", "issues", "pulls", "repositories", "topics", "users")
_RECORDS = ("Batch", "Create", "Delete", "Get", "List", "Update", "Upsert")
_VERBS = ("Create", "Delete", "Get", "Search", "Update")


def _module(name: str, prefix: str, **types: tuple[str, ...]) -> dict[str, str]:
    """`types` has the names of classes by the package below the prefix; `_` stands for none."""
    found = {}
    for package, classes in types.items():
        whole = prefix if package == "_" else f"{prefix}.{package}"
        start = "".join(part.capitalize() for part in whole.split("."))
        for each in classes:
            place = f"flowrt.plugins.services.{name}:{start}{each}"
            found[f"io.kestra.plugin.{whole}.{each}"] = place
    return found


TYPES = {
    **_module("airbyte", "airbyte", connections=("CheckStatus", "Sync")),
    **_module("airbyte", "airbyte.cloud", jobs=("Reset", "Sync")),
    **_module("airflow", "airflow", dags=("TriggerDagRun",)),
    **_module("airtable", "airtable", records=("Create", "Delete", "Get", "List", "Update")),
    **_module("algolia", "algolia", _=("Delete", "Index", "Search")),
    **_module("apify", "apify", actor=("Run",), task=("Run",)),
    **_module("apify", "apify", dataset=("Get", "GetLastRun", "Save")),
    **_module("argocd", "argocd", apps=("Status", "Sync")),
    **_module("cloudflare", "cloudflare", cache=("Purge",), zones=("Get", "List")),
    **_module("cloudflare_rules", "cloudflare.waf", accessrules=("Create", "Delete", "List")),
    **_module("cloudflare", "cloudflare.dns", records=_RECORDS),
    **_module("confluence", "confluence", pages=("Create", "List", "Update")),
    **_module("databricks", "databricks", cluster=("CreateCluster", "DeleteCluster")),
    **_module("databricks", "databricks", job=("CreateJob", "SubmitRun")),
    **_module("databricks_files", "databricks", dbfs=("Download", "Upload")),
    **_module("databricks_sql", "databricks", sql=("Query",)),
    **_module("dbt_cloud", "dbt", cloud=("CheckStatus", "TriggerRun")),
    **_module("fabric", "microsoft.fabric.data", engineering=_FABRIC),
    **_module("fabric_files", "microsoft.fabric", onelake=("Delete", "Download", "Upload")),
    **_module("fivetran", "fivetran", connectors=("Status", "Sync")),
    **_module("github", "github", actions=("RunWorkflow",), auth=("AppToken",)),
    **_module("github", "github", issues=("Comment", "Create"), pulls=("Create",)),
    **_module("github_search", "github", **dict.fromkeys(_GITHUB, ("Search",))),
    **_module("github_projects", "github", projects=("List",)),
    **_module("gitlab", "gitlab", issues=("Create", "Search"), mergerequests=("Create",)),
    **_module("graphql", "graphql", _=("Request",)),
    **_module("hightouch", "hightouch", _=("Sync",)),
    **_module("hubspot", "hubspot", companies=_VERBS, contacts=_VERBS, deals=_VERBS),
    **_module("hubspot", "hubspot", tickets=("Create",)),
    **_module("jenkins", "jenkins", _=("JobBuild", "JobInfo")),
    **_module("jira", "jira", issues=("Create", "CreateComment", "UpdateFields")),
    **_module("kestra_flows", "kestra", logs=("Fetch",), triggers=("Toggle",)),
    **_module("kestra", "kestra", executions=("Count", "Delete", "Kill", "Query", "Resume")),
    **_module("kestra_flows", "kestra", flows=("Export", "ExportById", "List")),
    **_module("kestra_flows", "kestra", namespaces=("List", "NamespacesWithFlows")),
    **_module("klaviyo", "klaviyo", campaign=("Get", "GetRecipientCount")),
    **_module("klaviyo", "klaviyo", jobs=("GetRecipient", "GetSendJob")),
    **_module("klaviyo", "klaviyo.campaign", messages=("Get", "GetCampaign", "GetImages")),
    **_module("linear", "linear", issues=("Create",)),
    **_module("n8n", "n8n", _=("TriggerWorkflow",)),
    **_module("notion", "notion", page=("Archive", "Create", "Read", "Update")),
    **_module("odoo", "odoo", _=("Query",)),
    **_module("prefect", "prefect", _=("CreateFlowRun",)),
    **_module("resend", "resend", domain=("Create",), email=("Send",)),
    **_module("servicenow", "servicenow", _=("Delete", "Get", "Post", "Update")),
    **_module("example", "templates", _=("Example",)),
    **_module("zapier", "zapier", _=("TriggerZap",)),
    **_module("zendesk", "zendesk", tickets=("Create",)),
    "io.kestra.plugin.twilio.segment.reverseetl.Status": "flowrt.plugins.services.segment:SegmentReverseEtlStatus",
    "io.kestra.plugin.twilio.segment.reverseetl.Sync": "flowrt.plugins.services.segment:SegmentReverseEtlSync",
}
