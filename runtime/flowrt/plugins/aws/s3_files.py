"""S3 Files: file systems over buckets, and where they are mounted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import BOOLEAN, INTEGER, STRING, Kind, listing, mapping, prop, task_type
from flowrt.plugins.aws.client import AwsTask
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Mapping, Text

SYSTEM = (
    *("fileSystemId", "fileSystemArn", "status", "statusMessage", "bucket", "prefix", "roleArn"),
    *("kmsKeyId", "name", "ownerId", "creationTime", "tags", "clientToken"),
)
TARGET = (
    *("mountTargetId", "fileSystemId", "subnetId", "ipAddress", "status", "statusMessage"),
    *("vpcId", "ownerId", "securityGroups"),
)


def _system(found: dict[str, Any]) -> dict[str, Any]:
    """A file system as outputs show it: what is known of it."""
    told = {name: found[name] for name in SYSTEM if found.get(name) is not None}
    if "creationTime" in told:
        told["creationTime"] = int(told["creationTime"].timestamp())
    return told


def _target(found: dict[str, Any]) -> dict[str, Any]:
    known = {**found, "ipAddress": found.get("ipv4Address") or found.get("ipv6Address")}
    return {name: known[name] for name in TARGET if known.get(name) is not None}


class S3FilesTask(AwsTask):
    """What the tasks share."""

    service: ClassVar[str] = "s3files"


class SystemTask(S3FilesTask):
    """A task of a file system."""

    file_system_id: Text = prop(STRING)


class PagedTask(S3FilesTask):
    """What tasks share that answer with a page of a list."""

    max_results: Integer | None = prop(INTEGER, default=None)
    next_token: Text | None = prop(STRING, default=None)

    def _page(self, run: RunContext) -> dict[str, Any]:
        asked = {
            "maxResults": run.integer(self.max_results),
            "nextToken": run.text(self.next_token),
        }
        return {key: value for key, value in asked.items() if value is not None}


@task_type("io.kestra.plugin.aws.s3.files.CreateFileSystem")
class S3FilesCreateFileSystem(S3FilesTask):
    """Make a file system over a bucket."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "creationTime": INTEGER,
        "fileSystemArn": STRING,
        "fileSystemId": STRING,
        "status": STRING,
    }

    bucket: Text = prop(STRING)
    role_arn: Text = prop(STRING)
    prefix: Text | None = prop(STRING, default=None)
    kms_key_id: Text | None = prop(STRING, default=None)
    client_token: Text | None = prop(STRING, default=None)
    tags: Mapping | None = prop(mapping(STRING), default=None)
    accept_bucket_warning: Flag = prop(BOOLEAN, default=False)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        asked: dict[str, Any] = {
            "bucket": required_text(run, self.bucket),
            "roleArn": required_text(run, self.role_arn),
            "prefix": run.text(self.prefix),
            "kmsKeyId": run.text(self.kms_key_id),
            "clientToken": run.text(self.client_token),
            "acceptBucketWarning": run.flag(self.accept_bucket_warning) or None,
        }
        tags = run.mapping(self.tags, STRING)
        if tags:
            asked["tags"] = [{"key": key, "value": value} for key, value in tags.items()]
        given = {key: value for key, value in asked.items() if value is not None}
        found = _system(client.create_file_system(**given))
        number, status = found.get("fileSystemId"), found.get("status")
        run.log("INFO", f"Created S3 Files file system: {number} (status={status})")
        return {name: found.get(name) for name in self.outputs or ()}


@task_type("io.kestra.plugin.aws.s3.files.GetFileSystem")
class S3FilesGetFileSystem(SystemTask):
    """What is known of a file system."""

    outputs: ClassVar[dict[str, Kind] | None] = {"fileSystem": mapping()}

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        number = required_text(run, self.file_system_id)
        found = _system(client.get_file_system(fileSystemId=number))
        status = found.get("status")
        run.log("INFO", f"Retrieved S3 Files file system: {number} (status={status})")
        return {"fileSystem": found}


@task_type("io.kestra.plugin.aws.s3.files.ListFileSystems")
class S3FilesListFileSystems(PagedTask):
    """A page of the file systems, those over a bucket if one is named."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "fileSystems": listing(mapping()),
        "nextToken": STRING,
    }

    bucket: Text | None = prop(STRING, default=None)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        bucket, asked = run.text(self.bucket), self._page(run)
        page = client.list_file_systems(**asked, **({"bucket": bucket} if bucket else {}))
        found = [_system(each) for each in page.get("fileSystems") or ()]
        run.log("INFO", f"Listed {len(found)} S3 Files file system(s)")
        return {"fileSystems": found, "nextToken": page.get("nextToken")}


@task_type("io.kestra.plugin.aws.s3.files.DeleteFileSystem")
class S3FilesDeleteFileSystem(SystemTask):
    """Delete a file system."""

    def _work(self, run: RunContext, client: Any) -> None:
        number = required_text(run, self.file_system_id)
        client.delete_file_system(fileSystemId=number)
        run.log("INFO", f"Deleted S3 Files file system: {number}")


@task_type("io.kestra.plugin.aws.s3.files.CreateMountTarget")
class S3FilesCreateMountTarget(SystemTask):
    """Let a file system be mounted in a subnet."""

    outputs: ClassVar[dict[str, Kind] | None] = dict.fromkeys(
        ("ipAddress", "mountTargetId", "status"), STRING
    )

    subnet_id: Text = prop(STRING)
    ip_address: Text | None = prop(STRING, default=None)
    security_groups: Listing | None = prop(listing(STRING), default=None)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        asked: dict[str, Any] = {
            "fileSystemId": required_text(run, self.file_system_id),
            "subnetId": required_text(run, self.subnet_id),
            "ipv4Address": run.text(self.ip_address),
            "securityGroups": run.listing(self.security_groups) or None,
        }
        given = {key: value for key, value in asked.items() if value is not None}
        found = _target(client.create_mount_target(**given))
        number, status = found.get("mountTargetId"), found.get("status")
        run.log("INFO", f"Created S3 Files mount target: {number} (status={status})")
        return {name: found.get(name) for name in self.outputs or ()}


@task_type("io.kestra.plugin.aws.s3.files.ListMountTargets")
class S3FilesListMountTargets(PagedTask):
    """A page of the places where a file system can be mounted."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "mountTargets": listing(mapping()),
        "nextToken": STRING,
    }

    file_system_id: Text = prop(STRING)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        number = required_text(run, self.file_system_id)
        page = client.list_mount_targets(fileSystemId=number, **self._page(run))
        found = [_target(each) for each in page.get("mountTargets") or ()]
        run.log("INFO", f"Listed {len(found)} mount target(s) for file system: {number}")
        return {"mountTargets": found, "nextToken": page.get("nextToken")}


@task_type("io.kestra.plugin.aws.s3.files.DeleteMountTarget")
class S3FilesDeleteMountTarget(S3FilesTask):
    """Take away a place where a file system can be mounted."""

    mount_target_id: Text = prop(STRING)

    def _work(self, run: RunContext, client: Any) -> None:
        number = required_text(run, self.mount_target_id)
        client.delete_mount_target(mountTargetId=number)
        run.log("INFO", f"Deleted S3 Files mount target: {number}")
