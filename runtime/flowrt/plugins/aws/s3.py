"""S3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    INTEGER,
    STRING,
    URI,
    Kind,
    enum,
    mapping,
    prop,
    record,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.plugins.aws.client import AwsTask
from flowrt.plugins.aws.objects import (
    ACTIONS,
    DELETED,
    FETCHED,
    FILTERS,
    LISTED,
    OBJECT_OUTPUTS,
    Listing,
    Place,
    after,
    give,
    located,
    sources,
    take,
)
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Mapping, Text

DETAILS: dict[str, Kind] = {
    "uri": URI,
    "contentLength": INTEGER,
    "contentType": STRING,
    "metadata": mapping(STRING),
    "eTag": STRING,
    "versionId": STRING,
    "checksumAlgorithm": STRING,
    "checksumValue": STRING,
    "files": mapping(mapping()),
}
STORAGE_CLASSES = enum(
    "REGIONAL",
    "MULTI_REGIONAL",
    "NEARLINE",
    "COLDLINE",
    "STANDARD",
    "ARCHIVE",
    "DURABLE_REDUCED_AVAILABILITY",
)


class S3Task(AwsTask):
    """What the tasks of S3 share."""

    service: ClassVar[str] = "s3"


class _Bucket(S3Task):
    bucket: Text = prop(STRING)


class _Listed(_Bucket):
    """Tasks over the objects that match."""

    prefix: Text | None = prop(STRING, default=None)
    delimiter: Text | None = prop(STRING, default=None)
    marker: Text | None = prop(STRING, default=None)
    max_keys: Integer = prop(INTEGER, default=1000)
    regexp: Text | None = prop(STRING, default=None)
    request_payer: Text | None = prop(STRING, default=None)
    expected_bucket_owner: Text | None = prop(STRING, default=None)

    def _listing(self, run: RunContext, kind: str) -> Listing:
        found = Listing(
            required_text(run, self.bucket),
            run.text(self.prefix),
            run.text(self.delimiter),
            run.text(self.marker),
            run.integer(self.max_keys) or 1000,
            run.text(self.regexp),
            kind,
        )
        owner, payer = run.text(self.expected_bucket_owner), run.text(self.request_payer)
        if owner is not None:
            found.asked["ExpectedBucketOwner"] = owner
        if payer is not None:
            found.asked["RequestPayer"] = payer
        return found


def limited(run: RunContext, objects: list[Any], most: int) -> list[Any]:
    """No more objects than a task asks for; a warning says so."""
    if len(objects) > most:
        run.log(
            "WARN",
            f"Listing returned {len(objects)} files but maxFiles limit is {most}. Only the first {most} files "
            "will be returned. Increase the maxFiles property if you need more files.",
        )
    return objects[:most]


@task_type("io.kestra.plugin.aws.s3.CreateBucket")
class S3CreateBucket(_Bucket):
    """Make a bucket."""

    outputs: ClassVar[dict[str, Kind] | None] = {"bucket": STRING, "region": STRING}

    acl: Text | None = prop(STRING, default=None)
    grant_full_control: Text | None = prop(STRING, default=None)
    grant_read: Text | None = prop(STRING, default=None)
    grant_read_acp: Text | None = prop(STRING, yaml="grantReadACP", default=None)
    grant_write: Text | None = prop(STRING, default=None)
    grant_write_acp: Text | None = prop(STRING, yaml="grantWriteACP", default=None)
    object_lock_enabled_for_bucket: Flag | None = prop(BOOLEAN, default=None)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        bucket, region = required_text(run, self.bucket), run.text(self.region)
        texts = {
            "ACL": self.acl,
            "GrantFullControl": self.grant_full_control,
            "GrantRead": self.grant_read,
            "GrantReadACP": self.grant_read_acp,
            "GrantWrite": self.grant_write,
            "GrantWriteACP": self.grant_write_acp,
        }
        asked: dict[str, Any] = {k: run.text(v) for k, v in texts.items() if v is not None}
        if run.flag(self.object_lock_enabled_for_bucket):
            asked["ObjectLockEnabledForBucket"] = True
        client.create_bucket(Bucket=bucket, **asked, **located(region))
        return {"bucket": bucket, "region": region}


@task_type("io.kestra.plugin.aws.s3.Upload")
class S3Upload(_Bucket):
    """Give stored files to a bucket."""

    outputs: ClassVar[dict[str, Kind] | None] = {**OBJECT_OUTPUTS, "files": mapping(mapping())}

    from_: Any = prop(ANY, yaml="from")
    key: Text = prop(STRING)
    metadata: Mapping | None = prop(mapping(STRING), default=None)
    acl: Text | None = prop(STRING, default=None)
    cache_control: Text | None = prop(STRING, default=None)
    content_disposition: Text | None = prop(STRING, default=None)
    content_encoding: Text | None = prop(STRING, default=None)
    content_language: Text | None = prop(STRING, default=None)
    content_length: Integer | None = prop(INTEGER, default=None, ignored=True)
    content_type: Text | None = prop(STRING, default=None)
    checksum: Text | None = prop(STRING, default=None, ignored=True)
    checksum_algorithm: Text | None = prop(STRING, default=None)
    expected_bucket_owner: Text | None = prop(STRING, default=None)
    expires: Text | None = prop(STRING, default=None)
    object_lock_mode: Text | None = prop(STRING, default=None)
    object_lock_legal_hold_status: Text | None = prop(STRING, default=None)
    object_lock_retain_until_date: Text | None = prop(STRING, default=None)
    bucket_key_enabled: Flag | None = prop(BOOLEAN, default=None)
    request_payer: Text | None = prop(STRING, default=None)
    server_side_encryption: Text | None = prop(STRING, default=None)
    storage_class: Text | None = prop(STORAGE_CLASSES, default=None)
    tagging: Mapping | None = prop(mapping(STRING), default=None)
    concurrent_uploads: Integer = prop(INTEGER, default=50, ignored=True)

    def _options(self, run: RunContext) -> dict[str, Any]:
        texts = {
            "ACL": self.acl,
            "CacheControl": self.cache_control,
            "ContentDisposition": self.content_disposition,
            "ContentEncoding": self.content_encoding,
            "ContentLanguage": self.content_language,
            "ContentType": self.content_type,
            "ChecksumAlgorithm": self.checksum_algorithm,
            "ExpectedBucketOwner": self.expected_bucket_owner,
            "Expires": self.expires,
            "ObjectLockMode": self.object_lock_mode,
            "ObjectLockLegalHoldStatus": self.object_lock_legal_hold_status,
            "ObjectLockRetainUntilDate": self.object_lock_retain_until_date,
            "RequestPayer": self.request_payer,
            "ServerSideEncryption": self.server_side_encryption,
            "StorageClass": self.storage_class,
        }
        found: dict[str, Any] = {k: run.text(v) for k, v in texts.items() if v is not None}
        metadata = run.mapping(self.metadata, STRING)
        if metadata:
            found["Metadata"] = metadata
        if self.bucket_key_enabled is not None:
            found["BucketKeyEnabled"] = run.flag(self.bucket_key_enabled)
        tags = run.mapping(self.tagging, STRING)
        if tags:
            from urllib.parse import urlencode

            found["Tagging"] = urlencode(tags)
        return found

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        bucket, key = required_text(run, self.bucket), required_text(run, self.key)
        named, options = sources(run, self.from_), self._options(run)
        if len(named) == 1:
            (source,) = named.values()
            return {
                "bucket": bucket,
                "key": key,
                **give(run, client, source, bucket, key, **options),
            }
        files = {
            name: {
                "uri": source,
                **give(run, client, source, bucket, f"{key.rstrip('/')}/{name}", **options),
            }
            for name, source in named.items()
        }
        return {"bucket": bucket, "key": key, "files": files}


def _details(uri: str, answer: Any) -> dict[str, Any]:
    algorithms = ("SHA256", "SHA1", "CRC32", "CRC32C")
    summed = next((each for each in algorithms if answer.get(f"Checksum{each}")), None)
    return {
        "uri": uri,
        "contentLength": answer.get("ContentLength"),
        "contentType": answer.get("ContentType"),
        "metadata": answer.get("Metadata"),
        "eTag": answer.get("ETag"),
        "versionId": answer.get("VersionId"),
        "checksumAlgorithm": summed,
        "checksumValue": answer.get(f"Checksum{summed}") if summed else None,
    }


@task_type("io.kestra.plugin.aws.s3.Download")
class S3Download(_Listed):
    """Take an object, or those that match, into the storage."""

    outputs: ClassVar[dict[str, Kind] | None] = DETAILS

    key: Text | None = prop(STRING, default=None)
    version_id: Text | None = prop(STRING, default=None)
    max_files: Integer = prop(INTEGER, default=25)
    validate_checksum: Flag = prop(BOOLEAN, default=False)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        filters = (self.prefix, self.delimiter, self.regexp)
        is_many = any(each is not None for each in filters)
        if self.key is None and not is_many:
            raise TaskFailure(
                "Invalid configuration: either specify 'key' for single file download or at least one filtering "
                "parameter (prefix, delimiter, regexp) for multiple files download"
            )
        bucket = required_text(run, self.bucket)
        more = {
            "VersionId": run.text(self.version_id),
            "RequestPayer": run.text(self.request_payer),
            "ExpectedBucketOwner": run.text(self.expected_bucket_owner),
            "ChecksumMode": "ENABLED" if run.flag(self.validate_checksum) else None,
        }
        if not is_many:
            uri, answer = take(run, client, bucket, required_text(run, self.key), **more)
            return _details(uri, answer)
        objects = list(self._listing(run, "FILES").objects(client))
        if not objects:
            run.log("WARN", "No objects found matching the filter criteria")
        return {
            "files": {
                each["key"]: _details(*take(run, client, bucket, each["key"], **more))
                for each in limited(run, objects, run.integer(self.max_files) or 25)
            }
        }


@task_type("io.kestra.plugin.aws.s3.List")
class S3List(_Listed):
    """List the objects of a bucket."""

    outputs: ClassVar[dict[str, Kind] | None] = LISTED

    filter: Text = prop(FILTERS, default="BOTH")
    max_files: Integer = prop(INTEGER, default=25)
    encoding_type: Text | None = prop(STRING, default=None, ignored=True)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        kind = run.constant(self.filter, FILTERS) or "BOTH"
        objects = list(self._listing(run, kind).objects(client))
        return {"objects": limited(run, objects, run.integer(self.max_files) or 25)}


@task_type("io.kestra.plugin.aws.s3.Downloads")
class S3Downloads(_Listed):
    """Take the objects that match into the storage, and move or delete them."""

    outputs: ClassVar[dict[str, Kind] | None] = FETCHED

    action: Text = prop(ACTIONS)
    move_to: Place | None = prop(record(Place), default=None)
    filter: Text = prop(FILTERS, default="BOTH")
    max_files: Integer = prop(INTEGER, default=25)
    encoding_type: Text | None = prop(STRING, default=None, ignored=True)
    validate_checksum: Flag = prop(BOOLEAN, default=False, ignored=True)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        listing = self._listing(run, run.constant(self.filter, FILTERS) or "BOTH")
        found = limited(run, list(listing.objects(client)), run.integer(self.max_files) or 25)
        files = {}
        for each in found:
            if each["key"].endswith("/"):
                continue
            uri, _ = take(run, client, listing.bucket, each["key"])
            each["uri"] = files[each["key"]] = uri
        place = self.move_to
        target = None
        if place is not None:
            target = (run.text(place.bucket) or listing.bucket, run.text(place.key) or "")
        action = run.constant(self.action, ACTIONS) or "NONE"
        after(client, listing, action, target, list(files))
        return {"objects": found, "outputFiles": files}


@task_type("io.kestra.plugin.aws.s3.Delete")
class S3Delete(_Bucket):
    """Delete an object."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "deleteMarker": BOOLEAN,
        "requestCharged": STRING,
        "versionId": STRING,
    }

    key: Text = prop(STRING)
    mfa: Text | None = prop(STRING, default=None)
    bypass_governance_retention: Flag | None = prop(BOOLEAN, default=None)
    request_payer: Text | None = prop(STRING, default=None)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        texts = {"MFA": self.mfa, "RequestPayer": self.request_payer}
        asked: dict[str, Any] = {k: run.text(v) for k, v in texts.items() if v is not None}
        if run.flag(self.bypass_governance_retention):
            asked["BypassGovernanceRetention"] = True
        answer = client.delete_object(
            Bucket=required_text(run, self.bucket), Key=required_text(run, self.key), **asked
        )
        return {
            "deleteMarker": answer.get("DeleteMarker"),
            "requestCharged": answer.get("RequestCharged"),
            "versionId": answer.get("VersionId"),
        }


@task_type("io.kestra.plugin.aws.s3.DeleteList")
class S3DeleteList(_Listed):
    """Delete the objects that match."""

    outputs: ClassVar[dict[str, Kind] | None] = DELETED

    filter: Text = prop(FILTERS, default="BOTH")
    encoding_type: Text | None = prop(STRING, default=None, ignored=True)
    concurrent: int | None = prop(INTEGER, static=True, default=None, ignored=True)
    error_on_empty: Flag = prop(BOOLEAN, default=False)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        listing = self._listing(run, run.constant(self.filter, FILTERS) or "BOTH")
        return delete_all(client, listing, run.flag(self.error_on_empty))


def delete_all(client: Any, listing: Listing, needed: bool) -> dict[str, Any]:
    """Delete what matches. Raises TaskFailure when nothing does and something should."""
    count = size = 0
    for each in list(listing.objects(client)):
        client.delete_object(Bucket=listing.bucket, Key=each["key"])
        count += 1
        size += each["size"] or 0
    if needed and not count:
        raise TaskFailure("There is no object to delete")
    return {"count": count, "size": size}


@task_type("io.kestra.plugin.aws.s3.Copy")
class S3Copy(S3Task):
    """Copy an object, or move it."""

    outputs: ClassVar[dict[str, Kind] | None] = OBJECT_OUTPUTS

    from_: Place | None = prop(record(Place), yaml="from", default=None)
    to: Place | None = prop(record(Place), default=None)
    delete: Flag = prop(BOOLEAN, default=False)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        if self.from_ is None:
            raise TaskFailure("`from` says which object is copied")
        to = self.to or Place()
        bucket, key = required_text(run, self.from_.bucket), required_text(run, self.from_.key)
        target = run.text(to.bucket) or bucket, run.text(to.key) or key
        return copied(run, client, (bucket, key), target, self.from_, to, run.flag(self.delete))


def copied(
    run: RunContext,
    client: Any,
    source: tuple[str, str],
    target: tuple[str, str],
    from_: Place,
    to: Place,
    delete: bool,
) -> dict[str, Any]:
    """Copy an object; answers what the tasks of both services put out."""
    asked = {"Bucket": source[0], "Key": source[1]}
    version = run.text(from_.version_id)
    if version is not None:
        asked["VersionId"] = version
    more: dict[str, Any] = {}
    encryption = run.text(to.server_side_encryption)
    if encryption not in (None, "NONE"):
        more["ServerSideEncryption"] = "aws:kms" if encryption == "AWS_KMS" else encryption
        key = run.text(to.kms_key_id)
        if encryption == "AWS_KMS" and key is not None:
            more["SSEKMSKeyId"] = key
    client.copy(asked, *target, ExtraArgs=more or None)
    said = client.head_object(Bucket=target[0], Key=target[1])
    if delete and source != target:
        client.delete_object(Bucket=source[0], Key=source[1])
    return {
        "bucket": target[0],
        "key": target[1],
        "eTag": said.get("ETag"),
        "versionId": said.get("VersionId"),
    }
