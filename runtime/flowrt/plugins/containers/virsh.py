"""Virtual machines of libvirt, by the program `virsh` of this machine."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    BOOLEAN,
    DURATION,
    STRING,
    Kind,
    listing,
    mapping,
    prop,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.model.task import Task
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Text

RUNNING, SHUT_OFF = "VIR_DOMAIN_RUNNING", "VIR_DOMAIN_SHUTOFF"
STATES = {
    "no state": "VIR_DOMAIN_NOSTATE",
    "running": RUNNING,
    "idle": "VIR_DOMAIN_BLOCKED",
    "paused": "VIR_DOMAIN_PAUSED",
    "in shutdown": "VIR_DOMAIN_SHUTDOWN",
    "shut off": SHUT_OFF,
    "crashed": "VIR_DOMAIN_CRASHED",
    "pmsuspended": "VIR_DOMAIN_PMSUSPENDED",
}
"""What the program says of a state, and the name of libvirt."""
SHORTEST, LONGEST = 0.1, 2.0
"""Seconds between two looks at a state."""
UNKNOWN = ("failed to get domain", "Domain not found")
_NAME = re.compile(r"<name>\s*([^<]+?)\s*</name>")


class VirshTask(Task):
    """What the tasks share: whose machines they are."""

    uri: Text | None = prop(STRING, default=None)

    async def _say(self, run: RunContext, *words: str) -> str:
        """What the program answers. Raises TaskFailure in its words."""
        from flowrt.scripting.process import run_process
        from flowrt.scripting.python import base_environment

        call, uri = ["virsh", "--quiet"], run.text(self.uri)
        if uri is not None:
            call += ["--connect", uri]
        said: dict[bool, list[str]] = {False: [], True: []}
        environment = base_environment() | {"LC_ALL": "C"}
        try:
            code = await run_process(
                run, [*call, *words], run.private_folder(), environment,
                lambda line, is_error: said[is_error].append(line),
            )  # fmt: skip
        except FileNotFoundError:
            raise TaskFailure("libvirt needs the program `virsh` on the path") from None
        if code != 0:
            told = " ".join(line.removeprefix("error: ") for line in said[True] if line.strip())
            raise TaskFailure(f"virsh {words[0]}: {told or f'exit code {code}'}")
        return "\n".join(said[False]).strip()

    async def _state(self, run: RunContext, name: str) -> str:
        found = (await self._say(run, "domstate", "--domain", name)).splitlines()
        return STATES.get(found[0] if found else "", "VIR_DOMAIN_NOSTATE")

    async def _until(self, run: RunContext, name: str, wanted: str, most: Text) -> None:
        """Wait for a state. Raises TaskFailure when another one is final, or it does not come in time."""
        left, pause = run.duration(most) or 60.0, SHORTEST
        ends = time.monotonic() + left
        final = {"VIR_DOMAIN_PAUSED", "VIR_DOMAIN_CRASHED", RUNNING, SHUT_OFF} - {wanted}
        if wanted == SHUT_OFF:
            final.discard(RUNNING)
        short = wanted.removeprefix("VIR_DOMAIN_")
        while (state := await self._state(run, name)) != wanted:
            if state in final:
                raise TaskFailure(f"VM entered terminal state {state} while waiting for {short}")
            if time.monotonic() + pause > ends:
                raise TaskFailure(
                    f"Timeout waiting for VM to reach {short} state after {int(left)}s"
                )
            await run.sleep(pause)
            pause = min(2 * pause, LONGEST)

    async def _define(self, run: RunContext, xml: str) -> str:
        """Tell libvirt of a machine, or of what is new in one; its name. Raises TaskFailure."""
        from flowrt.services.folders import temporary_name

        match = _NAME.search(xml)
        if match is None:
            raise TaskFailure("`xmlDefinition` names no machine")
        path = run.private_folder() / temporary_name(".xml")
        path.write_text(xml, "utf-8")
        await self._say(run, "define", "--file", str(path))
        return match[1]


def _is_unknown(error: TaskFailure) -> bool:
    return any(each in str(error) for each in UNKNOWN)


@task_type("io.kestra.plugin.kvm.CreateVm")
class KvmCreateVm(VirshTask):
    """Define a machine, unless it is there, and perhaps start it."""

    outputs: ClassVar[dict[str, Kind] | None] = dict.fromkeys(("name", "uuid", "state"), STRING)

    name: Text = prop(STRING)
    xml_definition: Text = prop(STRING)
    start_after_create: Flag = prop(BOOLEAN, default=False)

    async def run(self, run: RunContext) -> dict[str, Any]:
        name = required_text(run, self.name)
        try:
            await self._state(run, name)
        except TaskFailure as error:
            if not _is_unknown(error):
                raise
            name = await self._define(run, required_text(run, self.xml_definition))
        run.log("INFO", f"VM definition synchronized for {name}.")
        if run.flag(self.start_after_create) and await self._state(run, name) != RUNNING:
            await self._say(run, "start", "--domain", name)
            run.log("INFO", f"VM {name} booted.")
        uuid = await self._say(run, "domuuid", "--domain", name)
        return {"name": name, "uuid": uuid, "state": await self._state(run, name)}


@task_type("io.kestra.plugin.kvm.UpdateVm")
class KvmUpdateVm(VirshTask):
    """Change the definition of a machine; it counts from its next start, which may be at once."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "name": STRING,
        "state": STRING,
        "wasRestarted": BOOLEAN,
    }

    name: Text | None = prop(STRING, default=None)
    xml_definition: Text | None = prop(STRING, default=None)
    restart: Flag = prop(BOOLEAN, default=False)

    async def run(self, run: RunContext) -> dict[str, Any]:
        xml, name = required_text(run, self.xml_definition), required_text(run, self.name)
        uuid = await self._say(run, "domuuid", "--domain", name)
        if "<uuid>" not in xml:
            xml = xml.replace("<name>", f"<uuid>{uuid}</uuid>\n<name>", 1)
        name, restarted = await self._define(run, xml), False
        run.log("INFO", f"Updated definition for VM: {name}")
        if run.flag(self.restart):
            if await self._state(run, name) in (RUNNING, "VIR_DOMAIN_PAUSED"):
                run.log("INFO", f"Restarting VM {name} to apply changes...")
                await self._say(run, "destroy", "--domain", name)
                await self._say(run, "start", "--domain", name)
                restarted = True
            else:
                run.log("INFO", f"VM {name} is not running; configuration updated for next boot.")
        return {"name": name, "state": await self._state(run, name), "wasRestarted": restarted}


@task_type("io.kestra.plugin.kvm.StartVm")
class KvmStartVm(VirshTask):
    """Start a machine, unless it runs."""

    outputs: ClassVar[dict[str, Kind] | None] = {"name": STRING, "state": STRING}

    name: Text = prop(STRING)
    wait_for_running: Flag = prop(BOOLEAN, default=False)
    time_to_wait: Text = prop(DURATION, default="PT60S")

    async def run(self, run: RunContext) -> dict[str, Any]:
        name = required_text(run, self.name)
        if await self._state(run, name) == RUNNING:
            run.log("INFO", f"VM {name} is already running. Skipping start.")
        else:
            await self._say(run, "start", "--domain", name)
            run.log("INFO", f"VM {name} started successfully.")
            if run.flag(self.wait_for_running):
                await self._until(run, name, RUNNING, self.time_to_wait)
        return {"name": name, "state": await self._state(run, name)}


@task_type("io.kestra.plugin.kvm.StopVm")
class KvmStopVm(VirshTask):
    """Ask a machine to stop, or with `force` end it."""

    outputs: ClassVar[dict[str, Kind] | None] = {"name": STRING, "state": STRING}

    name: Text = prop(STRING)
    force: Flag = prop(BOOLEAN, default=False)
    wait_for_stopped: Flag = prop(BOOLEAN, default=False)
    time_to_wait: Text = prop(DURATION, default="PT60S")

    async def run(self, run: RunContext) -> dict[str, Any]:
        name = required_text(run, self.name)
        if await self._state(run, name) == SHUT_OFF:
            run.log("INFO", f"VM {name} is already stopped. Skipping stop.")
        else:
            how = "destroy" if run.flag(self.force) else "shutdown"
            run.log("INFO", f"Calling {how} on {name}.")
            await self._say(run, how, "--domain", name)
            if run.flag(self.wait_for_stopped):
                await self._until(run, name, SHUT_OFF, self.time_to_wait)
            run.log("INFO", f"Stop signal sent to VM {name}.")
        return {"name": name, "state": await self._state(run, name)}


@task_type("io.kestra.plugin.kvm.ListVms")
class KvmListVms(VirshTask):
    """The machines, those that run first; perhaps those of one state."""

    outputs: ClassVar[dict[str, Kind] | None] = {"vms": listing(mapping())}

    status_filter: Text | None = prop(STRING, default=None)

    async def run(self, run: RunContext) -> dict[str, Any]:
        names = []
        for which in ((), ("--inactive",)):
            names += (await self._say(run, "list", *which, "--name")).split("\n")
        wanted, machines = (run.text(self.status_filter) or "").upper(), []
        for name in dict.fromkeys(each for each in names if each):
            state = await self._state(run, name)
            if not wanted or state == wanted:
                uuid = await self._say(run, "domuuid", "--domain", name)
                machines.append({"name": name, "uuid": uuid, "state": state})
        return {"vms": machines}


@task_type("io.kestra.plugin.kvm.DeleteVm")
class KvmDeleteVm(VirshTask):
    """End a machine and forget it, perhaps with the volumes of its disks."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "deletedVolumes": listing(STRING),
        "success": BOOLEAN,
    }

    name: Text = prop(STRING)
    delete_storage: Flag = prop(BOOLEAN, default=False)
    fail_if_not_found: Flag = prop(BOOLEAN, default=True)

    async def run(self, run: RunContext) -> dict[str, Any]:
        name, deleted = required_text(run, self.name), list[str]()
        try:
            state = await self._state(run, name)
        except TaskFailure as error:
            if not _is_unknown(error) or run.flag(self.fail_if_not_found, True):
                raise
            run.log("WARN", f"VM {name} not found. Skipping deletion.")
            return {"success": False, "deletedVolumes": deleted}
        if run.flag(self.delete_storage):
            deleted = await self._without_volumes(run, name)
        if state != SHUT_OFF:
            await self._say(run, "destroy", "--domain", name)
        await self._say(run, "undefine", "--domain", name)
        run.log("INFO", f"VM {name} deleted successfully.")
        return {"success": True, "deletedVolumes": deleted}

    async def _without_volumes(self, run: RunContext, name: str) -> list[str]:
        """Delete the volumes of the disks; those that are gone. One that cannot be deleted is told."""
        deleted = []
        for pool, volume in _volumes(await self._say(run, "dumpxml", "--domain", name)):
            try:
                await self._say(run, "vol-delete", "--pool", pool, "--vol", volume)
            except TaskFailure as error:
                run.log("WARN", f"Failed to delete volume {volume} in pool {pool}: {error}")
                continue
            run.log("INFO", f"Successfully deleted volume {volume} from pool {pool}")
            deleted.append(f"{pool}/{volume}")
        return deleted


def _volumes(xml: str) -> list[tuple[str, str]]:
    """The pools and volumes of the disks of a machine. Raises TaskFailure for a definition that is none."""
    from xml.etree.ElementTree import ParseError, fromstring

    if "<!" in xml.replace("<!--", ""):
        raise TaskFailure("a definition of a machine has entities, which are not read")
    try:
        root = fromstring(xml)
    except ParseError as error:
        raise TaskFailure(f"the definition of the machine is no XML: {error}") from None
    return [
        (source.get("pool", ""), source.get("volume", ""))
        for disk in root.iterfind("devices/disk")
        if disk.get("type") == "volume" and disk.get("device", "disk") == "disk"
        for source in disk.iterfind("source")
    ]
