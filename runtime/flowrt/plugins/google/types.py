"""Which class runs which type of Google."""

_CLOUD = {
    ("gcs", "gcs", "Gcs"): (
        *("Compose", "Copy", "Delete", "DeleteList"),
        *("Download", "Downloads", "List", "Upload"),
    ),
    ("gcs", "gcs_buckets", "Gcs"): ("CreateBucket", "DeleteBucket", "UpdateBucket"),
    ("bigquery", "bigquery", "BigQuery"): ("Load", "LoadFromGcs", "Query"),
    ("bigquery", "bigquery_tables", "BigQuery"): (
        *("Copy", "CreateDataset", "DeleteDataset", "DeleteTable", "ExtractToGcs"),
    ),
}
_WORKSPACE = {
    "sheets": ("CreateSpreadsheet", "DeleteSpreadsheet", "Load", "Read", "ReadRange"),
    "drive": ("Create", "Delete", "Download", "Export", "List", "Upload"),
    "calendar": ("DeleteEvent", "GetEvent", "InsertEvent", "ListEvents", "UpdateEvent"),
}

TYPES = {
    "io.kestra.plugin.gcp.auth.OauthAccessToken": "flowrt.plugins.google.cloud:OauthAccessToken",
    "io.kestra.plugin.gcp.pubsub.Publish": "flowrt.plugins.google.cloud:PubSubPublish",
    **{
        f"io.kestra.plugin.gcp.{part}.{verb}": f"flowrt.plugins.google.{module}:{name}{verb}"
        for (part, module, name), verbs in _CLOUD.items()
        for verb in verbs
    },
    **{
        f"io.kestra.plugin.googleworkspace.{part}.{verb}": f"flowrt.plugins.google.{part}:{part.capitalize()}{verb}"
        for part, verbs in _WORKSPACE.items()
        for verb in verbs
    },
}
