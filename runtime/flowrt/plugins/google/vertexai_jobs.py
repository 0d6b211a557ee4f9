"""Vertex AI: jobs of containers on machines of Google."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    BOOLEAN,
    DATETIME,
    DURATION,
    INTEGER,
    STRING,
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
from flowrt.plugins.google.dataproc import known
from flowrt.plugins.google.operations import (
    OperationTask,
    cancelled_with,
    checked,
    done,
    ended,
    host,
    part,
    steps,
)
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Mapping, Text
    from flowrt.plugins.google.auth import Google

ADDRESS = "https://{region}-aiplatform.googleapis.com/v1"
LOGGING = "https://logging.googleapis.com/v2/entries:list"
LINES = 1000
"""Log records of one request."""
PAUSE = 5.0
"""Seconds between two looks at a job."""
LEVELS = {
    "DEBUG": "DEBUG",
    "WARNING": "WARN",
    **dict.fromkeys(("ERROR", "CRITICAL", "ALERT", "EMERGENCY"), "ERROR"),
}


class VertexContainer(Declared):
    """What runs."""

    image_uri: Text = prop(STRING)
    commands: Listing | None = prop(listing(STRING), default=None)
    args: Listing | None = prop(listing(STRING), default=None)
    env: Mapping | None = prop(mapping(STRING), default=None)


class VertexMachine(Declared):
    """On what it runs."""

    machine_type: Text = prop(STRING)
    accelerator_count: Integer | None = prop(INTEGER, default=None)
    accelerator_type: Text | None = prop(STRING, default=None)


class VertexDisk(Declared):
    """The disk that it boots from."""

    boot_disk_type: Text = prop(enum("PD_SSD", "PD_STANDARD"), default="PD_SSD")
    boot_disk_size_gb: Integer = prop(INTEGER, default=100)


class VertexPackage(Declared):
    """Packages of Python that run."""

    package_uris: Listing = prop(listing(STRING))
    args: Listing = prop(listing(STRING))
    envs: Mapping = prop(mapping(STRING))


class VertexPool(Declared):
    """Machines that are alike."""

    container_spec: VertexContainer = prop(record(VertexContainer))
    machine_spec: VertexMachine = prop(record(VertexMachine))
    disc_spec: VertexDisk | None = prop(record(VertexDisk), default=None)
    replica_count: Integer | None = prop(INTEGER, default=None)
    python_package_spec: VertexPackage | None = prop(record(VertexPackage), default=None)


class VertexScheduling(Declared):
    """For how long it may run, and what becomes of it when a machine begins again."""

    time_out: Text = prop(DURATION)
    restart_job_on_worker_restart: Flag = prop(BOOLEAN)


class VertexBucket(Declared):
    """Where results go."""

    output_uri_prefix: Text = prop(STRING)


class VertexSpec(Declared):
    """A job."""

    worker_pool_specs: list[VertexPool] = prop(listing(record(VertexPool)))
    service_account: Text | None = prop(STRING, default=None)
    network: Text | None = prop(STRING, default=None)
    tensorboard: Text | None = prop(STRING, default=None)
    enable_web_access: Flag | None = prop(BOOLEAN, default=None)
    scheduling: VertexScheduling | None = prop(record(VertexScheduling), default=None)
    base_output_directory: VertexBucket | None = prop(record(VertexBucket), default=None)


def _environment(run: RunContext, given: Mapping | None) -> list[dict[str, Any]]:
    found = run.mapping(given, STRING) or {}
    return [{"name": name, "value": value} for name, value in found.items()]


def _pool(run: RunContext, pool: VertexPool) -> dict[str, Any]:
    container, machine, disk = pool.container_spec, pool.machine_spec, pool.disc_spec
    package = pool.python_package_spec
    return known(
        containerSpec=known(
            imageUri=required_text(run, container.image_uri),
            command=run.listing(container.commands),
            args=run.listing(container.args),
            env=_environment(run, container.env),
        ),
        machineSpec=known(
            machineType=required_text(run, machine.machine_type),
            acceleratorCount=run.integer(machine.accelerator_count),
            acceleratorType=run.text(machine.accelerator_type),
        ),
        diskSpec=disk
        and {
            "bootDiskType": (run.text(disk.boot_disk_type) or "").replace("_", "-").lower(),
            "bootDiskSizeGb": run.integer(disk.boot_disk_size_gb),
        },
        replicaCount=None if pool.replica_count is None else str(run.integer(pool.replica_count)),
        pythonPackageSpec=package
        and known(
            packageUris=run.listing(package.package_uris),
            args=run.listing(package.args),
            env=_environment(run, package.envs),
        ),
    )


def _spec(run: RunContext, spec: VertexSpec) -> dict[str, Any]:
    when, bucket = spec.scheduling, spec.base_output_directory
    return known(
        workerPoolSpecs=[_pool(run, each) for each in spec.worker_pool_specs],
        serviceAccount=run.text(spec.service_account),
        network=run.text(spec.network),
        tensorboard=run.text(spec.tensorboard),
        enableWebAccess=(
            None if spec.enable_web_access is None else run.flag(spec.enable_web_access)
        ),
        scheduling=when
        and {
            "timeout": f"{int(run.duration(when.time_out) or 0)}s",
            "restartJobOnWorkerRestart": run.flag(when.restart_job_on_worker_restart),
        },
        baseOutputDirectory=bucket
        and {"outputUriPrefix": required_text(run, bucket.output_uri_prefix)},
    )


@task_type("io.kestra.plugin.gcp.vertexai.CustomJob")
class VertexaiCustomJob(OperationTask):
    """Run a job, and wait for its end; it is cancelled when the task is killed."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "createDate": DATETIME,
        "endDate": DATETIME,
        "name": STRING,
        "state": STRING,
        "updateDate": DATETIME,
    }

    region: Text = prop(STRING)
    display_name: Text = prop(STRING)
    spec: VertexSpec = prop(record(VertexSpec))
    wait: Flag = prop(BOOLEAN, default=True)
    delete: Flag = prop(BOOLEAN, default=True)

    async def _wait(self, run: RunContext, google: Google) -> Any:
        begun = await self._started(run, google)
        url = self._url(run, str(begun["name"]))
        return await cancelled_with(run, google, url, self._done(run, google, begun))

    def _url(self, run: RunContext, name: str) -> str:
        return f"{self._base(run)}/{steps(name)}"

    def _base(self, run: RunContext) -> str:
        return ADDRESS.format(region=host(required_text(run, self.region)))

    async def _started(self, run: RunContext, google: Google) -> dict[str, Any]:
        asked = {
            "displayName": required_text(run, self.display_name),
            "jobSpec": _spec(run, self.spec),
        }
        where = f"projects/{part(self._project(run, google))}/locations/{part(required_text(run, self.region))}"
        url = f"{self._base(run)}/{where}/customJobs"
        begun: dict[str, Any] = await run.in_thread(partial(google.ask, "POST", url, json=asked))
        checked("Vertex AI", begun)
        run.log("INFO", f"Job created with name {begun['name']}")
        if begun.get("webAccessUris"):
            run.log("INFO", f"Web access: {begun['webAccessUris']}")
        return begun

    async def _done(self, run: RunContext, google: Google, begun: dict[str, Any]) -> dict[str, Any]:
        name = str(begun["name"])
        outputs = {
            "name": name,
            "createDate": begun.get("createTime"),
            "updateDate": begun.get("updateTime"),
            "state": begun.get("state"),
        }
        if not run.flag(self.wait, True):
            return outputs
        lines = Lines(run, google, self._project(run, google), name.rpartition("/")[2])

        def look() -> dict[str, Any]:
            lines.told()
            found: dict[str, Any] = google.ask("GET", self._url(run, name))
            return found

        found = await ended(run, look, lambda each: bool(each.get("endTime")), pause=PAUSE)
        await run.in_thread(lines.told)
        run.log("INFO", f"Job {name} ended with status {found.get('state')}")
        if run.flag(self.delete, True):
            operation = await run.in_thread(partial(google.ask, "DELETE", self._url(run, name)))
            if not done(operation):
                again = partial(google.ask, "GET", self._url(run, operation["name"]))
                await ended(run, again, done)
            run.log("INFO", f"Job {name} is deleted")
        if found.get("error"):
            raise TaskFailure(str(found["error"].get("message")))
        return {**outputs, "endDate": found["endTime"], "state": found.get("state")}


class Lines:
    """What a job has logged since the last look."""

    def __init__(self, run: RunContext, google: Google, project: str, job: str) -> None:
        self.run = run
        self.google = google
        self.project = project
        self.filter = f'resource.labels.job_id="{job}" AND resource.type="ml_job"'
        self.seen: set[str] = set()
        self.last = ""

    def told(self) -> None:
        """Log what is new. That it cannot be had ends no job."""
        since = f' AND timestamp>="{self.last}"' if self.last else ""
        asked = {
            "resourceNames": [f"projects/{self.project}"],
            "filter": f"{self.filter}{since}",
            "orderBy": "timestamp asc",
            "pageSize": LINES,
        }
        try:
            found = self.google.ask("POST", LOGGING, json=asked) or {}
        except TaskFailure as error:
            self.run.log("DEBUG", f"The log of the job cannot be read: {error}")
            return
        for each in found.get("entries") or ():
            number = str(each.get("insertId"))
            if number in self.seen:
                continue
            moment = str(each.get("timestamp") or "")
            if moment > self.last:
                self.seen.clear()
                self.last = moment
            self.seen.add(number)
            text = each.get("textPayload") or (each.get("jsonPayload") or {}).get("message") or ""
            self.run.log(LEVELS.get(str(each.get("severity")), "INFO"), str(text))
