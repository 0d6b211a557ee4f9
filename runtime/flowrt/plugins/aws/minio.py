"""MinIO, and other stores of S3's interface behind an address of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt import packages
from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    INTEGER,
    STRING,
    URI,
    Kind,
    mapping,
    prop,
    record,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.model.task import Task
from flowrt.plugins.aws.client import library, told
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
from flowrt.plugins.aws.s3 import copied, delete_all
from flowrt.tasks.http_client import Ssl, trusts_all
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Mapping, Text


class MinioTask(Task):
    """What the tasks of MinIO share."""

    packages: ClassVar[tuple[str, ...]] = (packages.BOTO3,)

    endpoint: Text | None = prop(STRING, default=None)
    access_key_id: Text | None = prop(STRING, default=None)
    secret_key_id: Text | None = prop(STRING, default=None)
    region: Text | None = prop(STRING, default=None)
    ca_pem: Text | None = prop(STRING, default=None)
    client_pem: Text | None = prop(STRING, default=None)
    ssl: Ssl | None = prop(record(Ssl), default=None)

    async def run(self, run: RunContext) -> Any:
        def work() -> Any:
            with told("MinIO"):
                return self._work(run, self._client(run))

        library()
        return await run.in_thread(work)

    def _work(self, run: RunContext, client: Any) -> Any:
        raise NotImplementedError

    def _client(self, run: RunContext) -> Any:
        from botocore.config import Config

        verify: bool | str = not trusts_all(run, self.ssl)
        authority, own = run.text(self.ca_pem), run.text(self.client_pem)
        folder = run.private_folder()
        if authority is not None:
            (folder / "ca.pem").write_text(authority, "utf-8")
            verify = str(folder / "ca.pem")
        certificate = None
        if own is not None:
            (folder / "client.pem").write_text(own, "utf-8")
            certificate = str(folder / "client.pem")
        client = library().client(
            "s3",
            endpoint_url=run.text(self.endpoint),
            aws_access_key_id=run.text(self.access_key_id),
            aws_secret_access_key=run.text(self.secret_key_id),
            region_name=run.text(self.region) or "us-east-1",
            verify=verify,
            config=Config(
                s3={"addressing_style": "path"}, connect_timeout=10, client_cert=certificate
            ),
        )
        run.on_kill(client.close)
        return client


class _Bucket(MinioTask):
    bucket: Text | None = prop(STRING, default=None)


class _Listed(_Bucket):
    prefix: Text | None = prop(STRING, default=None)
    delimiter: Text | None = prop(STRING, default=None)
    marker: Text | None = prop(STRING, default=None)
    max_keys: Integer = prop(INTEGER, default=1000)
    regexp: Text | None = prop(STRING, default=None)
    filter: Text = prop(FILTERS, default="BOTH")

    def _listing(self, run: RunContext) -> Listing:
        return Listing(
            required_text(run, self.bucket),
            run.text(self.prefix),
            run.text(self.delimiter),
            run.text(self.marker),
            run.integer(self.max_keys) or 1000,
            run.text(self.regexp),
            run.constant(self.filter, FILTERS) or "BOTH",
        )


@task_type("io.kestra.plugin.minio.CreateBucket")
class MinioCreateBucket(_Bucket):
    """Make a bucket."""

    outputs: ClassVar[dict[str, Kind] | None] = {"bucket": STRING}

    object_lock_enabled_for_bucket: Flag | None = prop(BOOLEAN, default=None)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        bucket = required_text(run, self.bucket)
        lock = run.flag(self.object_lock_enabled_for_bucket)
        place = located(run.text(self.region))
        client.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=lock, **place)
        return {"bucket": bucket}


@task_type("io.kestra.plugin.minio.Upload")
class MinioUpload(_Bucket):
    """Give stored files to a bucket."""

    outputs: ClassVar[dict[str, Kind] | None] = OBJECT_OUTPUTS

    from_: Any = prop(ANY, yaml="from")
    key: Text | None = prop(STRING, default=None)
    content_type: Text | None = prop(STRING, default=None)
    metadata: Mapping | None = prop(mapping(STRING), default=None)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        bucket, key = required_text(run, self.bucket), required_text(run, self.key)
        more: dict[str, Any] = {}
        kind, metadata = run.text(self.content_type), run.mapping(self.metadata, STRING)
        if kind is not None:
            more["ContentType"] = kind
        if metadata:
            more["Metadata"] = metadata
        named = sources(run, self.from_)
        if len(named) == 1:
            (source,) = named.values()
            return {"bucket": bucket, "key": key, **give(run, client, source, bucket, key, **more)}
        for name, source in named.items():
            give(run, client, source, bucket, f"{key.rstrip('/')}/{name}", **more)
        return {"bucket": bucket, "key": key}


@task_type("io.kestra.plugin.minio.Download")
class MinioDownload(_Bucket):
    """Take an object into the storage."""

    outputs: ClassVar[dict[str, Kind] | None] = {"uri": URI, "contentLength": INTEGER}

    key: Text | None = prop(STRING, default=None)
    version_id: Text | None = prop(STRING, default=None)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        bucket, key = required_text(run, self.bucket), required_text(run, self.key)
        uri, answer = take(run, client, bucket, key, VersionId=run.text(self.version_id))
        return {"uri": uri, "contentLength": answer.get("ContentLength")}


@task_type("io.kestra.plugin.minio.List")
class MinioList(_Listed):
    """List the objects of a bucket."""

    outputs: ClassVar[dict[str, Kind] | None] = LISTED

    recursive: Flag = prop(BOOLEAN, default=True)
    include_versions: Flag = prop(BOOLEAN, default=True, ignored=True)
    start_after: Text | None = prop(STRING, default=None)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        listing = self._listing(run)
        start = run.text(self.start_after)
        if start is not None:
            listing.asked["StartAfter"] = start
        if not run.flag(self.recursive, True):
            listing.asked.setdefault("Delimiter", "/")
        return {"objects": list(listing.objects(client))}


@task_type("io.kestra.plugin.minio.Downloads")
class MinioDownloads(_Listed):
    """Take the objects that match into the storage, and move or delete them."""

    outputs: ClassVar[dict[str, Kind] | None] = FETCHED

    action: Text = prop(ACTIONS)
    move_to: Place | None = prop(record(Place), default=None)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        listing = self._listing(run)
        found, files = list(listing.objects(client)), {}
        for each in found:
            if not each["key"].endswith("/"):
                each["uri"], _ = take(run, client, listing.bucket, each["key"])
                files[each["key"]] = each["uri"]
        target = None
        if self.move_to is not None:
            target = (
                run.text(self.move_to.bucket) or listing.bucket,
                run.text(self.move_to.key) or "",
            )
        after(client, listing, run.constant(self.action, ACTIONS) or "NONE", target, list(files))
        return {"objects": found, "outputFiles": files}


@task_type("io.kestra.plugin.minio.Delete")
class MinioDelete(_Bucket):
    """Delete an object."""

    outputs: ClassVar[dict[str, Kind] | None] = {"bucket": STRING, "key": STRING}

    key: Text | None = prop(STRING, default=None)
    bypass_governance_retention: Flag | None = prop(BOOLEAN, default=None)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        bucket, key = required_text(run, self.bucket), required_text(run, self.key)
        more = {}
        if run.flag(self.bypass_governance_retention):
            more["BypassGovernanceRetention"] = True
        client.delete_object(Bucket=bucket, Key=key, **more)
        return {"bucket": bucket, "key": key}


@task_type("io.kestra.plugin.minio.DeleteList")
class MinioDeleteList(_Listed):
    """Delete the objects that match."""

    outputs: ClassVar[dict[str, Kind] | None] = DELETED

    concurrent: int | None = prop(INTEGER, static=True, default=None, ignored=True)
    error_on_empty: Flag = prop(BOOLEAN, default=False)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        return delete_all(client, self._listing(run), run.flag(self.error_on_empty))


@task_type("io.kestra.plugin.minio.Copy")
class MinioCopy(_Bucket):
    """Copy an object, or move it."""

    outputs: ClassVar[dict[str, Kind] | None] = OBJECT_OUTPUTS

    from_: Place | None = prop(record(Place), yaml="from", default=None)
    to: Place | None = prop(record(Place), default=None)
    delete: Flag = prop(BOOLEAN, default=False)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        if self.from_ is None:
            raise TaskFailure("`from` says which object is copied")
        to = self.to or Place()
        own = run.text(self.bucket)
        bucket = run.text(self.from_.bucket) or own or ""
        key = required_text(run, self.from_.key)
        target = run.text(to.bucket) or bucket, run.text(to.key) or key
        return copied(run, client, (bucket, key), target, self.from_, to, run.flag(self.delete))
