"""Where the process of a script runs: here, or in a container.

Without a task runner, and with `Process`, it is a local process. A flow that asks for Docker gets a local process and
one warning, since the images of most flows only bring the interpreter; with `FLOWRT_TASK_RUNNER=docker` in the
environment it gets its container, through the `docker` command line.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from flowrt.model.declare import ANY, BOOLEAN, DURATION, STRING, Declared, listing, prop, tagged

if TYPE_CHECKING:
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Listing, Text

PROCESS = "io.kestra.plugin.core.runner.Process"
DOCKER = "io.kestra.plugin.scripts.runner.docker.Docker"


class ProcessRunner(Declared):
    """A local process."""

    version: str | None = prop(STRING, static=True, ignored=True, default=None)

    kind = PROCESS


class DockerRunner(Declared):
    """A container."""

    kind = DOCKER

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
    credentials: Any = prop(ANY, default=None, ignored=True)
    host: Text | None = prop(STRING, default=None, ignored=True)
    config: Any = prop(ANY, default=None, ignored=True)
    file_handling_strategy: Text | None = prop(STRING, default=None, ignored=True)
    delete: Flag = prop(BOOLEAN, default=True, ignored=True)
    wait: Flag = prop(BOOLEAN, default=True, ignored=True)
    kill_grace_period: Text | None = prop(DURATION, default=None, ignored=True)
    version: str | None = prop(STRING, static=True, ignored=True, default=None)

    def command(
        self,
        run: RunContext,
        image: str | None,
        arguments: list[str],
        folder: Path,
        environment: dict[str, str],
    ) -> list[str]:
        """The `docker run` call that runs the arguments in the container; it takes the variables from its own environment, so
        that no list of processes shows them.

        Raises ValueError without an image.
        """
        image = run.text(self.image) or image
        if not image:
            raise ValueError("The task runner needs an image")
        call = ["docker", "run", "--rm", "--init", "-v", f"{folder}:{folder}", "-w", str(folder)]
        for name in environment:
            call += ["-e", name]
        for option, text in (
            ("--user", run.text(self.user)),
            ("--network", run.text(self.network_mode)),
            ("--shm-size", run.text(self.shm_size)),
            ("--pull", _PULL.get(run.text(self.pull_policy) or "")),
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
        entry = run.listing(self.entry_point) or [""]
        return [*call, "--entrypoint", str(entry[0]), image, *entry[1:], *arguments]


_PULL = {"ALWAYS": "always", "NEVER": "never", "IF_NOT_PRESENT": "missing"}

TASK_RUNNER = tagged(open="runner", **{PROCESS: ProcessRunner, DOCKER: DockerRunner})


def wants_container(runner: ProcessRunner | DockerRunner | None) -> bool:
    """Whether a container is asked for, by the flow and by the environment."""
    return isinstance(runner, DockerRunner) and os.environ.get("FLOWRT_TASK_RUNNER") == "docker"
