"""Spark: programs that `spark-submit` brings to a cluster, or runs on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from flowrt.model.declare import BOOLEAN, STRING, enum, listing, mapping, prop, task_type
from flowrt.plugins.cli.base import CommandsTask
from flowrt.scripting.protocol import OutputLines
from flowrt.tasks.scripts import ProcessTask
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Listing, Mapping, Text

MODES = enum("CLIENT", "CLUSTER")
PROGRAM = "/opt/spark/bin/spark-submit"
"""Where the program is in the image that Kestra uses."""


class Submit(ProcessTask):
    """What the tasks share: the cluster, the files, and the words of the command."""

    image: ClassVar[str] = "apache/spark:4.0.1-java21-r"
    withdrawn: ClassVar[frozenset[str]] = frozenset(
        ("input_files", "output_files", "namespace_files")
    )

    master: Text = prop(STRING)
    name: Text | None = prop(STRING, default=None)
    args: Listing | None = prop(listing(STRING), default=None)
    app_files: Mapping | None = prop(mapping(STRING), default=None)
    verbose: Flag = prop(BOOLEAN, default=False)
    configurations: Mapping | None = prop(mapping(STRING), default=None)
    deploy_mode: Text = prop(MODES, default="CLIENT")
    spark_submit_path: Text = prop(STRING, default=PROGRAM)
    runner: Text | None = prop(enum("PROCESS", "DOCKER"), default=None, ignored=True)

    def _prepare(self, run: RunContext, folder: Path) -> list[str]:
        mode = (run.constant(self.deploy_mode, MODES) or "CLIENT").lower()
        run.log("INFO", mode)
        words = [self._program(run), *(["--verbose"] if run.flag(self.verbose) else [])]
        words += ["--master", required_text(run, self.master), "--deploy-mode", mode]
        name = run.text(self.name)
        words += [] if name is None else ["--name", name]
        for key, value in (run.mapping(self.configurations, STRING) or {}).items():
            words += ["--conf", f"{key}={value}"]
        files = self._files(run, folder, self.app_files)
        return [
            *words,
            *self._option("--jars", self._jars(run, folder)),
            *self._option("--files", files),
            *self._option("--py-files", self._modules(run, folder)),
            *self._program_words(run, folder),
            *(str(each) for each in run.listing(self.args) or []),
        ]

    def _arguments(self, run: RunContext, folder: Path, commands: list[str]) -> list[str]:
        return commands  # no shell reads them

    def _program(self, run: RunContext) -> str:
        """The program: that of the image in a container, that of this machine else."""
        from pathlib import Path

        from flowrt.scripting.runners import wants_container

        path = run.text(self.spark_submit_path) or "spark-submit"
        if path == PROGRAM and not wants_container(self.task_runner) and not Path(path).exists():
            return "spark-submit"
        return path

    def _option(self, name: str, values: list[str]) -> list[str]:
        return [name, ",".join(values)] if values else []

    def _files(self, run: RunContext, folder: Path, given: Mapping | None) -> list[str]:
        """Stored files as files of the folder; their paths. Raises TaskFailure for a name that leads out of it."""
        found = run.mapping(given, STRING) or {}
        return [self._file(run, folder, name, uri) for name, uri in found.items()]

    def _file(self, run: RunContext, folder: Path, name: str, uri: str) -> str:
        from shutil import copyfile

        from flowrt.plugins.stored import source_path
        from flowrt.services.folders import new_file

        path = new_file(folder, name)
        copyfile(source_path(run, uri), path)
        return str(path)

    def _jars(self, run: RunContext, folder: Path) -> list[str]:
        return []

    def _modules(self, run: RunContext, folder: Path) -> list[str]:
        return []

    def _program_words(self, run: RunContext, folder: Path) -> list[str]:
        """What is run, as the last option and the words before the arguments."""
        raise NotImplementedError


class SubmitScript(Submit):
    """A program that stands in the flow."""

    suffix: ClassVar[str] = ""

    main_script: Text = prop(STRING)

    def _program_words(self, run: RunContext, folder: Path) -> list[str]:
        from flowrt.services.folders import temporary_name

        path = folder / temporary_name(self.suffix)
        path.write_text(required_text(run, self.main_script), "utf-8")
        return [f"file://{path}"]


class SparkLines(OutputLines):
    """Logs each line at one level: Spark writes its whole log to stderr."""

    def accept(self, line: str, is_error: bool) -> None:
        """One line of the process."""
        self.count[is_error] += 1
        self.run.log("INFO", line)


@task_type("io.kestra.plugin.spark.SparkCLI")
class SparkCLI(CommandsTask):
    """Spark's command-line programs."""

    image: ClassVar[str] = Submit.image

    def _before(self, run: RunContext) -> list[str]:
        before = super()._before(run)
        if any("export PATH" in line for line in before):
            return before
        return ["export PATH=$PATH:/opt/spark/bin", *before]

    def _lines(self, run: RunContext) -> OutputLines:
        return SparkLines(run)


@task_type("io.kestra.plugin.spark.PythonSubmit")
class SparkPythonSubmit(SubmitScript):
    """Run a program in Python."""

    suffix = ".py"

    python_files: Mapping | None = prop(mapping(STRING), default=None)

    def _modules(self, run: RunContext, folder: Path) -> list[str]:
        return self._files(run, folder, self.python_files)


@task_type("io.kestra.plugin.spark.RSubmit")
class SparkRSubmit(SubmitScript):
    """Run a program in R."""

    suffix = ".R"


@task_type("io.kestra.plugin.spark.JarSubmit")
class SparkJarSubmit(Submit):
    """Run a class of an archive."""

    main_resource: Text = prop(STRING)
    main_class: Text = prop(STRING)
    jars: Mapping | None = prop(mapping(STRING), default=None)

    def _jars(self, run: RunContext, folder: Path) -> list[str]:
        return self._files(run, folder, self.jars)

    def _program_words(self, run: RunContext, folder: Path) -> list[str]:
        archive = self._file(run, folder, "app.jar", required_text(run, self.main_resource))
        return ["--class", required_text(run, self.main_class), f"file://{archive}"]
