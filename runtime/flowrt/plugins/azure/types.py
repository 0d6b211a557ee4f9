"""Which class runs which type of Azure."""

_BLOB = ("Copy", "Delete", "DeleteList", "Download", "Downloads", "List", "SharedAccess", "Upload")

TYPES = {
    "io.kestra.plugin.azure.function.HttpFunction": "flowrt.plugins.azure.function:AzureHttpFunction",
    "io.kestra.plugin.azure.eventhubs.Consume": "flowrt.plugins.azure.eventhubs:EventHubsConsume",
    "io.kestra.plugin.azure.eventhubs.Produce": "flowrt.plugins.azure.eventhubs:EventHubsProduce",
    **{
        f"io.kestra.plugin.azure.storage.blob.{name}": f"flowrt.plugins.azure.blob:AzureBlob{name}"
        for name in _BLOB
    },
}
