"""Which class runs which type of Azure."""

_BLOB = ("Copy", "Delete", "DeleteList", "Download", "Downloads", "List", "SharedAccess", "Upload")

TYPES = {
    "io.kestra.plugin.azure.function.HttpFunction": "flowrt.plugins.azure.function:AzureHttpFunction",
    **{
        f"io.kestra.plugin.azure.storage.blob.{name}": f"flowrt.plugins.azure.blob:AzureBlob{name}"
        for name in _BLOB
    },
}
