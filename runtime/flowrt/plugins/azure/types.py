"""Which class runs which type of Azure."""

_BLOB = ("Copy", "Delete", "DeleteList", "Download", "Downloads", "List", "SharedAccess", "Upload")
_HERE = "flowrt.plugins.azure."
_MANAGED = {
    "datafactory.CreateRun": "DataFactoryCreateRun",
    **{
        f"logicapps.{name}": f"Logic{name}" for name in ("Get", "GetRun", "List", "ListRuns", "Run")
    },
    "monitoring.Push": "MonitoringPush",
    "monitoring.Query": "MonitoringQuery",
    "streamanalytics.GetJob": "StreamGetJob",
    "synapse.SparkBatchJobCreate": "SynapseSparkBatch",
}
_ADLS = ("Delete", "DeleteFiles", "List", "Read", "Reads", "SharedAccess", "Upload")
_CHANGES = ("Append", "Lease", "SetAccessControl")
_COSMOS = ("Batch", "CreateItem", "Delete", "Queries", "Query")
_TABLE = ("Bulk", "Delete", "Get", "List")

TYPES = {
    **{f"io.kestra.plugin.azure.storage.adls.{name}": f"{_HERE}adls:Adls{name}" for name in _ADLS},
    **{
        f"io.kestra.plugin.azure.storage.adls.update.{name}": f"{_HERE}adls_update:Adls{name}"
        for name in _CHANGES
    },
    **{
        f"io.kestra.plugin.azure.storage.table.{name}": f"{_HERE}table:AzureTable{name}"
        for name in _TABLE
    },
    **{
        f"io.kestra.plugin.azure.storage.cosmosdb.{name}": f"{_HERE}cosmosdb:Cosmos{name}"
        for name in _COSMOS
    },
    "io.kestra.plugin.azure.auth.OauthAccessToken": f"{_HERE}identity:AzureOauthAccessToken",
    **{
        f"io.kestra.plugin.azure.{name}": f"{_HERE}management:Azure{cls}"
        for name, cls in _MANAGED.items()
    },
    "io.kestra.plugin.azure.function.HttpFunction": "flowrt.plugins.azure.function:AzureHttpFunction",
    "io.kestra.plugin.azure.batch.job.Create": f"{_HERE}batch:AzureBatchJobCreate",
    "io.kestra.plugin.azure.batch.pool.Resize": f"{_HERE}batch:AzureBatchPoolResize",
    "io.kestra.plugin.azure.servicebus.Consume": f"{_HERE}servicebus:ServiceBusConsume",
    "io.kestra.plugin.azure.servicebus.Publish": f"{_HERE}servicebus:ServiceBusPublish",
    "io.kestra.plugin.azure.eventhubs.Consume": "flowrt.plugins.azure.eventhubs:EventHubsConsume",
    "io.kestra.plugin.azure.eventhubs.Produce": "flowrt.plugins.azure.eventhubs:EventHubsProduce",
    **{
        f"io.kestra.plugin.azure.storage.blob.{name}": f"flowrt.plugins.azure.blob:AzureBlob{name}"
        for name in _BLOB
    },
}
