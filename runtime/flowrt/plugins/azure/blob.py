"""Blobs: given, taken, listed, copied, deleted, shared."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    DATETIME,
    INTEGER,
    STRING,
    URI,
    Kind,
    enum,
    listing,
    mapping,
    prop,
    record,
    task_type,
)
from flowrt.model.failures import TaskFailure, required
from flowrt.plugins.azure.checksums import ALGORITHMS, Wanted, digest, verify
from flowrt.plugins.azure.client import BlobTask, CopyObject, letters, signing_key
from flowrt.plugins.files.remote import extension
from flowrt.plugins.stored import Stop
from flowrt.tasks.storage import required_text, stored_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Mapping, Text

FILTERS = enum("FILES", "DIRECTORY", "BOTH")
ACTIONS = enum("MOVE", "DELETE", "NONE")
TIERS = enum("HOT", "COOL", "COLD", "ARCHIVE")
PERMISSIONS = {
    "READ": "r",
    "ADD": "a",
    "CREATE": "c",
    "WRITE": "w",
    "DELETE": "d",
    "DELETE_VERSION": "x",
    "TAGS": "t",
    "LIST": "l",
    "MOVE": "m",
    "EXECUTE": "e",
    "FILTER": "f",
    "IMMUTABILITY_POLICY": "i",
}
SCOPE = "https://storage.azure.com/.default"
"""What a token for blobs is for."""
MINUTES = 15
"""How long a copy may read what it copies."""


def about(container: str, name: str, found: Any) -> dict[str, Any]:
    """A blob as the tasks put it out."""
    from flowrt.plugins.values import instant

    changed = getattr(found, "last_modified", None)
    return {
        "container": container,
        "name": name,
        "size": getattr(found, "size", None),
        "lastModified": None if changed is None else instant(changed),
        "eTag": getattr(found, "etag", None),
    }


def taken(run: RunContext, blob: Any, wanted: Wanted) -> tuple[str, Any]:
    """Stream a blob into the storage; its address, and what is known of the blob."""
    from flowrt.services.folders import temporary_name

    path = run.private_folder() / temporary_name(extension(blob.blob_name))
    found, stop = blob.download_blob(), Stop(run)
    with path.open("wb") as file:
        for part in stop.each(found.chunks()):
            file.write(part)
    run.metric("counter", "file.size", path.stat().st_size)
    kept = found.properties.content_settings.content_md5
    verify(run, path, kept, wanted, blob.blob_name)
    return run.put_file(path, path.name), found.properties


class OneBlob(BlobTask):
    """What tasks of one blob share."""

    outputs: ClassVar[dict[str, Kind] | None] = {"blob": mapping()}

    container: Text = prop(STRING)
    name: Text = prop(STRING)

    def _blob(self, run: RunContext, service: Any) -> Any:
        return service.get_blob_client(
            required_text(run, self.container), required_text(run, self.name)
        )


@task_type("io.kestra.plugin.azure.storage.blob.Upload")
class AzureBlobUpload(OneBlob):
    """Give stored files to a container, in parts when they are large."""

    outputs: ClassVar[dict[str, Kind] | None] = {"blob": mapping(), "blobs": listing(mapping())}

    from_: Any = prop(ANY)
    metadata: Mapping | None = prop(mapping(STRING), default=None)
    tags: Mapping | None = prop(mapping(STRING), default=None)
    access_tier: Text | None = prop(TIERS, default=None)
    legal_hold: Flag | None = prop(BOOLEAN, default=None)
    immutability_policy: Any = prop(ANY, default=None)
    validate_checksum: Flag | None = prop(BOOLEAN, default=None)

    def _work(self, run: RunContext, service: Any) -> dict[str, Any]:
        container, name = required_text(run, self.container), required_text(run, self.name)
        if self.immutability_policy is not None:
            raise TaskFailure("`immutabilityPolicy` is not there: `legalHold` is")
        blobs = []
        for number, source in enumerate(Stop(run).each(self._sources(run))):
            target = name
            if number:  # the others lie below the name of the first
                target = f"{name.rstrip('/')}/{source.rpartition('/')[2]}"
            blob = service.get_blob_client(container, target)
            run.log("DEBUG", f"Upload from '{source}' to '{target}'")
            self._sent(run, blob, source)
            found = blob.get_blob_properties()
            run.metric("counter", "file.size", found.size)
            blobs.append(about(container, target, found))
        return {"blob": blobs[0] if len(blobs) == 1 else None, "blobs": blobs}

    def _sources(self, run: RunContext) -> list[str]:
        """The addresses of stored files. Raises TaskFailure for what is none."""
        from flowrt.plugins.rows import is_stored, rows_of

        found = run.structure(self.from_)
        if is_stored(found):
            return [found.strip()]
        addresses = []
        for row in rows_of(run, found):
            each = row
            if isinstance(row, dict):
                each = row.get("uri") or next(iter(row.values()), None)
            if not is_stored(each):
                raise TaskFailure("`from` is the address of a stored file, or a list of such")
            addresses.append(str(each).strip())
        return addresses

    def _sent(self, run: RunContext, blob: Any, source: str) -> None:
        from azure.storage.blob import ContentSettings

        path, more = stored_path(run, source), dict[str, Any]()
        if run.flag(self.validate_checksum):
            kept = ContentSettings(content_md5=bytearray(digest(path)))
            more = {"validate_content": True, "content_settings": kept}
        with path.open("rb") as file:
            blob.upload_blob(file, overwrite=True, **more)
        metadata, tags = run.mapping(self.metadata, STRING), run.mapping(self.tags, STRING)
        if metadata is not None:
            blob.set_blob_metadata(metadata)
        if tags is not None:
            blob.set_blob_tags(tags)
        tier = run.constant(self.access_tier, TIERS)
        if tier is not None:
            blob.set_standard_blob_tier(tier.capitalize())
        if self.legal_hold is not None:
            blob.set_legal_hold(run.flag(self.legal_hold))


@task_type("io.kestra.plugin.azure.storage.blob.Download")
class AzureBlobDownload(OneBlob):
    """Take a blob into the storage."""

    validate_checksum: Flag | None = prop(BOOLEAN, default=None)
    fail_on_missing_checksum: Flag | None = prop(BOOLEAN, default=None)
    expected_checksum: Text | None = prop(STRING, default=None)
    checksum_algorithm: Text | None = prop(ALGORITHMS, default=None)

    def _work(self, run: RunContext, service: Any) -> dict[str, Any]:
        blob = self._blob(run, service)
        wanted = Wanted(
            run.flag(self.validate_checksum),
            run.flag(self.fail_on_missing_checksum),
            run.text(self.expected_checksum),
            run.constant(self.checksum_algorithm, ALGORITHMS) or "MD5",
        )
        uri, found = taken(run, blob, wanted)
        return {"blob": {"uri": uri, **about(blob.container_name, blob.blob_name, found)}}


@task_type("io.kestra.plugin.azure.storage.blob.Delete")
class AzureBlobDelete(OneBlob):
    """Delete a blob."""

    def _work(self, run: RunContext, service: Any) -> dict[str, Any]:
        blob = self._blob(run, service)
        found = about(blob.container_name, blob.blob_name, blob.get_blob_properties())
        blob.delete_blob()
        return {"blob": found}


@task_type("io.kestra.plugin.azure.storage.blob.SharedAccess")
class AzureBlobSharedAccess(OneBlob):
    """An address of a blob that others may use until a moment."""

    outputs: ClassVar[dict[str, Kind] | None] = {"uri": URI}

    expiration_date: Text = prop(DATETIME)
    permissions: Listing = prop(listing(STRING))

    def _work(self, run: RunContext, service: Any) -> dict[str, Any]:
        from flowrt.plugins.values import moment

        ends = moment(required_text(run, self.expiration_date))
        allowed = letters(PERMISSIONS, run.listing(self.permissions))
        return {"uri": shared(self._blob(run, service), allowed, ends)}


def shared(blob: Any, allowed: str, ends: Any) -> str:
    """The address of a blob with a signature. Raises TaskFailure where there is no key to sign with."""
    from azure.storage.blob import generate_blob_sas

    signature = generate_blob_sas(
        blob.account_name,
        blob.container_name,
        blob.blob_name,
        account_key=signing_key(blob),
        permission=allowed,
        expiry=ends,
    )
    return f"{blob.url.partition('?')[0]}?{signature}"


def copied(service: Any, source: tuple[str, str], target: tuple[str, str]) -> Any:
    """Copy a blob; the new one."""
    from datetime import UTC, datetime, timedelta

    old, new = service.get_blob_client(*source), service.get_blob_client(*target)
    credential = old.credential
    if hasattr(credential, "get_token"):
        token = credential.get_token(SCOPE).token
        new.start_copy_from_url(old.url, requires_sync=True, source_authorization=f"Bearer {token}")
        return new
    ends = datetime.now(UTC) + timedelta(minutes=MINUTES)
    new.start_copy_from_url(shared(old, "r", ends), requires_sync=True)
    return new


@task_type("io.kestra.plugin.azure.storage.blob.Copy")
class AzureBlobCopy(BlobTask):
    """Copy a blob, or move it."""

    outputs: ClassVar[dict[str, Kind] | None] = {"blob": mapping()}

    from_: CopyObject = prop(record(CopyObject))
    to: CopyObject = prop(record(CopyObject))
    delete: Flag = prop(BOOLEAN, default=False)

    def _work(self, run: RunContext, service: Any) -> dict[str, Any]:
        source, target = (
            (required_text(run, each.container), required_text(run, each.name))
            for each in (self.from_, self.to)
        )
        made = copied(service, source, target)
        if run.flag(self.delete):
            service.get_blob_client(*source).delete_blob()
        return {"blob": about(*target, made.get_blob_properties())}


class Listed(BlobTask):
    """What tasks of many blobs share: which are meant."""

    container: Text = prop(STRING)
    prefix: Text | None = prop(STRING, default=None)
    regexp: Text | None = prop(STRING, default=None)
    delimiter: Text | None = prop(STRING, default=None)
    filter: Text = prop(FILTERS, default="FILES")

    def _found(self, run: RunContext, service: Any) -> Iterator[Any]:
        """The blobs, page by page."""
        pattern, kind = run.text(self.regexp), run.constant(self.filter, FILTERS) or "FILES"
        try:
            wanted = None if pattern is None else re.compile(pattern)
        except re.error as error:
            raise TaskFailure(f"Invalid regexp '{pattern}': {error}") from None
        container = service.get_container_client(required_text(run, self.container))
        prefix, delimiter = run.text(self.prefix), run.text(self.delimiter)
        walked = (
            container.list_blobs(name_starts_with=prefix)
            if delimiter is None
            else container.walk_blobs(name_starts_with=prefix, delimiter=delimiter)
        )
        for each in Stop(run).each(walked):
            folder = each.name.endswith("/")
            if kind != "BOTH" and folder != (kind == "DIRECTORY"):
                continue
            if wanted is None or wanted.fullmatch(each.name):
                yield each

    def _first(self, run: RunContext, service: Any, most: Integer) -> list[dict[str, Any]]:
        container, limit = required_text(run, self.container), required(run.integer(most))
        blobs = [about(container, each.name, each) for each in self._found(run, service)]
        run.metric("counter", "blobs.count", len(blobs))
        if len(blobs) > limit:
            run.log(
                "WARN",
                f"Listing returned {len(blobs)} blobs but maxFiles limit is {limit}. "
                f"Only the first {limit} blobs will be returned. "
                "Increase the maxFiles property if you need more blobs.",
            )
        return blobs[:limit]


@task_type("io.kestra.plugin.azure.storage.blob.List")
class AzureBlobList(Listed):
    """The blobs of a container."""

    outputs: ClassVar[dict[str, Kind] | None] = {"blobs": listing(mapping())}

    max_files: Integer = prop(INTEGER, default=25)

    def _work(self, run: RunContext, service: Any) -> dict[str, Any]:
        return {"blobs": self._first(run, service, self.max_files)}


@task_type("io.kestra.plugin.azure.storage.blob.Downloads")
class AzureBlobDownloads(Listed):
    """Take blobs of a container into the storage, and move or delete them."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "blobs": listing(mapping()),
        "outputFiles": mapping(URI),
    }

    action: Text = prop(ACTIONS)
    move_to: CopyObject | None = prop(record(CopyObject), default=None)
    validate_checksum: Flag | None = prop(BOOLEAN, default=None)
    fail_on_missing_checksum: Flag | None = prop(BOOLEAN, default=None)
    max_files: Integer = prop(INTEGER, default=25)

    def _work(self, run: RunContext, service: Any) -> dict[str, Any]:
        action = run.constant(self.action, ACTIONS)
        if action == "MOVE" and self.move_to is None:
            raise TaskFailure("`moveTo` is needed to move blobs")
        wanted = Wanted(run.flag(self.validate_checksum), run.flag(self.fail_on_missing_checksum))
        blobs = []
        for each in self._first(run, service, self.max_files):
            blob = service.get_blob_client(each["container"], each["name"])
            blobs.append({"uri": taken(run, blob, wanted)[0], **each})
        for each in blobs:
            self._done(run, service, action, (each["container"], each["name"]))
        files = {each["name"]: each["uri"] for each in blobs if not each["name"].endswith("/")}
        return {"blobs": blobs, "outputFiles": files}

    def _done(
        self, run: RunContext, service: Any, action: str | None, place: tuple[str, str]
    ) -> None:
        """What becomes of a blob that was taken."""
        if action == "MOVE" and self.move_to is not None:
            folder = (run.text(self.move_to.name) or "").rstrip("/")
            target = f"{folder}/{place[1].rpartition('/')[2]}"
            copied(service, place, (run.text(self.move_to.container) or place[0], target))
        if action != "NONE":
            service.get_blob_client(*place).delete_blob()


@task_type("io.kestra.plugin.azure.storage.blob.DeleteList")
class AzureBlobDeleteList(Listed):
    """Delete blobs of a container."""

    outputs: ClassVar[dict[str, Kind] | None] = {"count": INTEGER, "size": INTEGER}

    concurrent: Integer | None = prop(INTEGER, default=None, ignored=True)
    error_on_empty: Flag = prop(BOOLEAN, default=False)

    def _work(self, run: RunContext, service: Any) -> dict[str, Any]:
        container, count, size = required_text(run, self.container), 0, 0
        for each in self._found(run, service):
            run.log("DEBUG", f"Deleting '{each.name}'")
            service.get_blob_client(container, each.name).delete_blob()
            count, size = count + 1, size + (each.size or 0)
        run.metric("counter", "blobs.count", count)
        run.metric("counter", "blobs.size", size)
        if not count and run.flag(self.error_on_empty):
            raise TaskFailure(
                f"Unable to find any files to delete on {container} with regexp='{run.text(self.regexp)}', "
                f"prefix='{run.text(self.prefix)}'"
            )
        run.log("INFO", f"Deleted {count} keys for {size} bytes")
        return {"count": count, "size": size}
