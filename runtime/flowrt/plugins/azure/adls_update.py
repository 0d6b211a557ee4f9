"""Data Lake Storage of Azure: files that are changed where they lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    BOOLEAN,
    INTEGER,
    STRING,
    Declared,
    Kind,
    enum,
    prop,
    record,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.plugins.azure.adls import FileTask
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Text

ACTIONS = enum("ACQUIRE", "RENEW", "RELEASE", "BREAK")


@task_type("io.kestra.plugin.azure.storage.adls.update.Append")
class AdlsAppend(FileTask):
    """Write a text behind what a file holds."""

    outputs: ClassVar[dict[str, Kind] | None] = None

    data: Text = prop(STRING)

    def _done(self, run: RunContext, file: Any) -> None:
        data, size = required_text(run, self.data).encode(), file.get_file_properties().size
        file.append_data(data, size, len(data))
        file.flush_data(size + len(data))
        run.metric("counter", "file.size", size)
        run.metric("counter", "data.size", len(data))


@task_type("io.kestra.plugin.azure.storage.adls.update.Lease")
class AdlsLease(FileTask):
    """Lease a file, or end a lease."""

    outputs: ClassVar[dict[str, Kind] | None] = {"id": STRING}

    lease_duration: Integer = prop(INTEGER, default=-1)
    action: Text = prop(ACTIONS, default="ACQUIRE")
    lease_id: Text | None = prop(STRING, default=None)

    def _done(self, run: RunContext, file: Any) -> dict[str, Any]:
        from azure.storage.filedatalake import DataLakeLeaseClient

        number, action = run.text(self.lease_id), run.constant(self.action, ACTIONS)
        if action == "ACQUIRE":
            seconds = run.integer(self.lease_duration)
            return {"id": file.acquire_lease(-1 if seconds is None else seconds).id}
        if number is None:
            raise TaskFailure("Lease ID must be provided for action RENEW, BREAK or RELEASE.")
        lease = DataLakeLeaseClient(file, number)
        if action == "RENEW":
            lease.renew()
        elif action == "RELEASE":
            lease.release()
        else:
            lease.break_lease()
        return {"id": lease.id}


class Permission(Declared):
    """What somebody may do with a file."""

    read_permission: Flag | None = prop(BOOLEAN, default=None)
    write_permission: Flag | None = prop(BOOLEAN, default=None)
    execute_permission: Flag | None = prop(BOOLEAN, default=None)


def _signs(run: RunContext, given: Permission | None) -> str:
    if given is None:
        return "---"
    flags = (given.read_permission, given.write_permission, given.execute_permission)
    return "".join(sign if run.flag(flag) else "-" for sign, flag in zip("rwx", flags, strict=True))


@task_type("io.kestra.plugin.azure.storage.adls.update.SetAccessControl")
class AdlsSetAccessControl(FileTask):
    """Say what the owner of a file, its group, and others may do with it."""

    outputs: ClassVar[dict[str, Kind] | None] = None

    group_permissions: Permission | None = prop(record(Permission), default=None)
    owner_permissions: Permission | None = prop(record(Permission), default=None)
    other_permissions: Permission | None = prop(record(Permission), default=None)

    def _done(self, run: RunContext, file: Any) -> None:
        run.log("INFO", f"Initial permissions are : {file.get_access_control()['acl']}")
        who = (self.owner_permissions, self.group_permissions, self.other_permissions)
        file.set_access_control(permissions="".join(_signs(run, each) for each in who))
        run.log("INFO", f"Final permissions are : {file.get_access_control()['acl']}")
