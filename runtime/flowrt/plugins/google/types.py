"""Which class runs which type of Google."""

_CLOUD = {
    ("gcs", "gcs", "Gcs"): (
        *("Compose", "Copy", "Delete", "DeleteList"),
        *("Download", "Downloads", "List", "Upload"),
    ),
    ("gcs", "gcs_policies", "Gcs"): ("CreateBucketIamPolicy",),
    ("gcs", "gcs_buckets", "Gcs"): ("CreateBucket", "DeleteBucket", "UpdateBucket"),
    ("bigquery", "bigquery", "BigQuery"): ("Load", "LoadFromGcs", "Query"),
    ("bigquery", "bigquery_partitions", "BigQuery"): ("CopyPartitions", "DeletePartitions"),
    ("bigquery", "bigquery_schemas", "BigQuery"): (
        *("CreateTable", "TableMetadata", "UpdateDataset", "UpdateTable"),
    ),
    ("bigquery", "bigquery_transfers", "BigQuery"): ("RunTransferConfig",),
    ("bigquery", "bigquery_write", "BigQuery"): ("StorageWrite",),
    ("bigtable", "bigtable", "Bigtable"): (
        *("CreateTable", "DeleteRows", "DeleteTable", "ReadRows", "WriteRows"),
    ),
    ("rcs", "rcs", "Rcs"): ("SendCarousel", "SendFile", "SendMessage", "SendRichCard"),
    ("compute", "compute", "Compute"): ("Create", "Delete", "Start", "Stop"),
    ("dataflow", "dataflow", "Dataflow"): (
        *("CancelJob", "GetJob", "LaunchFlexTemplate", "LaunchTemplate", "WaitForJob"),
    ),
    ("dataform", "platform", "Dataform"): ("InvokeWorkflow",),
    ("dataproc.clusters", "platform", "DataprocClusters"): ("Create", "Delete"),
    ("firestore", "firestore", "Firestore"): ("Delete", "Get", "Query", "Set"),
    ("gke", "platform", "Gke"): ("ClusterMetadata",),
    ("monitoring", "monitoring", "CloudMonitoring"): ("Push", "Query"),
    ("pubsub", "pubsub", "PubSub"): ("Consume",),
    ("spanner", "spanner", "Spanner"): (
        *("BatchDml", "CreateDatabase", "DeleteDatabase", "Execute", "Query"),
    ),
    ("vertexai", "vertexai_jobs", "Vertexai"): ("CustomJob",),
    ("bigquery", "bigquery_tables", "BigQuery"): (
        *("Copy", "CreateDataset", "DeleteDataset", "DeleteTable", "ExtractToGcs"),
    ),
}
_WORKSPACE = {
    "sheets": ("CreateSpreadsheet", "DeleteSpreadsheet", "Load", "Read", "ReadRange"),
    "drive": ("Create", "Delete", "Download", "Export", "List", "Upload"),
    "calendar": ("DeleteEvent", "GetEvent", "InsertEvent", "ListEvents", "UpdateEvent"),
}

_DATAPROC = ("PySparkSubmit", "RSparkSubmit", "SparkSqlSubmit", "SparkSubmit")
_VERTEXAI = ("ChatCompletion", "MultimodalCompletion", "TextCompletion")

TYPES = {
    **{
        f"io.kestra.plugin.gcp.dataproc.batches.{name}": f"flowrt.plugins.google.dataproc:Dataproc{name}"
        for name in _DATAPROC
    },
    **{
        f"io.kestra.plugin.gcp.vertexai.{name}": f"flowrt.plugins.google.vertexai:Vertexai{name}"
        for name in _VERTEXAI
    },
    "io.kestra.plugin.gcp.auth.OauthAccessToken": "flowrt.plugins.google.cloud:OauthAccessToken",
    "io.kestra.plugin.gcp.function.HttpFunction": "flowrt.plugins.google.function:CloudHttpFunction",
    "io.kestra.plugin.gcp.pubsub.Publish": "flowrt.plugins.google.cloud:PubSubPublish",
    **{
        f"io.kestra.plugin.gcp.{part}.{verb}": f"flowrt.plugins.google.{module}:{name}{verb}"
        for (part, module, name), verbs in _CLOUD.items()
        for verb in verbs
    },
    **{
        f"io.kestra.plugin.googleworkspace.mail.{verb}": f"flowrt.plugins.google.mail:Gmail{verb}"
        for verb in ("Get", "List", "Send")
    },
    **{
        f"io.kestra.plugin.googleworkspace.{part}.{verb}": f"flowrt.plugins.google.{part}:{part.capitalize()}{verb}"
        for part, verbs in _WORKSPACE.items()
        for verb in verbs
    },
}
