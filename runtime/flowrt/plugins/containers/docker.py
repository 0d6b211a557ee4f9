"""Docker, by its program; what answers to `docker` may be podman as well."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    INTEGER,
    STRING,
    Kind,
    enum,
    listing,
    mapping,
    prop,
    record,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.model.task import Elsewhere, Task
from flowrt.scripting.protocol import OutputLines
from flowrt.scripting.registries import Credentials, client_variables, without_scheme
from flowrt.scripting.runners import DockerRunner
from flowrt.services.folders import NAMESPACE_FILES
from flowrt.tasks.scripts import SCRIPT_OUTPUTS, Commands, ScriptTask
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Listing, Mapping, Text
    from flowrt.services.folders import LoadNamespaceFiles

PRUNED = enum("BUILD", "CONTAINERS", "IMAGES", "NETWORKS", "VOLUMES")


class DockerTask(Task):
    """What the tasks of Docker share: which daemon, and who asks."""

    host: Text | None = prop(STRING, default=None)
    config: Any = prop(ANY, default=None)
    credentials: Credentials | None = prop(record(Credentials), default=None)

    async def _docker(
        self,
        run: RunContext,
        folder: Path,
        *words: str,
        image: str | None = None,
        lines: OutputLines | None = None,
    ) -> list[str]:
        """Call the program about an image or something else; answers the lines of its output. Raises TaskFailure when it fails."""
        from flowrt.scripting.process import run_process
        from flowrt.scripting.python import base_environment

        told: list[str] = []
        reader = lines or OutputLines(run)

        def accept(line: str, is_error: bool) -> None:
            if not is_error:
                told.append(line)
            reader.accept(line, False)  # it tells of its progress on the standard error

        environment = {
            **base_environment(),
            **client_variables(run, self.host, self.config, self.credentials, image),
        }
        try:
            code = await run_process(run, ["docker", *words], folder, environment, accept)
        except OSError as error:
            raise TaskFailure(f"the program `docker` cannot be started: {error.strerror}") from None
        if code != 0:
            raise TaskFailure(f"docker {words[0]} failed with exit code {code}")
        return told


def named(run: RunContext, value: Text | None) -> str:
    """The name of an image or container. Raises TaskFailure for what the program would read as an option."""
    text = required_text(run, value)
    if not text or text.startswith("-"):
        raise TaskFailure(f"'{text}' is no name of an image or container")
    return text


@task_type("io.kestra.plugin.docker.cli.Build", "io.kestra.plugin.docker.Build")
class DockerBuild(DockerTask):
    """Build an image."""

    outputs: ClassVar[dict[str, Kind] | None] = {"imageId": STRING}

    dockerfile: Text | None = prop(STRING, default=None)
    tags: Listing = prop(listing(STRING))
    pull: Flag = prop(BOOLEAN, default=True)
    push: Flag = prop(BOOLEAN, default=False)
    build_args: Mapping | None = prop(mapping(STRING), default=None)
    labels: Mapping | None = prop(mapping(STRING), default=None)
    target: Text | None = prop(STRING, default=None)
    platforms: Listing | None = prop(listing(STRING), default=None)
    input_files: Any = prop(ANY, default=None)
    namespace_files: LoadNamespaceFiles | None = prop(NAMESPACE_FILES, default=None)

    async def run(self, run: RunContext) -> dict[str, Any]:
        from flowrt.services.folders import prepare_folder

        folder, own = run.working_dir, run.private_folder()
        await run.in_thread(
            lambda: prepare_folder(run, folder, self.input_files, self.namespace_files)
        )
        tags = [without_scheme(str(each)) for each in run.listing(self.tags) or []]
        if not tags:
            raise TaskFailure("an image has at least one tag")
        number = own / "image"
        words = ["build", "--iidfile", str(number), "--file", self._file(run, folder, own)]
        words += [word for tag in tags for word in ("--tag", tag)]
        for option, values in (("--build-arg", self.build_args), ("--label", self.labels)):
            for key, value in (run.mapping(values, STRING) or {}).items():
                words += [option, f"{key}={value}"]
        target, platforms = run.text(self.target), run.listing(self.platforms)
        words += ["--target", target] if target else []
        words += ["--platform", ",".join(platforms)] if platforms else []
        words += ["--pull"] if run.flag(self.pull, True) else []
        await self._docker(run, folder, *words, str(folder), image=tags[0])
        if run.flag(self.push):
            for tag in tags:
                await self._docker(run, folder, "push", tag, image=tag)
        return {"imageId": number.read_text("utf-8").strip().removeprefix("sha256:")[:12]}

    def _file(self, run: RunContext, folder: Path, own: Path) -> str:
        """The path of the Dockerfile: one of the folder by its name, or a file of the text."""
        text = required_text(run, self.dockerfile)
        if "\n" not in text and len(text) < 250:
            from flowrt.services.folders import inside

            path = inside(folder, text)
            if path.is_file():
                return str(path)
        path = own / "Dockerfile"
        path.write_text(text, "utf-8")
        return str(path)


class ImageRunner(DockerRunner):
    """A container whose command is what the image says."""

    clears_entry_point: ClassVar[bool] = False


@task_type("io.kestra.plugin.docker.cli.Run", "io.kestra.plugin.docker.Run")
class DockerRun(Commands):
    """Run a container to its end, or start it."""

    elsewhere: ClassVar[tuple[Elsewhere, ...]] = ()
    outputs: ClassVar[dict[str, Kind] | None] = SCRIPT_OUTPUTS

    commands: Listing | None = prop(listing(STRING), default=None)  # type: ignore[assignment]
    container_image: Text = prop(STRING)
    host: Text | None = prop(STRING, default=None)
    config: Any = prop(ANY, default=None)
    credentials: Credentials | None = prop(record(Credentials), default=None)
    user: Text | None = prop(STRING, default=None)
    entry_point: Listing | None = prop(listing(STRING), default=None)
    extra_hosts: Listing | None = prop(listing(STRING), default=None)
    network_mode: Text | None = prop(STRING, default=None)
    port_bindings: Listing | None = prop(listing(STRING), default=None)
    volumes: Listing | None = prop(listing(STRING), default=None)
    pull_policy: Text = prop(enum("IF_NOT_PRESENT", "ALWAYS", "NEVER"), default="IF_NOT_PRESENT")
    device_requests: Any = prop(ANY, default=None, ignored=True)
    cpu: Any = prop(ANY, default=None)
    memory: Any = prop(ANY, default=None)
    shm_size: Text | None = prop(STRING, default=None)
    privileged: Flag | None = prop(BOOLEAN, default=None)
    wait: Flag = prop(BOOLEAN, default=True)
    warning_on_std_err: Flag | None = prop(BOOLEAN, default=None, ignored=True)

    async def _execute(
        self, run: RunContext, folder: Path, arguments: list[str], environment: dict[str, str]
    ) -> tuple[int, OutputLines, dict[str, str]]:
        runner = ImageRunner(
            user=self.user,
            entry_point=self.entry_point,
            extra_hosts=self.extra_hosts,
            network_mode=self.network_mode,
            port_bindings=self.port_bindings,
            volumes=self.volumes,
            pull_policy=self.pull_policy,
            privileged=False if self.privileged is None else self.privileged,
            shm_size=self.shm_size,
            cpu=self.cpu,
            memory=self.memory,
            wait=self.wait,
            host=self.host,
            config=self.config,
            credentials=self.credentials,
        )
        image = named(run, self.container_image)
        waits = run.flag(self.wait, True)
        lines = OutputLines(run)

        def accept(line: str, is_error: bool) -> None:
            if waits or is_error:  # who only starts a container is told its id, which is an output
                lines.accept(line, is_error)

        try:
            code, container = await runner.execute(
                run, image, arguments, folder, environment, accept
            )
        except OSError as error:
            raise TaskFailure(f"the program `docker` cannot be started: {error.strerror}") from None
        return code, lines, container

    def _interpreter(self, run: RunContext) -> list[str]:
        return []  # the commands are the arguments of the container


@task_type("io.kestra.plugin.docker.cli.Pull", "io.kestra.plugin.docker.Pull")
class DockerPull(DockerTask):
    """Fetch an image."""

    image: Text = prop(STRING)

    async def run(self, run: RunContext) -> None:
        image = named(run, self.image)
        await self._docker(run, run.working_dir, "pull", image, image=image)


@task_type("io.kestra.plugin.docker.cli.Push", "io.kestra.plugin.docker.Push")
class DockerPush(DockerTask):
    """Give images to a registry."""

    tags: Listing = prop(listing(STRING))

    async def run(self, run: RunContext) -> None:
        for tag in run.listing(self.tags) or []:
            image = named(run, without_scheme(str(tag)))
            await self._docker(run, run.working_dir, "push", image, image=image)


@task_type("io.kestra.plugin.docker.cli.Tag", "io.kestra.plugin.docker.Tag")
class DockerTag(DockerTask):
    """Give an image another name."""

    source_image: Text = prop(STRING)
    target_image: Text = prop(STRING)

    async def run(self, run: RunContext) -> None:
        source, target = named(run, self.source_image), named(run, self.target_image)
        await self._docker(run, run.working_dir, "tag", source, target)


@task_type("io.kestra.plugin.docker.cli.Stop", "io.kestra.plugin.docker.Stop")
class DockerStop(DockerTask):
    """Stop a container, and remove it."""

    container_id: Text | None = prop(STRING, default=None)
    kill: Flag = prop(BOOLEAN, default=False)
    delete: Flag = prop(BOOLEAN, default=True)

    async def run(self, run: RunContext) -> None:
        name = named(run, self.container_id)
        await self._docker(run, run.working_dir, "kill" if run.flag(self.kill) else "stop", name)
        if run.flag(self.delete, True):
            await self._docker(run, run.working_dir, "rm", name)


@task_type("io.kestra.plugin.docker.cli.Rm", "io.kestra.plugin.docker.Rm")
class DockerRm(DockerTask):
    """Remove containers and images."""

    container_ids: Listing | None = prop(listing(STRING), default=None)
    image_ids: Listing | None = prop(listing(STRING), default=None)
    force: Flag = prop(BOOLEAN, default=False)
    remove_volumes: Flag = prop(BOOLEAN, default=False)

    async def run(self, run: RunContext) -> None:
        force = ["--force"] if run.flag(self.force) else []
        volumes = ["--volumes"] if run.flag(self.remove_volumes) else []
        for each in run.listing(self.container_ids) or []:
            name = named(run, str(each))
            await self._docker(run, run.working_dir, "rm", *force, *volumes, name)
        for each in run.listing(self.image_ids) or []:
            await self._docker(run, run.working_dir, "rmi", *force, named(run, str(each)))


_PRUNED = {
    "BUILD": "builder",
    "CONTAINERS": "container",
    "IMAGES": "image",
    "NETWORKS": "network",
    "VOLUMES": "volume",
}


@task_type("io.kestra.plugin.docker.cli.Prune", "io.kestra.plugin.docker.Prune")
class DockerPrune(DockerTask):
    """Remove what is not used."""

    prune_type: Text = prop(PRUNED)
    dangling: Flag = prop(BOOLEAN, default=False)
    until: Text | None = prop(STRING, default=None)
    label_filters: Listing | None = prop(listing(STRING), default=None)

    async def run(self, run: RunContext) -> None:
        kind = run.constant(self.prune_type, PRUNED) or "IMAGES"
        words = [_PRUNED[kind], "prune", "--force"]
        if kind == "IMAGES" and not run.flag(self.dangling):
            words.append("--all")
        until = run.text(self.until)
        words += ["--filter", f"until={until}"] if until else []
        for label in run.listing(self.label_filters) or []:
            words += ["--filter", f"label={label}"]
        await self._docker(run, run.working_dir, *words)


@task_type("io.kestra.plugin.docker.cli.ImageLs", "io.kestra.plugin.docker.ImageLs")
class DockerImageLs(DockerTask):
    """List images."""

    outputs: ClassVar[dict[str, Kind] | None] = {"images": listing(mapping()), "count": INTEGER}

    show_all: Flag = prop(BOOLEAN, default=False)
    image_name_filter: Text | None = prop(STRING, default=None)
    label_filter: Mapping | None = prop(mapping(STRING), default=None)

    async def run(self, run: RunContext) -> dict[str, Any]:
        from flowrt.formats.jsonread import parse_json

        words = ["image", "ls", "--quiet", "--no-trunc"]
        words += ["--all"] if run.flag(self.show_all) else []
        name = run.text(self.image_name_filter)
        words += ["--filter", f"reference={name}"] if name else []
        for key, value in (run.mapping(self.label_filter, STRING) or {}).items():
            words += ["--filter", f"label={key}={value}"]
        quiet = Quiet(run)
        numbers = list(dict.fromkeys(await self._docker(run, run.working_dir, *words, lines=quiet)))
        images = []
        if numbers:
            told = await self._docker(
                run, run.working_dir, "image", "inspect", *numbers, lines=quiet
            )
            images = [_image(each) for each in parse_json("\n".join(told))]
        run.log("INFO", f"Found {len(images)} image(s)")
        return {"images": images, "count": len(images)}


class Quiet(OutputLines):
    """Takes lines that are no messages."""

    def accept(self, line: str, is_error: bool) -> None:
        """Nothing is told of the line."""


def _image(found: dict[str, Any]) -> dict[str, Any]:
    from datetime import datetime

    created, number = found.get("Created"), str(found.get("Id"))
    return {
        "id": number if ":" in number else f"sha256:{number}",  # podman leaves that away
        "repoTags": found.get("RepoTags") or [],
        "repoDigests": found.get("RepoDigests") or [],
        "size": found.get("Size"),
        "created": (
            int(datetime.fromisoformat(created[:19] + "+00:00").timestamp()) if created else None
        ),
        "labels": (found.get("Config") or {}).get("Labels") or {},
    }


@task_type("io.kestra.plugin.docker.cli.Compose", "io.kestra.plugin.docker.Compose")
class DockerCompose(ScriptTask):
    """Docker Compose, with files of the flow or of the folder."""

    image: ClassVar[str] = "docker:27.5.1-cli"

    compose_file: Text | None = prop(STRING, default=None)
    compose_files: Listing | None = prop(listing(STRING), default=None)
    compose_args: Listing = prop(listing(STRING))

    def _prepare(self, run: RunContext, folder: Path) -> list[str]:
        import shlex

        from flowrt.services.folders import prepare_folder

        prepare_folder(run, folder, self.input_files, self.namespace_files)
        words = ["docker", "compose"]
        given = run.listing(self.compose_files) or []
        if not given and self.compose_file is not None:
            given = [run.text(self.compose_file)]
        for each in given:
            words += ["-f", str(_compose_file(run, folder, each))]
        words += [str(each) for each in run.listing(self.compose_args) or []]
        call = " ".join(map(shlex.quote, words))
        run.log("INFO", f"Running command: {call}")
        return [call]


def _compose_file(run: RunContext, folder: Path, given: str) -> Path:
    """A file of the folder by its name, or one that is written there: a stored file, or the text itself.

    Paths in it are relative to where the first file is.
    """
    from flowrt.services.folders import inside, is_address, temporary_name

    own = folder / temporary_name(".yaml")
    if is_address(given):
        own.write_bytes(run.open_file(given))
        return own
    if "\n" not in given and len(given) < 250:
        path = inside(folder, given)
        if path.is_file():
            return path
    own.write_text(given, "utf-8")
    return own
