"""Event Hubs: how far each partition was read, kept in a container of blobs as Azure's libraries keep it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt import missing, packages
from flowrt.model.failures import TaskFailure, reason

if TYPE_CHECKING:
    from types import TracebackType


class Checkpoints:
    """The checkpoints of a group that reads a hub: a blob for each partition, whose metadata say where it is."""

    def __init__(self, known: dict[str, Any], client: Any, group: str) -> None:
        library = missing.load("azure.storage.blob", "Event Hubs", packages.AZURE_BLOB, "azure")
        text = str(known.get("connectionString") or "").strip()
        name = str(known.get("containerName") or "").strip()
        if not text:
            raise TaskFailure(
                "checkpointStoreProperties.connectionString is required. Provide your Azure Blob Storage connection string."
            )
        if not name:
            raise TaskFailure(
                "checkpointStoreProperties.containerName is required. Provide your Azure Blob Storage container name."
            )
        self._errors = missing.load(
            "azure.core.exceptions", "Event Hubs", packages.AZURE_BLOB, "azure"
        )
        try:
            self._blobs = library.ContainerClient.from_connection_string(text, name)
        except ValueError as error:
            raise TaskFailure(f"Azure: {reason(error)}") from None
        host = client._address.hostname.partition(":")[0]
        self._folder = f"{host}/{client.eventhub_name}/{group}/checkpoint".lower()

    def __enter__(self) -> Checkpoints:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._blobs.close()

    def last(self, partition: str) -> str | None:
        """The offset of the last event that was read; None where none was. Raises TaskFailure."""
        blob = self._blobs.get_blob_client(f"{self._folder}/{partition}")
        try:
            found: str | None = blob.get_blob_properties().metadata.get("offset")
        except self._errors.ResourceNotFoundError:
            return None
        except self._errors.AzureError as error:
            raise TaskFailure(f"Azure: {reason(error)}") from None
        return found

    def keep(self, partition: str, event: Any) -> None:
        """Remember the last event that was read. Raises TaskFailure."""
        place = {"offset": str(event.offset), "sequencenumber": str(event.sequence_number)}
        blob = self._blobs.get_blob_client(f"{self._folder}/{partition}")
        try:
            blob.upload_blob(b"", overwrite=True, metadata=place)
        except self._errors.AzureError as error:
            raise TaskFailure(f"Azure: {reason(error)}") from None
