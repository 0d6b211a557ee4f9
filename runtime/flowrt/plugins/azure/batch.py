"""Azure Batch: jobs whose tasks run on the nodes of a pool, and the size of a pool."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    BOOLEAN,
    DURATION,
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
from flowrt.plugins.azure.batch_client import Batch, BatchTask
from flowrt.plugins.services.service import until
from flowrt.plugins.web import Refused, without_nulls
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Mapping, Text
    from flowrt.scripting.protocol import OutputLines

AT_ONCE = 100
"""Tasks that one request may add."""
FOLDER = "wd/"
"""The folder of a node in which a task works."""
MARKER = "/.kestradirectory"
"""What ends the name of a file that keeps an empty folder."""
LONGEST_RESIZE, LONGEST_START = "PT5M", "PT20M"
PAUSE = 10.0
"""Seconds between two looks at a pool."""
WHERE = enum("TASK_WORKING_DIRECTORY", "CONTAINER_IMAGE_DEFAULT")
WHEN = enum("TASK_SUCCESS", "TASK_FAILURE", "TASK_COMPLETION")


class BatchIdentity(Declared):
    """An identity that is assigned to the nodes."""

    resource_id: Text | None = prop(STRING, default=None)


def _identity(run: RunContext, given: BatchIdentity | None) -> dict[str, Any] | None:
    return None if given is None else without_nulls({"resourceId": run.text(given.resource_id)})


class BatchRegistry(Declared):
    """Where the image of a container comes from."""

    registry_server: Text | None = prop(STRING, default=None)
    user_name: Text | None = prop(STRING, default=None)
    password: Text | None = prop(STRING, default=None)
    identity_reference: BatchIdentity | None = prop(record(BatchIdentity), default=None)

    def to(self, run: RunContext) -> dict[str, Any]:
        return without_nulls(
            {
                "registryServer": run.text(self.registry_server),
                "username": run.text(self.user_name),
                "password": run.text(self.password),
                "identityReference": _identity(run, self.identity_reference),
            }
        )


class BatchContainer(Declared):
    """The container in which a task runs."""

    image_name: Text = prop(STRING)
    container_run_options: Text | None = prop(STRING, default=None)
    registry: BatchRegistry | None = prop(record(BatchRegistry), default=None)
    working_directory: Text | None = prop(WHERE, default=None)

    def to(self, run: RunContext) -> dict[str, Any]:
        where = run.constant(self.working_directory, WHERE)
        return without_nulls(
            {
                "imageName": required_text(run, self.image_name),
                "containerRunOptions": run.text(self.container_run_options),
                "registry": self.registry and self.registry.to(run),
                "workingDirectory": where and _camel(where),
            }
        )


def _camel(constant: str) -> str:
    head, *rest = constant.lower().split("_")
    return head + "".join(each.capitalize() for each in rest)


class BatchResourceFile(Declared):
    """A file, or files, that a node takes before a task runs."""

    auto_storage_container_name: Text | None = prop(STRING, default=None)
    storage_container_url: Text | None = prop(STRING, default=None)
    http_url: Text | None = prop(STRING, default=None)
    blob_prefix: Text | None = prop(STRING, default=None)
    file_path: Text | None = prop(STRING, default=None)
    file_mode: Text | None = prop(STRING, default=None)
    identity_reference: BatchIdentity | None = prop(record(BatchIdentity), default=None)

    def to(self, run: RunContext) -> dict[str, Any]:
        return without_nulls(
            {
                "autoStorageContainerName": run.text(self.auto_storage_container_name),
                "storageContainerUrl": run.text(self.storage_container_url),
                "httpUrl": run.text(self.http_url),
                "blobPrefix": run.text(self.blob_prefix),
                "filePath": run.text(self.file_path),
                "fileMode": run.text(self.file_mode),
                "identityReference": _identity(run, self.identity_reference),
            }
        )


class BatchBlobContainer(Declared):
    """A container of blobs."""

    container_url: Text = prop(STRING)
    path: Text | None = prop(STRING, default=None)
    identity_reference: BatchIdentity | None = prop(record(BatchIdentity), default=None)


class BatchDestination(Declared):
    """Where files go."""

    container: BatchBlobContainer = prop(record(BatchBlobContainer))


class BatchUploadOptions(Declared):
    """When files go there."""

    upload_condition: Text = prop(WHEN, default="TASK_COMPLETION")


class BatchUploadFile(Declared):
    """Files that a node gives to a container of blobs."""

    file_pattern: Text | None = prop(STRING, default=None)
    destination: BatchDestination = prop(record(BatchDestination))
    upload_options: BatchUploadOptions | None = prop(record(BatchUploadOptions), default=None)

    def to(self, run: RunContext) -> dict[str, Any]:
        box = self.destination.container
        options = self.upload_options or BatchUploadOptions()
        when = run.constant(options.upload_condition, WHEN) or "TASK_COMPLETION"
        return without_nulls(
            {
                "filePattern": run.text(self.file_pattern),
                "destination": {
                    "container": without_nulls(
                        {
                            "containerUrl": required_text(run, box.container_url),
                            "path": run.text(box.path),
                            "identityReference": _identity(run, box.identity_reference),
                        }
                    )
                },
                "uploadOptions": {"uploadCondition": when.replace("_", "").lower()},
            }
        )


class BatchConstraints(Declared):
    """What a task may take."""

    max_wall_clock_time: Text | None = prop(DURATION, default=None)
    retention_time: Text | None = prop(DURATION, default=None)
    max_task_retry_count: Integer | None = prop(INTEGER, default=None)

    def to(self, run: RunContext) -> dict[str, Any]:
        return without_nulls(
            {
                "maxWallClockTime": _span(run, self.max_wall_clock_time),
                "retentionTime": _span(run, self.retention_time),
                "maxTaskRetryCount": run.integer(self.max_task_retry_count),
            }
        )


def _span(run: RunContext, given: Text | None) -> str | None:
    from flowrt.java.time.duration import iso_duration

    seconds = run.duration(given)
    return None if seconds is None else iso_duration(int(seconds * 1_000_000_000))


class BatchJob(Declared):
    """A job."""

    id: Text = prop(STRING)
    display_name: Text | None = prop(STRING, default=None)
    priority: Integer | None = prop(INTEGER, default=None)
    max_parallel_tasks: Integer | None = prop(INTEGER, default=None)
    labels: Mapping | None = prop(mapping(STRING), default=None)

    def to(self, run: RunContext) -> dict[str, Any]:
        labels = run.mapping(self.labels, STRING) or {}
        return without_nulls(
            {
                "id": required_text(run, self.id),
                "displayName": run.text(self.display_name),
                "priority": run.integer(self.priority),
                "maxParallelTasks": run.integer(self.max_parallel_tasks),
                "metadata": [{"name": name, "value": str(value)} for name, value in labels.items()],
            }
        )


class BatchJobTask(Declared):
    """A task of a job."""

    id: Text | None = prop(STRING, default=None)
    display_name: Text | None = prop(STRING, default=None)
    interpreter: Text = prop(STRING, default="/bin/sh")
    interpreter_args: list[str] = prop(listing(STRING), static=True, default=["-c"])
    commands: Listing = prop(listing(STRING))
    container_settings: BatchContainer | None = prop(record(BatchContainer), default=None)
    output_files: Listing | None = prop(listing(STRING), default=None)
    output_dirs: Listing | None = prop(listing(STRING), default=None)
    resource_files: list[BatchResourceFile] | None = prop(
        listing(record(BatchResourceFile)), default=None
    )
    upload_files: list[BatchUploadFile] | None = prop(
        listing(record(BatchUploadFile)), default=None
    )
    environments: Mapping | None = prop(mapping(STRING), default=None)
    constraints: BatchConstraints | None = prop(record(BatchConstraints), default=None)
    required_slots: Integer | None = prop(INTEGER, default=None)

    def to(self, run: RunContext) -> dict[str, Any]:
        from uuid import uuid4

        environment = run.mapping(self.environments, STRING)
        return without_nulls(
            {
                "id": run.text(self.id) or uuid4().hex,
                "displayName": run.text(self.display_name),
                "commandLine": self._command(run),
                "containerSettings": self.container_settings and self.container_settings.to(run),
                "environmentSettings": environment
                and [{"name": name, "value": str(value)} for name, value in environment.items()],
                "resourceFiles": [each.to(run) for each in self.resource_files or ()] or None,
                "outputFiles": [each.to(run) for each in self.upload_files or ()] or None,
                "constraints": self.constraints and self.constraints.to(run),
                "requiredSlots": run.integer(self.required_slots),
            }
        )

    def _command(self, run: RunContext) -> str:
        """The commands as one word for their interpreter, before which no shell sees them."""
        commands = [
            str(each).replace("\\", "\\\\").replace('"', '\\"')
            for each in run.listing(self.commands) or ()
        ]
        shell = required_text(run, self.interpreter)
        return " ".join([shell, *self.interpreter_args, '"' + "\n".join(commands) + '"'])


@task_type("io.kestra.plugin.azure.batch.job.Create")
class AzureBatchJobCreate(BatchTask):
    """Run a job to its end: its tasks, what they print, and the files that they leave. A task that is stopped deletes it."""

    outputs: ClassVar[dict[str, Kind] | None] = {"vars": mapping(), "outputFiles": mapping(URI)}

    pool_id: Text = prop(STRING)
    job: BatchJob = prop(record(BatchJob))
    tasks: list[BatchJobTask] = prop(listing(record(BatchJobTask)))
    max_duration: Text | None = prop(DURATION, default=None)
    sync_working_directory: Flag = prop(BOOLEAN, default=False)
    completion_check_interval: Text = prop(DURATION, default="PT1S")
    delete: Flag = prop(BOOLEAN, default=True)
    resume: Flag = prop(BOOLEAN, default=True, ignored=True)

    async def run(self, run: RunContext) -> dict[str, Any]:
        batch = Batch(run, self)
        job = str(await run.in_thread(partial(self._made, run, batch)))
        try:
            tasks = await run.in_thread(partial(self._begun, run, batch, job))
            look = partial(self._over, run, batch, job)
            pause = run.duration(self.completion_check_interval) or 1.0
            await until(run, look, pause, self.max_duration)
            found: dict[str, Any] = await run.in_thread(
                partial(self._results, run, batch, job, tasks)
            )
            return found
        finally:
            if run.flag(self.delete, True):
                await run.in_thread(partial(self._deleted, run, batch, job))

    def _made(self, run: RunContext, batch: Batch) -> str:
        pool, job = required_text(run, self.pool_id), self.job.to(run)
        batch.ask("POST", batch.place("jobs"), {**job, "poolInfo": {"poolId": pool}})
        run.log("INFO", f"Job '{job['id']}' created on pool '{pool}'")
        return str(job["id"])

    def _begun(self, run: RunContext, batch: Batch, job: str) -> dict[str, BatchJobTask]:
        """Give the job its tasks; these by their ids. Raises TaskFailure when one is not taken."""
        tasks = [each.to(run) for each in self.tasks]
        for each in tasks:
            run.log("DEBUG", f"Starting task '{each['id']}' with command: {each['commandLine']}")
        url = batch.place("jobs", job, "addtaskcollection")
        for at in range(0, len(tasks), AT_ONCE):
            found = batch.ask("POST", url, {"value": tasks[at : at + AT_ONCE]})
            for each in found.get("value") or ():
                if str(each.get("status")).lower() != "success":
                    said = ((each.get("error") or {}).get("message") or {}).get("value")
                    raise TaskFailure(f"Task '{each.get('taskId')}' was not taken: {said}")
        return {str(each["id"]): task for each, task in zip(tasks, self.tasks, strict=True)}

    def _over(self, run: RunContext, batch: Batch, job: str) -> dict[str, Any] | None:
        """Something once all tasks have ended."""
        found = list(batch.pages(batch.place("jobs", job, "tasks", **{"$select": "id,state"})))
        if any(each.get("state") != "completed" for each in found):
            return None
        run.log("INFO", f"{len(found)} tasks completed")
        return {}

    def _results(
        self, run: RunContext, batch: Batch, job: str, tasks: dict[str, BatchJobTask]
    ) -> dict[str, Any]:
        """What came of the tasks. Raises TaskFailure when one has failed."""
        from flowrt.scripting.protocol import OutputLines

        lines, files, failed = OutputLines(run), dict[str, str](), 0
        for each in list(batch.pages(batch.place("jobs", job, "tasks"))):
            name, about = str(each.get("id")), each.get("executionInfo") or {}
            failure, code = about.get("failureInfo"), about.get("exitCode")
            if failure is not None:
                failed += 1
                said = f"failed with exit code '{code}': {failure.get('message')}"
                run.log("WARN", f"Task '{name}' {said}")
            else:
                run.log("INFO", f"Task ended '{name}' with exit code '{code}'")
            _measured(run, each.get("stats"))
            self._printed(run, batch, job, name, lines)
            if failure is None and name in tasks:
                files |= self._left(run, batch, job, name, tasks[name])
        if failed:
            raise TaskFailure(f"{failed}/{len(self.tasks)} task(s) failed, terminating!")
        return {"vars": lines.vars, "outputFiles": files}

    def _printed(
        self, run: RunContext, batch: Batch, job: str, task: str, lines: OutputLines
    ) -> None:
        """What a task has printed goes into the log, and outputs are taken from it."""
        from flowrt.plugins.stored import open_text, text_lines
        from flowrt.services.folders import temporary_name

        for file, is_error in (("stdout.txt", False), ("stderr.txt", True)):
            path = run.private_folder() / temporary_name()
            batch.download(batch.place("jobs", job, "tasks", task, "files", file), path)
            with open_text(path, "utf-8") as source:
                for line in text_lines(source):
                    lines.accept(line.rstrip("\r\n"), is_error)
            path.unlink()

    def _left(
        self, run: RunContext, batch: Batch, job: str, task: str, given: BatchJobTask
    ) -> dict[str, str]:
        """The files of a task that are wanted, stored."""
        files = {}
        for each in run.listing(given.output_files) or ():
            path = self._taken(run, batch, job, task, str(each))
            files[str(each)] = run.put_file(path, path.name)
        folders = [str(each).rstrip("/") + "/" for each in run.listing(given.output_dirs) or ()]
        everything = run.flag(self.sync_working_directory)
        if not folders and not everything:
            return files
        url = batch.place("jobs", job, "tasks", task, "files", recursive="true")
        for each in batch.pages(url):
            name = str(each.get("name")).replace("\\", "/")
            if each.get("isDirectory") or not name.startswith(FOLDER) or name.endswith(MARKER):
                continue
            name = name.removeprefix(FOLDER)
            folder = next((each for each in folders if name.startswith(each)), None)
            if folder is not None or everything:
                path = self._taken(run, batch, job, task, name)
                if folder is not None:
                    files[name.removeprefix(folder)] = run.put_file(path, path.name)
        return files

    def _taken(self, run: RunContext, batch: Batch, job: str, task: str, name: str) -> Path:
        """A file of a task, now in the working folder. Raises TaskFailure for a name that leads out of it."""
        from flowrt.services.paths import Outside, make_folder, resolve

        try:
            path = resolve(run.working_dir, name)
            make_folder(path.parent)
        except (Outside, OSError) as error:
            raise TaskFailure(str(error)) from None
        batch.download(batch.place("jobs", job, "tasks", task, "files", FOLDER + name), path)
        return path

    def _deleted(self, run: RunContext, batch: Batch, job: str) -> None:
        try:
            batch.ask("DELETE", batch.place("jobs", job))
            run.log("DEBUG", f"Job deleted: {job}")
        except Exception as error:
            run.log("WARN", f"Failed to delete job: {job}. {error}")


_COUNTS = {
    "io.read.ops.count": "readIOps",
    "io.read.gib.count": "readIOGiB",
    "io.write.ops.count": "writeIOps",
    "io.write.gib.count": "writeIOGiB",
}
_TIMES = {
    "cpu.kernel.duration": "kernelCPUTime",
    "cpu.user.duration": "userCPUTime",
    "wall.clock.duration": "wallClockTime",
}


def _measured(run: RunContext, stats: dict[str, Any] | None) -> None:
    """What Batch has measured of a task, as metrics."""
    if stats is None:
        return
    for metric, name in _COUNTS.items():
        run.metric("counter", metric, float(stats.get(name) or 0))
    for metric, name in _TIMES.items():
        run.metric("timer", metric, run.duration(stats.get(name)) or 0.0)


@task_type("io.kestra.plugin.azure.batch.pool.Resize")
class AzureBatchPoolResize(BatchTask):
    """Change how many nodes a pool has, and wait for that, and for one that is idle."""

    outputs: ClassVar[dict[str, Kind] | None] = {"pool": mapping()}

    pool_id: Text = prop(STRING)
    target_dedicated_nodes: Integer = prop(INTEGER, default=0)
    target_low_priority_nodes: Integer = prop(INTEGER, default=0)

    async def run(self, run: RunContext) -> dict[str, Any]:
        batch, name = Batch(run, self), required_text(run, self.pool_id)
        wanted = {
            "targetDedicatedNodes": run.integer(self.target_dedicated_nodes) or 0,
            "targetLowPriorityNodes": run.integer(self.target_low_priority_nodes) or 0,
        }
        await run.in_thread(partial(self._begin, batch, name, wanted))
        found = await until(run, partial(self._steady, batch, name), PAUSE, LONGEST_RESIZE)
        run.log("INFO", "The vm were allocated")
        if any(wanted.values()):
            await until(run, partial(self._idle, batch, name), PAUSE, LONGEST_START)
        told = ("id", "targetDedicatedNodes", "targetLowPriorityNodes")
        return {"pool": {each: found.get(each) for each in told}}

    def _begin(self, batch: Batch, name: str, wanted: dict[str, int]) -> None:
        try:
            found = batch.ask("GET", batch.place("pools", name))
        except Refused as error:
            if error.code != 404:
                raise
            raise TaskFailure(f"Pool '{name}' doesn't exists") from None
        if found.get("state") != "active":
            raise TaskFailure(f"Pool '{name}' is not active, state: '{found.get('state')}'")
        batch.ask("POST", batch.place("pools", name, "resize"), wanted)

    def _steady(self, batch: Batch, name: str) -> dict[str, Any] | None:
        found: dict[str, Any] = batch.ask("GET", batch.place("pools", name))
        return found if found.get("allocationState") == "steady" else None

    def _idle(self, batch: Batch, name: str) -> dict[str, Any] | None:
        asked = {"$filter": "state eq 'idle'", "$select": "id,state"}
        url = batch.place("pools", name, "nodes", **asked)
        return next(iter(batch.pages(url)), None)
