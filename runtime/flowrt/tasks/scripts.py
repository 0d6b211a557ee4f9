"""Script tasks: a text in a language, or a list of shell commands, run as a process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    INTEGER,
    STRING,
    URI,
    Kind,
    enum,
    listing,
    mapping,
    prop,
    task_type,
)
from flowrt.model.failures import Outcome, TaskFailure
from flowrt.model.task import Elsewhere, Task
from flowrt.scripting.runners import PROCESS, TASK_RUNNER, DockerRunner
from flowrt.services.folders import NAMESPACE_FILES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Listing, Mapping, Text
    from flowrt.scripting.protocol import OutputLines
    from flowrt.scripting.runners import ProcessRunner
    from flowrt.services.folders import LoadNamespaceFiles

TARGET_OS = enum("AUTO", "LINUX", "WINDOWS")
SCRIPTS = "io.kestra.plugin.scripts."
SCRIPT_OUTPUTS: dict[str, Kind] = {
    "vars": mapping(),
    "exitCode": INTEGER,
    "outputFiles": mapping(URI),
    "taskRunner": mapping(),
}


def command_failure(code: int, outputs: dict[str, Any]) -> TaskFailure:
    """The failure of a process that ended with a code, to be raised."""
    text = f"Command failed with exit code {code}"
    failure = TaskFailure(f"io.kestra.core.models.tasks.runners.TaskException: {text}", outputs)
    failure.__cause__ = RuntimeError(text)
    return failure


class ProcessTask(Task):
    """What every task shares that runs commands in a folder: files in and out, variables, where it runs.

    How the commands become one process is said by the methods below `_prepare`, which subclasses override.
    """

    adds_variables: ClassVar[bool] = True
    outputs: ClassVar[dict[str, Kind] | None] = SCRIPT_OUTPUTS
    image: ClassVar[str] = "ubuntu"
    elsewhere: ClassVar[tuple[Elsewhere, ...]] = (
        Elsewhere(
            ("taskRunner", "containerImage", "docker", "runner"),
            "the script runs as a process of this machine",
            "a Docker runner is used where FLOWRT_TASK_RUNNER=docker is set in the environment",
            frozenset({PROCESS, "PROCESS"}),
        ),
    )
    strict: ClassVar[tuple[str, ...]] = ("set -e",)
    """What `failFast` puts in front."""

    env: Mapping | None = prop(mapping(STRING), default=None)
    input_files: Any = prop(ANY, default=None)
    output_files: Listing | None = prop(listing(STRING), default=None)
    namespace_files: LoadNamespaceFiles | None = prop(NAMESPACE_FILES, default=None)
    task_runner: ProcessRunner | DockerRunner | None = prop(TASK_RUNNER, default=None)
    container_image: Text | None = prop(STRING, default=None)
    docker: Any = prop(ANY, default=None)

    async def run(self, run: RunContext) -> dict[str, Any] | Outcome:
        from flowrt.services.folders import again

        folder = run.working_dir
        self._at_first(run)
        if not self._is_of_early_form():
            kind = PROCESS if self.task_runner is None else self.task_runner.kind
            run.log("DEBUG", f"Using task runner '{kind}'")
        env = run.mapping(self.env, STRING) or {}
        run.text(self.container_image)
        patterns = self._patterns(run)
        directory = self._announce(run, folder, patterns or [])
        # the engine looks at these before files and commands: what is wrong with them is told first
        self._system(run)
        self._is_strict(run)
        work = self._at_once if self._is_light() else run.in_thread
        commands = await work(lambda: self._prepare(run, folder))
        arguments = self._arguments(run, folder, commands)
        environment = {name: again(run, str(value)) or "" for name, value in env.items()}
        environment.update(await self._more_environment(run))
        environment.update(await self._packages(run))
        environment["WORKING_DIR"] = str(folder)
        if directory is not None:
            environment["OUTPUT_DIR"] = str(directory)
        code, lines, container = await self._execute(run, folder, arguments, environment)
        if code == 0:
            run.log("DEBUG", f"Command succeed with exit code {code}")
        files = await work(lambda: self._collect(run, folder, patterns, directory))
        outputs = {"vars": lines.vars, "exitCode": code, "outputFiles": files}
        if code != 0:
            self._mention_image(run)
            raise command_failure(code, outputs)
        if container:
            outputs["taskRunner"] = container
        return self._outcome(outputs, lines)

    def _at_first(self, run: RunContext) -> None:
        """Render what is looked at before anything is said."""

    async def _at_once(self, work: Callable[[], Any]) -> Any:
        """Do work that takes no time, in the event loop itself."""
        return work()

    def _is_light(self) -> bool:
        """Whether there is no file and no text that could take time before or after the process."""
        return False

    def _mention_image(self, run: RunContext) -> None:
        """Say of a script that failed that it did not have the image that the flow names."""
        from flowrt.scripting.runners import wants_container

        image = run.text(self.container_image)
        local = self.task_runner is not None and self.task_runner.kind == PROCESS
        if image and not local and not wants_container(self.task_runner):
            run.log("WARN", f"The image {image} is not used: the script ran as a local process")

    def _announce(self, run: RunContext, folder: Path, patterns: list[str]) -> Path | None:
        """Give expressions the folder and the paths of output files; answers the output directory, if one is wanted."""
        run.variables["workingDir"] = str(folder)
        named = {name: f"{folder}/{name}" for name in patterns if not set(name) & set("*?[")}
        if named:
            run.variables["outputFiles"] = named
        from flowrt.model.clock import new_id

        # the engine makes the directory even when nobody asked for it
        directory = folder / new_id()
        directory.mkdir()
        if not self._keeps_directory(run):
            return None
        run.variables["outputDir"] = str(directory)
        return directory

    def _prepare(self, run: RunContext, folder: Path) -> list[str]:
        """Put the files into the folder; answers the commands."""
        raise NotImplementedError

    def _is_of_early_form(self) -> bool:
        """Whether it says where it runs as early versions did."""
        return False

    def _patterns(self, run: RunContext) -> list[str] | None:
        """Which files of the folder are outputs."""
        return run.listing(self.output_files)

    def _keeps_directory(self, run: RunContext) -> bool:
        """Whether all files of a directory of its own are outputs."""
        return False

    def _before(self, run: RunContext) -> list[str]:
        """Commands that prepare the surroundings."""
        return []

    def _interpreter(self, run: RunContext) -> list[str]:
        """The program that reads the commands."""
        return ["/bin/sh", "-c"]

    def _is_strict(self, run: RunContext) -> bool:
        """Whether the first command that fails ends it."""
        return False

    def _system(self, run: RunContext) -> str | None:
        """The system whose lines the interpreter reads."""
        return "AUTO"

    async def _more_environment(self, run: RunContext) -> dict[str, str]:
        """Variables that the tool adds; they win over those of the flow."""
        return {}

    async def _packages(self, run: RunContext) -> dict[str, str]:
        """Variables by which the script finds packages that it does not share with this program."""
        from flowrt.scripting.environments import environment
        from flowrt.scripting.runners import wants_container

        before = self._before(run)
        dependencies, commands, manager = self._wanted(run)
        if (not before and not dependencies and not commands) or wants_container(self.task_runner):
            return {}
        return await environment(run, dependencies, before, commands, manager)

    def _wanted(self, run: RunContext) -> tuple[list[str], list[str], str]:
        """The Python packages that are asked for, the commands that may ask for more, and who installs them."""
        return [], [], "UV"

    def _arguments(self, run: RunContext, folder: Path, commands: list[str]) -> list[str]:
        from flowrt.scripting.command import argument_vector, localize

        def local(items: list[str]) -> list[str]:
            return [localize(run, folder, item) for item in items]

        system = self._system(run)
        strict = list(self.strict) if self._is_strict(run) else []
        if system == "WINDOWS" and "set -e" in strict:
            strict[strict.index("set -e")] = ""  # no shell there knows it
        before = local(self._before(run))
        return argument_vector(local(self._interpreter(run)), before, commands, strict, system)

    def _lines(self, run: RunContext) -> OutputLines:
        """What takes the lines that the process prints."""
        from flowrt.scripting.protocol import OutputLines

        return OutputLines(run)

    def _collect(
        self, run: RunContext, folder: Path, patterns: list[str] | None, directory: Path | None
    ) -> dict[str, str]:
        """The output files by name, stored."""
        from flowrt.services.folders import collect_folder, collect_outputs

        found: dict[str, str] = {}
        if directory is not None:
            found = collect_folder(run, directory)
        files = collect_outputs(run, folder, patterns)
        if not found:
            return files
        from flowrt.java.values import hash_map

        return hash_map({**found, **files}.items())

    def _outcome(self, outputs: dict[str, Any], lines: OutputLines) -> dict[str, Any] | Outcome:
        """What a run that succeeded answers."""
        return outputs

    def _container(self) -> ProcessRunner | DockerRunner | None:
        """Where it is to run."""
        return self.task_runner

    async def _execute(
        self, run: RunContext, folder: Path, arguments: list[str], environment: dict[str, str]
    ) -> tuple[int, OutputLines, dict[str, str]]:
        """Answers the exit code, what took the lines, and what is known of the container if there was one."""
        from flowrt.scripting.process import run_process, tell_not_started
        from flowrt.scripting.python import base_environment
        from flowrt.scripting.runners import wants_container

        runner = self._container()
        lines = self._lines(run)
        image = run.text(self.container_image) or self.image
        if wants_container(runner):
            assert isinstance(runner, DockerRunner)
            code, container = await runner.execute(
                run, image, arguments, folder, environment, lines.accept
            )
            return code, lines, container
        if isinstance(runner, DockerRunner):
            run.log(
                "WARN", "The task runner Docker is not used: the script runs as a local process"
            )
        base = base_environment() | environment
        try:
            return await run_process(run, arguments, folder, base, lines.accept), lines, {}
        except OSError as error:
            tell_not_started(error, arguments[0], folder)


class ScriptTask(ProcessTask):
    """What every script task adds: an interpreter, commands before, and how a failure ends it."""

    before_commands: Listing | None = prop(listing(STRING), default=None)
    interpreter: Listing = prop(listing(STRING), default=["/bin/sh", "-c"])
    fail_fast: Flag = prop(BOOLEAN, default=True)
    target_os: Text = prop(TARGET_OS, yaml="targetOS", default="AUTO")
    output_directory: Flag | None = prop(BOOLEAN, default=None)
    warning_on_std_err: Flag | None = prop(BOOLEAN, default=None, ignored=True)
    runner: Text | None = prop(enum("PROCESS", "DOCKER"), default=None)

    def _is_of_early_form(self) -> bool:
        return self.runner is not None

    def _keeps_directory(self, run: RunContext) -> bool:
        early = self.runner is not None and self.task_runner is None
        return run.flag(self.output_directory, early, nothing=early)

    def _before(self, run: RunContext) -> list[str]:
        return [str(line) for line in run.listing(self.before_commands) or []]

    def _interpreter(self, run: RunContext) -> list[str]:
        return [str(word) for word in run.listing(self.interpreter) or []]

    def _is_strict(self, run: RunContext) -> bool:
        return run.flag(self.fail_fast, True, nothing=False)

    def _system(self, run: RunContext) -> str | None:
        return run.constant(self.target_os, TARGET_OS)

    def _container(self) -> ProcessRunner | DockerRunner | None:
        if self.task_runner is None and self.docker is not None and self.runner == "DOCKER":
            return DockerRunner(image=(self.docker or {}).get("image"))
        return self.task_runner


class Commands(ProcessTask):
    """Shell commands, in one process."""

    commands: Listing = prop(listing(STRING))

    def _wanted(self, run: RunContext) -> tuple[list[str], list[str], str]:
        dependencies, _, manager = super()._wanted(run)
        return dependencies, [str(line) for line in run.listing(self.commands) or []], manager

    def _prepare(self, run: RunContext, folder: Path) -> list[str]:
        from flowrt.scripting.command import localize
        from flowrt.services.folders import prepare_folder

        prepare_folder(run, folder, self.input_files, self.namespace_files)
        lines = ("" if item is None else str(item) for item in run.listing(self.commands) or [])
        return [localize(run, folder, line) for line in lines]


class CommandsTask(Commands, ScriptTask):
    """Shell commands with all that a script has."""

    def _at_first(self, run: RunContext) -> None:
        self._system(run)


class ProgramTask(ScriptTask):
    """The text of a program, run from a file."""

    suffix: ClassVar[str] = ""
    program: ClassVar[str] = ""

    script: Text = prop(STRING)

    def _prepare(self, run: RunContext, folder: Path) -> list[str]:
        from flowrt.scripting.command import localize
        from flowrt.services.folders import (
            again,
            load_namespace_files,
            render_input_files,
            temporary_name,
            write_input_files,
        )

        # the engine writes the input files of these tasks twice: around those of the namespace
        files = render_input_files(run, self.input_files) if self.input_files is not None else {}
        write_input_files(run, folder, files)
        path = folder / temporary_name(self._suffix(run))
        script = localize(run, folder, run.text(self.script) or "")
        files[path.name] = self._source(script)
        load_namespace_files(run, folder, self.namespace_files)
        # the second time it renders them, and the program, once more
        rendered = {name: again(run, text) for name, text in files.items() if text is not None}
        write_input_files(run, folder, rendered)
        return self._commands(run, path)

    def _suffix(self, run: RunContext) -> str:
        return self.suffix

    def _source(self, script: str) -> str:
        return script

    def _commands(self, run: RunContext, path: Path) -> list[str]:
        return [f"{self.program} {path}"]


class ShellTask(ScriptTask):
    """What both shell tasks share: many are a few words, for which a thread would be the greater part of the work."""

    def _is_light(self) -> bool:
        files = (self.input_files, self.output_files, self.namespace_files, self.output_directory)
        return all(each is None for each in files) and all(map(_is_ready, self._texts()))

    def _texts(self) -> list[Text]:
        """What the shell is to do, as the flow says it."""
        raise NotImplementedError


def _is_ready(text: Text) -> bool:
    """Whether a text stays as it is: it has no expression and names no stored file."""
    return isinstance(text, str) and "kestra://" not in text


@task_type(f"{SCRIPTS}shell.Commands")
class ShellCommands(ShellTask, CommandsTask):
    """Commands for a shell."""

    def _texts(self) -> list[Text]:
        return self.commands if isinstance(self.commands, list) else [self.commands]


@task_type(f"{SCRIPTS}shell.Script")
class ShellScript(ShellTask):
    """A script for a shell; its text is the command."""

    script: Text = prop(STRING)

    def _texts(self) -> list[Text]:
        return [self.script]

    def _prepare(self, run: RunContext, folder: Path) -> list[str]:
        from flowrt.scripting.command import localize
        from flowrt.services.folders import prepare_folder

        script = localize(run, folder, run.text(self.script) or "")
        prepare_folder(run, folder, self.input_files, self.namespace_files)
        return [script]


class PythonTask(ScriptTask):
    """What both Python tasks share: packages and the environment."""

    image: ClassVar[str] = "python:3.13-slim"
    elsewhere: ClassVar[tuple[Elsewhere, ...]] = (
        *ScriptTask.elsewhere,
        Elsewhere(("pythonVersion",), "the script runs in the Python that runs the flow"),
    )

    dependencies: Listing | None = prop(listing(STRING), default=None)
    python_version: Text | None = prop(STRING, default=None, ignored=True)
    package_manager: Text = prop(enum("UV", "PIP"), default="UV")
    dependency_cache_enabled: Flag = prop(BOOLEAN, default=True, ignored=True)
    uv_auto_install_enabled: Flag = prop(BOOLEAN, default=True, ignored=True)
    uv_installer_version: Text | None = prop(STRING, default=None, ignored=True)
    uv_installer_sha256: Text | None = prop(STRING, default=None, ignored=True)

    async def _more_environment(self, run: RunContext) -> dict[str, str]:
        return {
            "PYTHONUNBUFFERED": "true",
            "PIP_ROOT_USER_ACTION": "ignore",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }

    def _wanted(self, run: RunContext) -> tuple[list[str], list[str], str]:
        manager = run.text(self.package_manager) or "UV"
        return run.listing(self.dependencies) or [], [], manager


@task_type(f"{SCRIPTS}python.Commands")
class PythonCommands(CommandsTask, PythonTask):
    """Commands that call Python."""


@task_type(f"{SCRIPTS}python.Script")
class PythonScript(PythonTask, ProgramTask):
    """A Python program, run by the interpreter that runs the flow."""

    suffix: ClassVar[str] = ".py"

    def _source(self, script: str) -> str:
        from flowrt.scripting.python import PRELUDE

        return PRELUDE + script

    def _commands(self, run: RunContext, path: Path) -> list[str]:
        import shlex
        import sys

        from flowrt.scripting.runners import wants_container

        python = "python" if wants_container(self.task_runner) else shlex.quote(sys.executable)
        if self.before_commands is None:
            return [f"{python} {path}"]
        # a virtual environment that the commands before have activated goes first
        return [
            f'if [ -n "$VIRTUAL_ENV" ]; then "$VIRTUAL_ENV/bin/python" "{path}"; else {python} "{path}"; fi'
        ]


class NodeTask(ScriptTask):
    """What both Node tasks share."""

    image: ClassVar[str] = "node"


@task_type(f"{SCRIPTS}node.Commands")
class NodeCommands(NodeTask, CommandsTask):
    """Commands that call Node."""


@task_type(f"{SCRIPTS}node.Script")
class NodeScript(NodeTask, ProgramTask):
    """A JavaScript program for Node."""

    suffix: ClassVar[str] = ".js"
    program: ClassVar[str] = "node"

    async def _more_environment(self, run: RunContext) -> dict[str, str]:
        return {"PYTHONUNBUFFERED": "true", "PIP_ROOT_USER_ACTION": "ignore"}
