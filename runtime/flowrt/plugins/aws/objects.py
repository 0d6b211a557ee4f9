"""Objects in buckets: what the tasks of S3 and of MinIO share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flowrt.model.declare import (
    INTEGER,
    STRING,
    URI,
    Declared,
    Kind,
    enum,
    listing,
    mapping,
    prop,
)
from flowrt.model.failures import TaskFailure
from flowrt.plugins.files.remote import extension
from flowrt.tasks.storage import stored_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Text

FILTERS = enum("FILES", "DIRECTORY", "BOTH")
ACTIONS = enum("MOVE", "DELETE", "NONE")
OBJECT_OUTPUTS: dict[str, Kind] = {
    "bucket": STRING,
    "key": STRING,
    "eTag": STRING,
    "versionId": STRING,
}
LISTED = {"objects": listing(mapping())}
FETCHED: dict[str, Kind] = {**LISTED, "outputFiles": mapping(URI)}
DELETED: dict[str, Kind] = {"count": INTEGER, "size": INTEGER}


class Place(Declared):
    """An object, or a folder of objects."""

    bucket: Text | None = prop(STRING, default=None)
    key: Text | None = prop(STRING, default=None)
    version_id: Text | None = prop(STRING, default=None)
    server_side_encryption: Text | None = prop(STRING, default=None)
    kms_key_id: Text | None = prop(STRING, default=None)


class Listing:
    """Which objects of a bucket are meant."""

    def __init__(
        self,
        bucket: str,
        prefix: str | None,
        delimiter: str | None,
        marker: str | None,
        most: int,
        pattern: str | None,
        kind: str,
    ) -> None:
        self.bucket = bucket
        self.asked = {"Bucket": bucket, "MaxKeys": min(most, 1000)}
        more = {"Prefix": prefix, "Delimiter": delimiter, "StartAfter": marker}
        self.asked.update({k: v for k, v in more.items() if v is not None})
        self.most = most
        self.kind = kind
        try:
            self.pattern = None if pattern is None else re.compile(pattern)
        except re.error as error:
            raise TaskFailure(f"Invalid regexp '{pattern}': {error}") from None

    def objects(self, client: Any) -> Iterator[dict[str, Any]]:
        """The objects, page by page."""
        seen = 0
        for page in client.get_paginator("list_objects_v2").paginate(**self.asked):
            for each in page.get("Contents") or ():
                if seen >= self.most:
                    return
                seen += 1
                if self._is_meant(each["Key"]):
                    yield {
                        "key": each["Key"],
                        "etag": each.get("ETag"),
                        "size": each.get("Size"),
                        "lastModified": each.get("LastModified"),
                    }

    def _is_meant(self, key: str) -> bool:
        if self.pattern is not None and not self.pattern.fullmatch(key):
            return False
        folder = key.endswith("/")
        return self.kind == "BOTH" or folder == (self.kind == "DIRECTORY")


def take(run: RunContext, client: Any, bucket: str, key: str, **more: Any) -> tuple[str, Any]:
    """Stream an object into the storage; answers its address and what the service says of it."""
    from shutil import copyfileobj

    from flowrt.services.folders import temporary_name

    path = run.private_folder() / temporary_name(extension(key))
    asked = {k: v for k, v in more.items() if v is not None}
    answer = client.get_object(Bucket=bucket, Key=key, **asked)
    with answer["Body"] as body, path.open("wb") as file:
        copyfileobj(body, file, 1 << 20)
    run.metric("counter", "file.size", answer.get("ContentLength") or 0)
    return run.put_file(path, path.name), answer


def give(
    run: RunContext, client: Any, source: str, bucket: str, key: str, **more: Any
) -> dict[str, Any]:
    """Give a stored file to a bucket, in parts when it is large; answers what the service says of it."""
    path = stored_path(run, source)
    client.upload_file(str(path), bucket, key, ExtraArgs=more or None)
    run.metric("counter", "file.count", 1)
    run.metric("counter", "file.size", path.stat().st_size)
    said = client.head_object(Bucket=bucket, Key=key)
    return {"eTag": said.get("ETag"), "versionId": said.get("VersionId")}


def sources(run: RunContext, given: Any) -> dict[str, str]:
    """Stored files by the name that they get: one address, a list, a map, or the JSON of one. Raises TaskFailure."""
    from flowrt.formats.jsonread import parse_json

    found = run.structure(given)
    if isinstance(found, str) and found.strip().startswith(("[", "{")):
        found = parse_json(found)
    if isinstance(found, dict):
        named = {str(key): str(value) for key, value in found.items()}
    else:
        items = found if isinstance(found, list) else [found]
        named = {str(each).rpartition("/")[2]: str(each) for each in items}
    if not named:
        raise TaskFailure(
            "No files to upload: the 'from' property contains an empty collection or array"
        )
    return named


def located(region: str | None) -> dict[str, Any]:
    """What the making of a bucket says of its region; the first of all regions is not named."""
    if region in (None, "us-east-1"):
        return {}
    return {"CreateBucketConfiguration": {"LocationConstraint": region}}


def after(
    client: Any, listing: Listing, action: str, move_to: tuple[str, str] | None, keys: list[str]
) -> None:
    """Delete objects that were taken, or move them. Raises TaskFailure when nothing says where to."""
    if action == "MOVE" and move_to is None:
        raise TaskFailure("`moveTo` is needed to move objects")
    for key in keys:
        if action == "MOVE" and move_to is not None:
            bucket, folder = move_to
            client.copy(
                {"Bucket": listing.bucket, "Key": key},
                bucket,
                f"{folder.rstrip('/')}/{key.rpartition('/')[2]}".lstrip("/"),
            )
        if action != "NONE":
            client.delete_object(Bucket=listing.bucket, Key=key)
