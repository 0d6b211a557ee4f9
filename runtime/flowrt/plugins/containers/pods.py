"""Pods of Kubernetes: made, watched to their end, and removed, by `kubectl`."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    DURATION,
    STRING,
    URI,
    Declared,
    Kind,
    listing,
    mapping,
    prop,
    record,
    task_type,
)
from flowrt.model.failures import TaskFailure, required
from flowrt.plugins.containers.kubectl import KubectlTask

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Listing, Mapping, Text

FOLDER = "/kestra/working-dir"
"""Where the files of a flow lie in its containers."""
VOLUME = "kestra-files"
INTO, OUT = "init-files", "out-files"
"""The containers that wait for the files of a flow, and for its end."""
ENDED = ("Succeeded", "Failed", "Unknown")
BROKEN = (
    *("CrashLoopBackOff", "CreateContainerConfigError", "CreateContainerError", "ErrImagePull"),
    *("ImageInspectError", "ImagePullBackOff", "InvalidImageName", "RunContainerError"),
)
"""Why a container waits that will not start."""
PAUSE = 0.5
"""Seconds between two looks at a pod."""


class SideCar(Declared):
    """The containers that carry files in and out."""

    image: Text = prop(STRING, default="busybox")
    resources: Mapping | None = prop(mapping(), default=None)
    default_spec: Mapping | None = prop(mapping(), default=None)


@task_type("io.kestra.plugin.kubernetes.core.PodCreate", "io.kestra.plugin.kubernetes.PodCreate")
class KubernetesPodCreate(KubectlTask):
    """Run a pod to its end; what its containers print is for the log."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "metadata": mapping(),
        "outputFiles": mapping(URI),
        "status": mapping(),
        "vars": mapping(),
    }

    metadata: Mapping | None = prop(mapping(), default=None)
    spec: Mapping = prop(mapping())
    delete: Flag = prop(BOOLEAN, default=True)
    resume: Flag = prop(BOOLEAN, default=True)
    wait_for_log_interval: Text = prop(DURATION, default="PT30S", ignored=True)
    container_default_spec: Mapping | None = prop(mapping(), default=None)
    file_sidecar: SideCar | None = prop(record(SideCar), default=None)
    input_files: Any = prop(ANY, default=None)
    output_files: Listing | None = prop(listing(STRING), default=None)
    wait_until_running: Text = prop(DURATION, default="PT10M")
    wait_running: Text = prop(DURATION, default="PT1H")

    async def run(self, run: RunContext) -> dict[str, Any]:
        wanted = self._name_files(run)
        files = self._given_files(run)
        pod = await self._resumed(run) if run.flag(self.resume, True) else None
        if pod is None:
            pod = await self._created(run)
        name = str(pod["metadata"]["name"])
        try:
            if files is not None and _phase(pod) == "Pending":
                await self._give(run, name, files)
            return await self._watched(run, name, wanted)
        finally:
            await self._removed(run, name)

    def _name_files(self, run: RunContext) -> list[str] | None:
        """The files that are wanted; expressions see where they and the others will lie."""
        run.variables["workingDir"] = FOLDER
        if self.output_files is None:
            return None
        wanted = run.listing(self.output_files) or []
        run.variables["outputFiles"] = {each: f"{FOLDER}/{each}" for each in wanted}
        return wanted

    def _given_files(self, run: RunContext) -> Path | None:
        """A folder with the files for the pod."""
        from flowrt.services.folders import render_input_files, write_input_files

        if self.input_files is None:
            return None
        found = render_input_files(run, self.input_files)
        for name, content in found.items():
            if not content:
                raise TaskFailure(
                    f"Input file '{name}' references a null or empty value. "
                    "Please verify that the upstream task output exists."
                )
        folder = run.private_folder()
        write_input_files(run, folder, found)
        return folder

    # ---- the pod ----------------------------------------------------------------------------------------------------

    def _labels(self, run: RunContext) -> dict[str, str]:
        found = {
            "namespace": run.namespace,
            "flow-id": run.flow_id,
            "task-id": self.id,
            "execution-id": run.execution_id,
            "taskrun-id": run.taskrun_id,
            "taskrun-attempt": str(run.attempt),
        }
        return {f"kestra.io/{key}": plain(value) for key, value in found.items()}

    async def _resumed(self, run: RunContext) -> dict[str, Any] | None:
        """The pod of this attempt that is there already."""
        labels = self._labels(run)
        chosen = ",".join(
            f"{key}={labels[key]}" for key in ("kestra.io/taskrun-id", "kestra.io/taskrun-attempt")
        )
        found = await self._objects(run, "get", "pods", f"--selector={chosen}")
        if len(found) == 1:
            name = found[0]["metadata"]["name"]
            run.log("INFO", f"Pod '{name}' is resumed from an already running pod")
            return found[0]
        if found:
            run.log(
                "WARN",
                f"More than one pod exists for the label selector {chosen}, no pods will be resumed.",
            )
        return None

    async def _created(self, run: RunContext) -> dict[str, Any]:
        from flowrt.formats.jsonwrite import to_json

        path = run.private_folder() / "pod.json"
        path.write_text(to_json(self._manifest(run)), "utf-8")
        (found,) = await self._objects(run, "create", "--filename", str(path))
        run.log("INFO", f"Pod '{found['metadata']['name']}' is created")
        return found

    def _manifest(self, run: RunContext) -> dict[str, Any]:
        metadata = dict(required(run.mapping(self.metadata) if self.metadata is not None else {}))
        metadata["labels"] = {**(metadata.get("labels") or {}), **self._labels(run)}
        if not (metadata.get("name") or metadata.get("generateName")):
            metadata["name"] = self._name(run)
        spec = dict(required(run.mapping(self.spec)))
        common = run.mapping(self.container_default_spec) if self.container_default_spec else {}
        containers = [dict(each) for each in spec.get("containers") or ()]
        for each in containers:
            if each.get("name") in (INTO, OUT):
                run.log(
                    "WARN",
                    f"User-provided container '{each['name']}' uses a name reserved by Kestra for file transfer. "
                    "It will be replaced by Kestra's own container.",
                )
        containers = [each for each in containers if each.get("name") not in (INTO, OUT)]
        spec["containers"] = [with_defaults(each, common or {}) for each in containers]
        before = [with_defaults(each, common or {}) for each in spec.get("initContainers") or ()]
        self._add_carriers(run, spec, before, common or {})
        if before:
            spec["initContainers"] = before
        return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}

    def _name(self, run: RunContext) -> str:
        """A name that tells where a pod comes from, and that no other has."""
        whole = f"{run.namespace}-{run.flow_id}-{self.id}"[:40], run.taskrun_id
        return re.sub(r"[^a-z0-9.-]+", "-", "-".join(whole).lower()).strip("-.")

    def _add_carriers(
        self, run: RunContext, spec: dict[str, Any], before: list[Any], common: dict[str, Any]
    ) -> None:
        """The containers that carry files, and the volume that they share with the others."""
        if self.input_files is None and self.output_files is None:
            return
        mount = {"name": VOLUME, "mountPath": "/kestra"}
        sidecar = self.file_sidecar or SideCar()
        own = (run.mapping(sidecar.default_spec) if sidecar.default_spec else None) or common

        def carrier(name: str, command: str) -> dict[str, Any]:
            made: dict[str, Any] = {
                "name": name,
                "image": run.text(sidecar.image) or "busybox",
                "command": ["sh", "-c", command],
            }
            if sidecar.resources is not None:
                made["resources"] = run.mapping(sidecar.resources)
            return with_defaults(made, own)

        if self.output_files is not None:
            spec["containers"].append(carrier(OUT, _waiting("ended")))
        command = _waiting("ready") if self.input_files is not None else f"mkdir -p {FOLDER}"
        before.append(carrier(INTO, command))
        for each in (*spec["containers"], before[-1]):
            each["volumeMounts"] = [*(each.get("volumeMounts") or ()), mount]
        spec["volumes"] = [*(spec.get("volumes") or ()), {"name": VOLUME, "emptyDir": {}}]

    async def _until(
        self, run: RunContext, name: str, done: Callable[[dict[str, Any]], bool], most: Text
    ) -> dict[str, Any]:
        """The pod once it is so. Raises TaskFailure when that takes too long."""
        seconds = required(run.duration(most))
        ends = time.monotonic() + seconds
        while True:
            (pod,) = await self._objects(run, "get", "pod", name)
            if done(pod):
                return pod
            if time.monotonic() > ends:
                raise TaskFailure(f"Pod '{name}' is {_phase(pod)} after {run.text(most)}")
            await run.sleep(PAUSE)

    async def _watched(
        self, run: RunContext, name: str, wanted: list[str] | None
    ) -> dict[str, Any]:
        """Follow the pod to its end; what it leaves."""
        from asyncio import gather

        from flowrt.scripting.protocol import OutputLines

        def begun(pod: dict[str, Any]) -> bool:
            return _phase(pod) in ("Running", *ENDED) or _broken(pod) is not None

        def over(pod: dict[str, Any]) -> bool:
            return _phase(pod) in ENDED or (wanted is not None and _all_ended(pod))

        pod = await self._until(run, name, begun, self.wait_until_running)
        if (reason := _broken(pod)) is not None:
            raise TaskFailure(f"Pod '{name}' cannot start: {reason}")
        lines = OutputLines(run)
        containers = [each["name"] for each in pod["spec"]["containers"] if each["name"] != OUT]
        await gather(*(self._followed(run, name, each, lines) for each in containers))
        pod = await self._until(run, name, over, self.wait_running)
        failed = _failure(pod, wanted is not None)
        if failed is not None:
            raise TaskFailure(failed)
        found = {"metadata": pod["metadata"], "status": pod.get("status"), "vars": lines.vars}
        if wanted is not None:
            found["outputFiles"] = await self._taken(run, name, wanted)
        return found

    async def _followed(self, run: RunContext, name: str, container: str, lines: Any) -> None:
        await self._kubectl(
            run, "logs", "--follow", name, f"--container={container}", accept=lines.accept
        )

    async def _removed(self, run: RunContext, name: str) -> None:
        try:
            if self.output_files is not None:
                await self._mark(run, name, OUT, "ended")
        except TaskFailure as error:
            run.log("DEBUG", f"Could not signal sidecar (pod may be terminating): {error}")
        if not run.flag(self.delete, True):
            return
        try:
            await self._kubectl(run, "delete", "pod", name, "--wait=false")
            run.log("INFO", f"Pod '{name}' is deleted")
        except TaskFailure as error:
            run.log("WARN", f"Unable to delete pod '{name}': {error}")

    # ---- files ------------------------------------------------------------------------------------------------------

    async def _give(self, run: RunContext, name: str, folder: Path) -> None:
        """Carry the files in, and let the containers begin."""

        def waits(pod: dict[str, Any]) -> bool:
            return _phase(pod) != "Pending" or any(
                each["name"] == INTO and "running" in (each.get("state") or {})
                for each in (pod.get("status") or {}).get("initContainerStatuses") or ()
            )

        await self._until(run, name, waits, self.wait_until_running)
        words = ("exec", name, f"--container={INTO}", "--", "mkdir", "-p", FOLDER)
        await self._kubectl(run, *words)
        for each in sorted(folder.iterdir()):
            place = f"{name}:{FOLDER}/{each.name}"
            await self._kubectl(run, "cp", str(each), place, f"--container={INTO}")
        await self._mark(run, name, INTO, "ready")

    async def _mark(self, run: RunContext, name: str, container: str, mark: str) -> None:
        words = ("exec", name, f"--container={container}", "--", "touch", f"/kestra/{mark}")
        await self._kubectl(run, *words)

    async def _taken(self, run: RunContext, name: str, wanted: list[str]) -> dict[str, str]:
        """Carry the files out that are wanted."""
        from flowrt.services.folders import collect_outputs

        folder = run.private_folder() / "out"
        await self._kubectl(run, "cp", f"{name}:{FOLDER}", str(folder), f"--container={OUT}")
        if not folder.exists():
            return {}
        return collect_outputs(run, folder, wanted)


def plain(text: str) -> str:
    """A text as the value of a label."""
    return re.sub(r"[^a-zA-Z0-9._-]", "-", text)[:63].strip("-._")


def _waiting(mark: str) -> str:
    return f"while [ ! -f /kestra/{mark} ]; do sleep 0.5; done"


def with_defaults(container: dict[str, Any], common: dict[str, Any]) -> dict[str, Any]:
    """A container with what is common to all: maps are merged, lists joined, its own values win."""
    made = {**common, **container}
    for key in ("securityContext", "resources"):
        if key in common and key in container:
            made[key] = _merged(common[key], container[key])
    if "volumeMounts" in common:
        made["volumeMounts"] = [*common["volumeMounts"], *(container.get("volumeMounts") or ())]
    if "env" in common:
        own = container.get("env") or []
        names = {each.get("name") for each in own}
        made["env"] = [*own, *(each for each in common["env"] if each.get("name") not in names)]
    return made


def _merged(common: Any, own: Any) -> Any:
    if not (isinstance(common, dict) and isinstance(own, dict)):
        return own
    both = common.keys() & own.keys()
    return {**common, **own, **{key: _merged(common[key], own[key]) for key in both}}


def _phase(pod: dict[str, Any]) -> str:
    return str((pod.get("status") or {}).get("phase") or "Pending")


def _states(pod: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The state of each container, the one that waits for the end left out."""
    status = pod.get("status") or {}
    return [
        (str(each["name"]), each.get("state") or {})
        for each in status.get("containerStatuses") or ()
        if each["name"] != OUT
    ]


def _broken(pod: dict[str, Any]) -> str | None:
    """Why a container will not start."""
    status = pod.get("status") or {}
    for each in (
        *(status.get("initContainerStatuses") or ()),
        *(status.get("containerStatuses") or ()),
    ):
        waiting = (each.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") in BROKEN:
            return ": ".join(filter(None, (waiting["reason"], waiting.get("message"))))
    return None


def _all_ended(pod: dict[str, Any]) -> bool:
    states = _states(pod)
    return bool(states) and all("terminated" in state for _, state in states)


def _failure(pod: dict[str, Any], carried: bool) -> str | None:
    """What is said of a pod that has failed; with a container that carries files out, its phase tells nothing."""
    phase = _phase(pod)
    ended = [state["terminated"] for _, state in _states(pod) if "terminated" in state]
    failed = [each for each in ended if each.get("exitCode")]
    if not (failed if carried else phase == "Failed"):
        return None
    if not ended:
        return "Pods terminated without any containers status !"
    first = (failed or ended)[0]
    return (
        f"Pods terminated with status '{phase}', exitcode '{first.get('exitCode')}' "
        f"& message '{first.get('message') or 'null'}'"
    )
