"""Where the process of a script runs: here, or in a container.

Without a task runner, and with `Process`, it is a local process. A flow that asks for Docker gets a local process and
one warning, since the images of most flows only bring the interpreter; with `FLOWRT_TASK_RUNNER=docker` in the
environment it gets its container, through the `docker` command line.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    DURATION,
    STRING,
    Declared,
    listing,
    prop,
    record,
    tagged,
)
from flowrt.model.failures import TaskFailure
from flowrt.scripting.registries import Credentials, client_variables, full_name

if TYPE_CHECKING:
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Listing, Text
    from flowrt.scripting.process import Accept

PROCESS = "io.kestra.plugin.core.runner.Process"
DOCKER = "io.kestra.plugin.scripts.runner.docker.Docker"
OF_THE_CLIENT = frozenset(
    (
        *("HOME", "LD_LIBRARY_PATH", "LD_PRELOAD", "PATH", "TMPDIR"),
        *("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"),
        *("DOCKER_API_VERSION", "DOCKER_CERT_PATH", "DOCKER_CONFIG", "DOCKER_CONTEXT"),
        *("DOCKER_DEFAULT_PLATFORM", "DOCKER_HOST", "DOCKER_TLS_VERIFY"),
        *("CONTAINER_HOST", "CONTAINERS_CONF", "CONTAINERS_STORAGE_CONF", "REGISTRY_AUTH_FILE"),
    )
)
"""Variables that the programs `docker` and `podman` read themselves: paths and addresses, no secrets."""


class ProcessRunner(Declared):
    """A local process."""

    version: str | None = prop(STRING, static=True, ignored=True, default=None)

    kind = PROCESS


class DockerRunner(Declared):
    """A container."""

    kind = DOCKER
    clears_entry_point: ClassVar[bool] = True
    """Whether the entry point of the image counts for nothing where the flow names none."""

    image: Text | None = prop(STRING, default=None)
    user: Text | None = prop(STRING, default=None)
    entry_point: Listing | None = prop(listing(STRING), default=None)
    extra_hosts: Listing | None = prop(listing(STRING), default=None)
    network_mode: Text | None = prop(STRING, default=None)
    port_bindings: Listing | None = prop(listing(STRING), default=None)
    volumes: Listing | None = prop(listing(STRING), default=None)
    pull_policy: Text | None = prop(STRING, default=None)
    privileged: Flag = prop(BOOLEAN, default=False)
    shm_size: Text | None = prop(STRING, default=None)
    cpu: Any = prop(ANY, default=None)
    memory: Any = prop(ANY, default=None)
    device_requests: Any = prop(ANY, default=None, ignored=True)
    credentials: Credentials | None = prop(record(Credentials), default=None)
    host: Text | None = prop(STRING, default=None)
    config: Any = prop(ANY, default=None)
    file_handling_strategy: Text | None = prop(STRING, default=None, ignored=True)
    delete: Flag = prop(BOOLEAN, default=True)
    wait: Flag = prop(BOOLEAN, default=True)
    kill_grace_period: Text | None = prop(DURATION, default=None, ignored=True)
    version: str | None = prop(STRING, static=True, ignored=True, default=None)

    async def execute(
        self,
        run: RunContext,
        image: str | None,
        arguments: list[str],
        folder: Path,
        environment: dict[str, str],
        accept: Accept,
    ) -> tuple[int, dict[str, str]]:
        """Run the arguments in a container to its end, or only start it; answers the exit code, and what outputs tell of it.

        Raises ValueError without an image, TaskFailure when it cannot be had, OSError when the program cannot be started.
        """
        from flowrt.scripting.process import run_outliving, run_process
        from flowrt.scripting.python import base_environment

        image = run.text(self.image) or image
        if not image:
            raise ValueError("The task runner needs an image")
        if image.startswith("-"):
            raise TaskFailure(f"'{image}' is no name of an image or container")
        image = full_name(run, image, self.credentials)
        shared = {name: text for name, text in environment.items() if name not in OF_THE_CLIENT}
        client = client_variables(run, self.host, self.config, self.credentials, image)
        everything = {**base_environment(), **shared, **client}
        await self._fetch(run, image, folder, everything)
        number = run.private_folder() / "container"
        call = self._command(run, image, arguments, folder, environment, number)
        # whatever a guarded process has started ends with it; for podman that is the container itself
        start = run_process if run.flag(self.wait, True) else run_outliving
        try:
            code = await start(run, call, folder, everything, accept)
        except BaseException:
            # what has ended is the client, which its container may outlive
            if number.is_file():
                remove = ["docker", "rm", "--force", "--volumes", number.read_text("utf-8").strip()]
                await run_process(run, remove, folder, everything, _unheard)
            raise
        if not number.is_file():
            return code, {}
        return code, {"containerId": number.read_text("utf-8").strip()}

    async def _fetch(
        self, run: RunContext, image: str, folder: Path, environment: dict[str, str]
    ) -> None:
        """See to it that the image is there. `docker run` would tell of that on the standard error, as if the script had."""
        from flowrt.scripting.process import run_process

        policy = run.text(self.pull_policy)
        if policy == "NEVER":
            return
        if policy != "ALWAYS":
            look = ["docker", "image", "inspect", image]
            if await run_process(run, look, folder, environment, _unheard) == 0:
                return
        said: list[str] = []

        def hear(line: str, is_error: bool) -> None:
            said.append(line)
            run.log("DEBUG", line)

        code = await run_process(run, ["docker", "pull", image], folder, environment, hear)
        if code != 0:
            told = said[-1] if said else f"exit code {code}"
            raise TaskFailure(f"docker pull failed: {told}")

    def _command(
        self,
        run: RunContext,
        image: str,
        arguments: list[str],
        folder: Path,
        environment: dict[str, str],
        number: Path,
    ) -> list[str]:
        """The `docker run` call that runs the arguments in the container, whose id goes into the file `number`.

        It takes the variables from its own environment, so that no list of processes shows them.
        """
        call = ["docker", "run", "--init", "--cidfile", str(number)]
        waits = run.flag(self.wait, True)
        if not waits:
            call.append("--detach")
        elif run.flag(self.delete, True):
            call.append("--rm")
        call += ["-v", f"{folder}:{folder}", "-w", str(folder)]
        for name, value in environment.items():
            call += ["-e", f"{name}={value}" if name in OF_THE_CLIENT else name]
        for option, text in (
            ("--user", run.text(self.user)),
            ("--network", run.text(self.network_mode)),
            ("--shm-size", run.text(self.shm_size)),
            ("--pull", "never"),
        ):
            if text:
                call += [option, text]
        for option, items in (
            ("-v", self.volumes),
            ("-p", self.port_bindings),
            ("--add-host", self.extra_hosts),
        ):
            for item in run.listing(items) or []:
                call += [option, str(item)]
        if run.flag(self.privileged):
            call.append("--privileged")
        cpus = (run.structure(self.cpu) or {}).get("cpus")
        memory = (run.structure(self.memory) or {}).get("memory")
        call += ["--cpus", str(cpus)] if cpus else []
        call += ["--memory", str(memory)] if memory else []
        entry = [str(word) for word in run.listing(self.entry_point) or []]
        if entry or self.clears_entry_point:
            call += ["--entrypoint", entry[0] if entry else ""]
        return [*call, image, *entry[1:], *arguments]


def _unheard(line: str, is_error: bool) -> None:
    """Takes a line that is for nobody."""


TASK_RUNNER = tagged(open="runner", **{PROCESS: ProcessRunner, DOCKER: DockerRunner})


def wants_container(runner: ProcessRunner | DockerRunner | None) -> bool:
    """Whether a container is asked for, by the flow and by the environment."""
    return isinstance(runner, DockerRunner) and os.environ.get("FLOWRT_TASK_RUNNER") == "docker"
