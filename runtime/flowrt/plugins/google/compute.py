"""Compute Engine: instances that are made, started, stopped and deleted."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    BOOLEAN,
    DURATION,
    INTEGER,
    STRING,
    Kind,
    listing,
    mapping,
    prop,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.plugins.google.operations import OperationTask, ended, part
from flowrt.plugins.web import Refused
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Mapping, Text
    from flowrt.plugins.google.auth import Google

ADDRESS = "https://compute.googleapis.com/compute/v1"
NETWORK = "global/networks/default"
NOT_FOUND = 404
INSTANCE: dict[str, Kind] = {
    "externalIp": STRING,
    "instanceId": STRING,
    "instanceName": STRING,
    "internalIp": STRING,
    "status": STRING,
}


class ComputeTask(OperationTask):
    """What the tasks share: an instance in a zone."""

    outputs: ClassVar[dict[str, Kind] | None] = INSTANCE
    undo: ClassVar[tuple[str, str, str] | None] = None
    """What a task that is stopped does with the instance: a method, what is asked below it, and its word."""

    zone: Text = prop(STRING)
    instance_name: Text = prop(STRING)
    timeout: Text | None = prop(DURATION, default="PT10M")

    def _zone(self, run: RunContext, google: Google) -> str:
        project, zone = self._project(run, google), required_text(run, self.zone)
        return f"{ADDRESS}/projects/{part(project)}/zones/{part(zone)}"

    def _url(self, run: RunContext, google: Google, more: str = "") -> str:
        name = part(required_text(run, self.instance_name))
        return f"{self._zone(run, google)}/instances/{name}{more}"

    async def _ended(
        self, run: RunContext, google: Google, operation: dict[str, Any], action: str
    ) -> None:
        """Wait for an operation. Raises TaskFailure when it fails, or takes too long."""
        name, most = required_text(run, self.instance_name), run.text(self.timeout)
        url = f"{self._zone(run, google)}/operations/{part(operation['name'])}"
        found = await ended(
            run,
            partial(google.ask, "GET", url),
            lambda each: each.get("status") == "DONE",
            most=run.duration(self.timeout),
            too_long=lambda: f"Timed out after {most} waiting to {action} instance '{name}'.",
        )
        errors = (found.get("error") or {}).get("errors") or ()
        if errors:
            said = "; ".join(f"{each.get('code')}: {each.get('message')}" for each in errors)
            raise TaskFailure(f"Failed to {action} instance '{name}': {said}")

    async def _changed(
        self,
        run: RunContext,
        google: Google,
        action: str,
        begin: Callable[[], Any],
        wait: bool,
        meanwhile: str,
    ) -> dict[str, Any]:
        """What outputs show of an instance when an action is over; or its status `meanwhile`, where nobody waits for that."""
        name, zone = required_text(run, self.instance_name), required_text(run, self.zone)
        run.log(
            "INFO",
            f"{_doing(action).capitalize()} Compute Engine instance '{name}' in zone '{zone}'",
        )
        operation = await run.in_thread(begin)
        if not wait:
            return {"instanceName": name, "status": meanwhile}
        await self._ended(run, google, operation, action)
        return await self._instance(run, google)

    async def _instance(self, run: RunContext, google: Google) -> dict[str, Any]:
        """The instance as outputs show it."""
        found = await run.in_thread(partial(google.ask, "GET", self._url(run, google)))
        name, status = run.text(self.instance_name), found.get("status")
        run.log("INFO", f"Compute Engine instance '{name}' is now '{status}'")
        interfaces = found.get("networkInterfaces") or ()
        outside = (
            access.get("natIP") for each in interfaces for access in each.get("accessConfigs") or ()
        )
        return {
            "instanceName": found.get("name"),
            "instanceId": str(found.get("id")),
            "status": status,
            "externalIp": next((each for each in outside if each), None),
            "internalIp": next(
                (each["networkIP"] for each in interfaces if each.get("networkIP")), None
            ),
        }

    def _killed(self, run: RunContext, google: Google) -> None:
        if self.undo is None:
            return
        method, more, word = self.undo
        name = run.text(self.instance_name)
        run.log("WARN", f"Task killed, {_doing(word)} instance '{name}' to stop billing")
        try:
            google.ask(method, self._url(run, google, more))
        except TaskFailure as error:
            run.log("WARN", f"Could not {word} instance '{name}' on kill: {error}")


def _doing(action: str) -> str:
    return {
        "create": "creating", "delete": "deleting", "start": "starting", "stop": "stopping"
    }[action]  # fmt: skip


@task_type("io.kestra.plugin.gcp.compute.Create")
class ComputeCreate(ComputeTask):
    """Make an instance, and wait until it runs; it is deleted when the task is killed."""

    undo = ("DELETE", "", "delete")

    machine_type: Text = prop(STRING)
    source_image: Text = prop(STRING)
    network_name: Text | None = prop(STRING, default=None)
    subnetwork_name: Text | None = prop(STRING, default=None)
    tags: Listing | None = prop(listing(STRING), default=None)
    metadata: Mapping | None = prop(mapping(STRING), default=None)
    startup_script: Text | None = prop(STRING, default=None)
    disk_size_gb: Integer | None = prop(INTEGER, default=None)
    disk_type: Text | None = prop(STRING, default=None)
    preemptible: Flag = prop(BOOLEAN, default=False)
    wait_until_running: Flag = prop(BOOLEAN, default=True)

    async def _wait(self, run: RunContext, google: Google) -> dict[str, Any]:
        name, zone = required_text(run, self.instance_name), required_text(run, self.zone)
        begin = partial(
            google.ask,
            "POST",
            f"{self._zone(run, google)}/instances",
            json=self._asked(run, name, zone),
        )
        return await self._changed(
            run, google, "create", begin, run.flag(self.wait_until_running, True), "PROVISIONING"
        )

    def _asked(self, run: RunContext, name: str, zone: str) -> dict[str, Any]:
        disk: dict[str, Any] = {"sourceImage": required_text(run, self.source_image)}
        size, kind = run.integer(self.disk_size_gb), run.text(self.disk_type)
        if size is not None:
            disk["diskSizeGb"] = str(size)
        if kind is not None:
            disk["diskType"] = f"zones/{zone}/diskTypes/{kind}"
        interface: dict[str, Any] = {
            "accessConfigs": [{"name": "External NAT", "type": "ONE_TO_ONE_NAT"}]
        }
        network, below = run.text(self.network_name), run.text(self.subnetwork_name)
        if below is not None:
            interface["subnetwork"] = below
        if network is not None or below is None:
            interface["network"] = network or NETWORK
        asked: dict[str, Any] = {
            "name": name,
            "machineType": f"zones/{zone}/machineTypes/{required_text(run, self.machine_type)}",
            "disks": [{"boot": True, "autoDelete": True, "initializeParams": disk}],
            "networkInterfaces": [interface],
            "scheduling": {"preemptible": run.flag(self.preemptible)},
        }
        tags = run.listing(self.tags)
        if tags:
            asked["tags"] = {"items": tags}
        known = dict(run.mapping(self.metadata, STRING) or {})
        script = run.text(self.startup_script)
        items = [{"key": key, "value": value} for key, value in known.items()]
        if script is not None:
            items.append({"key": "startup-script", "value": script})
        if items:
            asked["metadata"] = {"items": items}
        return asked


@task_type("io.kestra.plugin.gcp.compute.Start")
class ComputeStart(ComputeTask):
    """Start an instance, and wait until it runs; it is stopped when the task is killed."""

    undo = ("POST", "/stop", "stop")

    wait_until_running: Flag = prop(BOOLEAN, default=True)

    async def _wait(self, run: RunContext, google: Google) -> dict[str, Any]:
        begin = partial(google.ask, "POST", self._url(run, google, "/start"))
        return await self._changed(
            run, google, "start", begin, run.flag(self.wait_until_running, True), "STAGING"
        )


@task_type("io.kestra.plugin.gcp.compute.Stop")
class ComputeStop(ComputeTask):
    """Stop an instance, and wait until it has stopped."""

    wait_until_stopped: Flag = prop(BOOLEAN, default=True)

    async def _wait(self, run: RunContext, google: Google) -> dict[str, Any]:
        begin = partial(google.ask, "POST", self._url(run, google, "/stop"))
        return await self._changed(
            run, google, "stop", begin, run.flag(self.wait_until_stopped, True), "STOPPING"
        )


@task_type("io.kestra.plugin.gcp.compute.Delete")
class ComputeDelete(ComputeTask):
    """Delete an instance, and wait until it is gone."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "instanceId": STRING,
        "instanceName": STRING,
        "status": STRING,
    }

    wait_until_deleted: Flag = prop(BOOLEAN, default=True)

    async def _wait(self, run: RunContext, google: Google) -> dict[str, Any]:
        name, url = required_text(run, self.instance_name), self._url(run, google)
        try:
            found = await run.in_thread(partial(google.ask, "GET", url))
        except Refused as error:
            if error.code != NOT_FOUND:
                raise
            run.log("INFO", f"Instance '{name}' was not found; treating it as already deleted.")
            return {"instanceName": name, "status": "DELETED"}
        where = f"'{name}' in zone '{required_text(run, self.zone)}'"
        run.log("INFO", f"Deleting Compute Engine instance {where}")
        operation = await run.in_thread(partial(google.ask, "DELETE", url))
        status = "PENDING_DELETE"
        if run.flag(self.wait_until_deleted, True):
            await self._ended(run, google, operation, "delete")
            status = "DELETED"
            run.log("INFO", f"Compute Engine instance '{name}' deleted")
        return {"instanceName": name, "instanceId": str(found.get("id")), "status": status}
