"""The script tasks of early versions: Bash, Python and Node."""

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
from flowrt.model.failures import TaskFailure
from flowrt.model.task import Task

if TYPE_CHECKING:
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Listing, Mapping, Text


class LegacyScript(Task):
    """What the three share: commands for a shell, and files by name."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "vars": mapping(),
        "exitCode": INTEGER,
        "stdOutLineCount": INTEGER,
        "stdErrLineCount": INTEGER,
        "outputFiles": mapping(URI),
        "files": mapping(URI),
    }

    commands: Listing = prop(listing(STRING))
    interpreter: Text = prop(STRING, default="/bin/sh")
    interpreter_args: Listing = prop(listing(STRING), default=["-c"])
    exit_on_failed: Flag = prop(BOOLEAN, default=True)
    env: Mapping | None = prop(mapping(STRING), default=None)
    input_files: Any = prop(ANY, default=None)
    output_files: Listing | None = prop(
        listing(STRING), default=None, aliases=("outputsFiles", "files")
    )
    output_dirs: Listing | None = prop(listing(STRING), default=None)
    warning_on_std_err: Flag = prop(BOOLEAN, default=True)
    runner: Text = prop(enum("PROCESS", "DOCKER"), default="PROCESS", ignored=True)
    docker_options: Any = prop(ANY, default=None, ignored=True)

    async def run(self, run: RunContext) -> dict[str, Any]:
        from flowrt.scripting.process import run_process
        from flowrt.scripting.protocol import OutputLines
        from flowrt.scripting.python import base_environment
        from flowrt.tasks.scripts import command_failure

        folder = run.working_dir
        run.variables["workingDir"] = str(folder)
        files = self._announced(run, folder, run.listing(self.output_files) or [], "outputFiles")
        folders = self._announced(run, folder, run.listing(self.output_dirs) or [], "outputDirs")
        if files:
            run.variables["temp"] = run.variables["outputFiles"]
        arguments = await run.in_thread(lambda: self._arguments(run, folder))
        environment = base_environment()
        environment.update(
            {name: str(text) for name, text in (run.mapping(self.env, STRING) or {}).items()}
        )
        lines = OutputLines(run)
        code = await run_process(run, arguments, folder, environment, lines.accept)
        stored = await run.in_thread(lambda: _stored(run, files, folders))
        outputs = {
            "vars": lines.vars,
            "exitCode": code,
            "stdOutLineCount": lines.count[False],
            "stdErrLineCount": lines.count[True],
            "outputFiles": stored,
            "files": stored,
        }
        if code != 0:
            raise command_failure(code, outputs)
        return outputs

    def _announced(
        self, run: RunContext, folder: Path, names: list[str], variable: str
    ) -> dict[str, Path]:
        """A fresh path for each name, which expressions see below the variable."""
        import os

        paths = {}
        for name in names:
            if name.startswith(("./", "..", "/")):
                raise TaskFailure(
                    f"Invalid outputFile (only relative path is supported) for path '{name}'"
                )
            path = folder / f"{name.replace('/', '_')}_{os.urandom(6).hex()}"
            if variable == "outputDirs":
                path.mkdir()
            else:
                path.touch()
            paths[name] = path
        if paths:
            run.variables[variable] = {name: str(path) for name, path in paths.items()}
        return paths

    def _arguments(self, run: RunContext, folder: Path) -> list[str]:
        from flowrt.scripting.command import localize
        from flowrt.services.folders import prepare_folder

        prepare_folder(run, folder, self.input_files, None)
        lines = ["set -o errexit"] if run.flag(self.exit_on_failed, True) else []
        lines += self._before(run)
        lines += [localize(run, folder, text) for text in self._commands(run)]
        interpreter = run.text(self.interpreter) or "/bin/sh"
        return [interpreter, *(run.listing(self.interpreter_args) or []), "\n".join(lines)]

    def _before(self, run: RunContext) -> list[str]:
        """Lines that prepare the surroundings."""
        return []

    def _commands(self, run: RunContext) -> list[str]:
        return [str(text) for text in run.listing(self.commands) or []]


def _stored(run: RunContext, files: dict[str, Path], folders: dict[str, Path]) -> dict[str, str]:
    from flowrt.services.folders import folder_files

    stored = {name: run.put_file(path, path.name) for name, path in files.items()}
    for name, folder in folders.items():
        for relative, path in folder_files(folder):
            stored[f"{name}/{relative}"] = run.put_file(path, f"{folder.name}/{relative}")
    return stored


@task_type("io.kestra.core.tasks.scripts.Bash")
class Bash(LegacyScript):
    """Shell commands."""


@task_type("io.kestra.core.tasks.scripts.Python")
class Python(LegacyScript):
    """A Python program in `main.py`, in a virtual environment of its own."""

    commands: Listing = prop(listing(STRING), default=["./bin/python main.py"])
    args: Listing | None = prop(listing(STRING), default=None)
    requirements: Listing | None = prop(listing(STRING), default=None)
    python_path: Text = prop(STRING, default="python")
    virtual_env: Flag = prop(BOOLEAN, default=True)

    def _before(self, run: RunContext) -> list[str]:
        import shlex

        if not run.flag(self.virtual_env, True):
            return []
        python = run.text(self.python_path) or "python"
        lines = [f"{python} -m venv --system-site-packages . > /dev/null"]
        wanted = run.listing(self.requirements)
        if wanted:
            lines.append(f"./bin/pip install --quiet {' '.join(map(shlex.quote, wanted))}")
        return lines

    def _commands(self, run: RunContext) -> list[str]:
        arguments = " ".join(str(text) for text in run.listing(self.args) or [])
        return [f"{text} {arguments}".rstrip() for text in super()._commands(run)]


@task_type("io.kestra.core.tasks.scripts.Node")
class Node(LegacyScript):
    """A JavaScript program in `main.js`, with the packages of its `package.json`."""

    commands: Listing = prop(listing(STRING), default=["node main.js"])
    args: Listing | None = prop(listing(STRING), default=None)
    node_path: Text = prop(STRING, default="node")
    npm_path: Text = prop(STRING, default="npm")

    def _before(self, run: RunContext) -> list[str]:
        npm = run.text(self.npm_path) or "npm"
        return [f"if [ -f package.json ]; then {npm} install --silent; fi"]

    def _commands(self, run: RunContext) -> list[str]:
        arguments = " ".join(str(text) for text in run.listing(self.args) or [])
        node = run.text(self.node_path) or "node"
        texts = (
            f"{node}{text.removeprefix('node')}" if text.startswith("node ") else text
            for text in super()._commands(run)
        )
        return [f"{text} {arguments}".rstrip() for text in texts]
