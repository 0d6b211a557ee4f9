"""Google Cloud Storage."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote, urlencode

from flowrt.model.declare import (
    BOOLEAN,
    INTEGER,
    STRING,
    URI,
    Declared,
    Kind,
    enum,
    listing,
    mapping,
    prop,
    record,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.plugins.google.auth import Google
from flowrt.plugins.google.cloud import CloudTask
from flowrt.plugins.google.upload import fetch, send
from flowrt.tasks.storage import required_text, stored_path

if TYPE_CHECKING:
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Text

ADDRESS = "https://storage.googleapis.com"
LISTINGS = enum("RECURSIVE", "DIRECTORY")
FILTERS = enum("FILES", "DIRECTORY", "BOTH")
ACTIONS = enum("MOVE", "DELETE", "NONE")
MOST_SOURCES = 32
"""Objects that one may be composed of."""


def place(text: str) -> tuple[str, str]:
    """Bucket and name of an address `gs://bucket/name`. Raises TaskFailure for any other."""
    bucket, _, name = text.removeprefix("gs://").partition("/")
    if not text.startswith("gs://") or not bucket:
        raise TaskFailure(f"'{text}' is no address such as gs://bucket/name")
    return bucket, name


def object_url(bucket: str, name: str) -> str:
    return f"{ADDRESS}/storage/v1/b/{quote(bucket, safe='')}/o/{quote(name, safe='')}"


def described(found: dict[str, Any]) -> dict[str, Any]:
    """An object as outputs have it."""
    bucket, name = found["bucket"], found["name"]
    return {
        "uri": f"gs://{bucket}/{name}",
        "bucket": bucket,
        "name": name,
        "generatedId": found.get("id"),
        "selfLink": found.get("selfLink"),
        "cacheControl": found.get("cacheControl"),
        "componentCount": found.get("componentCount"),
        "etag": found.get("etag"),
        "md5": found.get("md5Hash"),
        "crc32c": found.get("crc32c"),
        "mediaLink": found.get("mediaLink"),
        "contentType": found.get("contentType"),
        "contentEncoding": found.get("contentEncoding"),
        "directory": name.endswith("/"),
        "size": int(found.get("size") or 0),
        "createTime": found.get("timeCreated"),
        "updateTime": found.get("updated"),
        "storageClass": found.get("storageClass"),
        "metadata": found.get("metadata"),
    }


def objects(
    google: Google, bucket: str, prefix: str, recursive: bool, versions: bool = False
) -> Iterator[dict[str, Any]]:
    """The objects below a prefix, page by page; folders among them when it does not go below them."""
    asked: dict[str, str] = {"prefix": prefix}
    if not recursive:
        asked["delimiter"] = "/"
    if versions:
        asked["versions"] = "true"
    while True:
        url = f"{ADDRESS}/storage/v1/b/{quote(bucket, safe='')}/o?{urlencode(asked)}"
        page = google.ask("GET", url) or {}
        yield from page.get("items") or ()
        yield from ({"bucket": bucket, "name": each} for each in page.get("prefixes") or ())
        if not page.get("nextPageToken"):
            return
        asked["pageToken"] = page["nextPageToken"]


def take(run: RunContext, google: Google, bucket: str, name: str) -> str:
    """Take an object into the storage; answers its address there."""
    path = fetch(google, f"{object_url(bucket, name)}?alt=media", name)
    return run.put_file(path, path.name)


def give(
    google: Google, path: Path, bucket: str, name: str, about: dict[str, Any]
) -> dict[str, Any]:
    """Give a file to a bucket, in parts; answers what the service says of it."""

    size = path.stat().st_size
    url = (
        f"{ADDRESS}/upload/storage/v1/b/{quote(bucket, safe='')}/o"
        f"?uploadType=resumable&name={quote(name, safe='')}"
    )
    head = {"X-Upload-Content-Length": str(size)}
    if about.get("contentType"):
        head["X-Upload-Content-Type"] = str(about["contentType"])
    session = google.exchange("POST", url, headers=head, json=about).header("location")
    return send(google, session, path)


def copy(google: Google, source: tuple[str, str], target: tuple[str, str]) -> dict[str, Any]:
    """Copy an object; the service does large ones in steps."""
    url = f"{object_url(*source)}/rewriteTo/b/{quote(target[0], safe='')}/o/{quote(target[1], safe='')}"
    token = ""
    while True:
        answer = google.ask("POST", f"{url}{token}", json={})
        if answer.get("done"):
            found: dict[str, Any] = answer["resource"]
            return found
        token = f"?rewriteToken={quote(answer['rewriteToken'], safe='')}"


class GcsTask(CloudTask):
    """What the tasks of Cloud Storage share."""


@task_type("io.kestra.plugin.gcp.gcs.Upload")
class GcsUpload(GcsTask):
    """Give a stored file to a bucket."""

    outputs: ClassVar[dict[str, Kind] | None] = {"uri": URI, "md5": STRING, "crc32c": STRING}

    from_: Text | None = prop(STRING, yaml="from", default=None)
    to: Text | None = prop(STRING, default=None)
    content_type: Text | None = prop(STRING, default=None)
    content_encoding: Text | None = prop(STRING, default=None)
    content_disposition: Text | None = prop(STRING, default=None)
    cache_control: Text | None = prop(STRING, default=None)
    expected_md5: Text | None = prop(STRING, default=None)
    expected_crc32c: Text | None = prop(STRING, default=None)
    validate_checksum: Flag = prop(BOOLEAN, default=True)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        source = required_text(run, self.from_)
        bucket, name = place(required_text(run, self.to))
        path = stored_path(run, source)
        md5 = _md5(path)
        texts = {
            "contentType": self.content_type,
            "contentEncoding": self.content_encoding,
            "contentDisposition": self.content_disposition,
            "cacheControl": self.cache_control,
        }
        about: dict[str, Any] = {k: run.text(v) for k, v in texts.items() if v is not None}
        found = give(google, path, bucket, name, {"name": name, **about})
        if run.flag(self.validate_checksum, True):
            wanted = {"md5Hash": run.text(self.expected_md5) or md5}
            checksum = run.text(self.expected_crc32c)
            if checksum is not None:
                wanted["crc32c"] = checksum
            for key, value in wanted.items():
                if found.get(key) not in (None, value):
                    raise TaskFailure(
                        f"Checksum mismatch: expected '{value}' but gs://{bucket}/{name} has '{found[key]}'"
                    )
        run.metric("counter", "file.size", path.stat().st_size)
        uri = f"gs://{bucket}/{quote(name)}"
        return {"uri": uri, "md5": found.get("md5Hash"), "crc32c": found.get("crc32c")}


def _md5(path: Path) -> str:
    from base64 import b64encode
    from hashlib import md5

    digest = md5(usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return b64encode(digest.digest()).decode()


@task_type("io.kestra.plugin.gcp.gcs.Download")
class GcsDownload(GcsTask):
    """Take an object into the storage."""

    outputs: ClassVar[dict[str, Kind] | None] = {"bucket": STRING, "path": STRING, "uri": URI}

    from_: Text | None = prop(STRING, yaml="from", default=None)
    validate_checksum: Flag = prop(BOOLEAN, default=False)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        bucket, name = place(required_text(run, self.from_))
        uri = take(run, google, bucket, name)
        if run.flag(self.validate_checksum):
            found = google.ask("GET", object_url(bucket, name))
            own = _md5(stored_path(run, uri))
            if found.get("md5Hash") not in (None, own):
                raise TaskFailure(f"Checksum mismatch of gs://{bucket}/{name}")
        return {"bucket": bucket, "path": name, "uri": uri}


class _Listed(GcsTask):
    from_: Text = prop(STRING, yaml="from")
    all_versions: Flag | None = prop(BOOLEAN, default=None)
    listing_type: Text = prop(LISTINGS, default="DIRECTORY")
    reg_exp: Text | None = prop(STRING, default=None)

    def _found(self, run: RunContext, google: Google, kind: str) -> Iterator[dict[str, Any]]:
        pattern = run.text(self.reg_exp)
        return found_below(
            google,
            required_text(run, self.from_),
            run.constant(self.listing_type, LISTINGS) == "RECURSIVE",
            pattern,
            kind,
            run.flag(self.all_versions),
        )


def found_below(
    google: Google,
    start: str,
    recursive: bool,
    pattern: str | None,
    kind: str,
    versions: bool = False,
) -> Iterator[dict[str, Any]]:
    """The objects below an address whose whole address matches a pattern. Raises TaskFailure."""
    try:
        wanted = None if pattern is None else re.compile(pattern)
    except re.error as error:
        raise TaskFailure(f"Invalid regExp '{pattern}': {error}") from None
    bucket, prefix = place(start)
    for found in objects(google, bucket, prefix, recursive, versions):
        if kind != "BOTH" and found["name"].endswith("/") != (kind == "DIRECTORY"):
            continue
        if wanted is None or wanted.fullmatch(f"gs://{found['bucket']}/{found['name']}"):
            yield found


def _limited(run: RunContext, start: str, found: list[Any], most: int) -> list[Any]:
    if len(found) > most:
        run.log(
            "WARN",
            f"Results for '{start}' exceeded the maxFiles limit ({most}); remaining items were skipped.",
        )
    return found[:most]


@task_type("io.kestra.plugin.gcp.gcs.List")
class GcsList(_Listed):
    """List the objects below an address."""

    outputs: ClassVar[dict[str, Kind] | None] = {"blobs": listing(mapping())}

    filter: Text = prop(FILTERS, default="BOTH")
    max_files: Integer = prop(INTEGER, default=25)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        kind = run.constant(self.filter, FILTERS) or "BOTH"
        found = list(self._found(run, google, kind))
        found = _limited(run, run.text(self.from_) or "", found, run.integer(self.max_files) or 25)
        return {"blobs": [described(each) for each in found]}


@task_type("io.kestra.plugin.gcp.gcs.Downloads")
class GcsDownloads(_Listed):
    """Take the objects below an address into the storage, and move or delete them."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "blobs": listing(mapping()),
        "outputFiles": mapping(URI),
    }

    action: Text = prop(ACTIONS, default="NONE")
    move_directory: Text | None = prop(STRING, default=None)
    max_files: Integer = prop(INTEGER, default=25)
    validate_checksum: Flag = prop(BOOLEAN, default=False, ignored=True)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        action = run.constant(self.action, ACTIONS) or "NONE"
        target = place(required_text(run, self.move_directory)) if action == "MOVE" else None
        found = list(self._found(run, google, "FILES"))
        found = _limited(run, run.text(self.from_) or "", found, run.integer(self.max_files) or 25)
        blobs, files = [], {}
        for each in found:
            bucket, name = each["bucket"], each["name"]
            uri = take(run, google, bucket, name)
            files[name] = uri
            blobs.append({**described(each), "uri": uri})
            if target is not None:
                folder = target[1].rstrip("/")
                there = f"{folder}/{name.rpartition('/')[2]}".lstrip("/")
                copy(google, (bucket, name), (target[0], there))
            if action != "NONE":
                google.exchange("DELETE", object_url(bucket, name))
        return {"blobs": blobs, "outputFiles": files}


@task_type("io.kestra.plugin.gcp.gcs.Delete")
class GcsDelete(GcsTask):
    """Delete an object."""

    outputs: ClassVar[dict[str, Kind] | None] = {"uri": URI, "deleted": BOOLEAN}

    uri: Text | None = prop(STRING, default=None)
    error_on_missing: Flag = prop(BOOLEAN, default=False)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        address = required_text(run, self.uri)
        bucket, name = place(address)
        there = any(each["name"] == name for each in objects(google, bucket, name, True))
        if not there:
            if run.flag(self.error_on_missing):
                raise TaskFailure(f"Unable to find file '{address}'")
            return {"uri": address, "deleted": False}
        google.exchange("DELETE", object_url(bucket, name))
        return {"uri": address, "deleted": True}


@task_type("io.kestra.plugin.gcp.gcs.DeleteList")
class GcsDeleteList(_Listed):
    """Delete the objects below an address."""

    outputs: ClassVar[dict[str, Kind] | None] = {"count": INTEGER, "size": INTEGER}

    concurrent: int | None = prop(INTEGER, static=True, default=None, ignored=True)
    error_on_empty: Flag = prop(BOOLEAN, default=False)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        count = size = 0
        for each in list(self._found(run, google, "FILES")):
            google.exchange("DELETE", object_url(each["bucket"], each["name"]))
            count, size = count + 1, size + int(each.get("size") or 0)
        if not count and run.flag(self.error_on_empty):
            raise TaskFailure(f"Unable to find any files to delete on '{run.text(self.from_)}'")
        run.log("INFO", f"Deleted {count} files for {size} bytes")
        return {"count": count, "size": size}


@task_type("io.kestra.plugin.gcp.gcs.Copy")
class GcsCopy(GcsTask):
    """Copy an object, or move it."""

    outputs: ClassVar[dict[str, Kind] | None] = {"uri": URI}

    from_: Text | None = prop(STRING, yaml="from", default=None)
    to: Text | None = prop(STRING, default=None)
    delete: Flag = prop(BOOLEAN, default=False)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        source = place(required_text(run, self.from_))
        target = place(required_text(run, self.to))
        if source == target:
            raise TaskFailure(f"Invalid copy to same path 'gs://{'/'.join(target)}'")
        found = copy(google, source, target)
        if run.flag(self.delete):
            google.exchange("DELETE", object_url(*source))
        return {"uri": f"gs://{found['bucket']}/{found['name']}"}


class Sources(Declared):
    """Which objects are put together."""

    from_: Text | None = prop(STRING, yaml="from", default=None)
    filter: Text = prop(FILTERS, default="BOTH", ignored=True)
    listing_type: Text = prop(LISTINGS, default="DIRECTORY")
    reg_exp: Text | None = prop(STRING, default=None)


@task_type("io.kestra.plugin.gcp.gcs.Compose")
class GcsCompose(GcsTask):
    """Put objects together to one."""

    outputs: ClassVar[dict[str, Kind] | None] = {"uri": URI}

    list: Sources = prop(record(Sources))
    to: Text | None = prop(STRING, default=None)
    allow_empty: Flag = prop(BOOLEAN, default=False)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        bucket, name = place(required_text(run, self.to))
        recursive = run.constant(self.list.listing_type, LISTINGS) == "RECURSIVE"
        start, pattern = required_text(run, self.list.from_), run.text(self.list.reg_exp)
        found = [*found_below(google, start, recursive, pattern, "FILES")][:MOST_SOURCES]
        if not found and not run.flag(self.allow_empty):
            raise TaskFailure("No files founds")
        sources = [{"name": each["name"]} for each in found]
        google.ask("POST", f"{object_url(bucket, name)}/compose", json={"sourceObjects": sources})
        return {"uri": f"gs://{bucket}/{quote(name)}"}
