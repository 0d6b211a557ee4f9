"""Apache Beam: pipelines in YAML, run by the Python library `apache_beam` of this machine."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import ANY, INTEGER, STRING, enum, listing, mapping, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.scripting.protocol import OutputLines
from flowrt.tasks.scripts import ScriptTask

if TYPE_CHECKING:
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Integer, Listing, Mapping, Text

SDK = enum("JAVA", "PYTHON")
RUNNERS = enum("DIRECT", "FLINK", "SPARK", "DATAFLOW")
CONFIGURED: dict[str, dict[str, str]] = {
    "FLINK": {
        "flinkRestUrl": "flink_master",
        "parallelism": "parallelism",
        "savepointDir": "savepoint_path",
        "stateBackend": "state_backend",
        "stateBackendStoragePath": "state_backend_storage_path",
        "jarPath": "files_to_stage",
    },
    "SPARK": {"master": "sparkMaster", "checkpointDir": "checkpointDir", "jarPath": "filesToStage"},
    "DATAFLOW": {
        "projectId": "project",
        "region": "region",
        "tempLocation": "tempLocation",
        "stagingLocation": "stagingLocation",
        "update": "update",
        "maxWorkers": "maxNumWorkers",
        "workerMachineType": "workerMachineType",
        "network": "network",
        "subnetwork": "subnetwork",
    },
}
"""What `runnerConfig` may say of a runner, and the options that it becomes."""
_AFTER = (
    'rc=$?; if [ $rc -eq 0 ]; then echo; echo \'::{"outputs":{"state":"FINISHED"}}::\'; exit 0; '
    'elif [ $rc -eq 124 ]; then echo; echo \'::{"outputs":{"state":"TIMEOUT"}}::\' >&2; exit 124; '
    "else exit $rc; fi"
)


class BeamLines(OutputLines):
    """Takes the lines of Beam, which logs everything on its error output."""

    def accept(self, line: str, is_error: bool) -> None:
        super().accept(line, is_error and "error" in line.lower())


@task_type("io.kestra.plugin.beam.RunPipeline")
class BeamRunPipeline(ScriptTask):
    """Run a pipeline: here, or on the runner of a job server."""

    image: ClassVar[str] = "apache/beam_python3.11_sdk:latest"

    file: Text | None = prop(STRING, default=None)
    definition: Text | None = prop(STRING, default=None)
    sdk: Text = prop(SDK, default="PYTHON")
    beam_runner: Text = prop(RUNNERS, default="DIRECT")
    options: Mapping | None = prop(mapping(STRING), default=None)
    runner_config: Mapping | None = prop(mapping(ANY), default=None)
    requirements: Listing | None = prop(listing(STRING), default=None)
    container_image: Text | None = prop(STRING, default="apache/beam_python3.11_sdk:latest")
    pipeline_timeout_seconds: Integer = prop(INTEGER, default=300)

    def _wanted(self, run: RunContext) -> tuple[list[str], list[str], str]:
        return [str(each) for each in run.listing(self.requirements) or []], [], "PIP"

    def _lines(self, run: RunContext) -> OutputLines:
        return BeamLines(run)

    def _prepare(self, run: RunContext, folder: Path) -> list[str]:
        from flowrt.services.folders import new_file, prepare_folder

        prepare_folder(run, folder, self.input_files, self.namespace_files)
        if run.constant(self.sdk, SDK) == "JAVA":
            raise TaskFailure("`sdk: JAVA` runs in a Java that holds Beam, which is not there")
        runner = str(run.constant(self.beam_runner, RUNNERS))
        options = {str(name): value for name, value in (run.mapping(self.options) or {}).items()}
        words = [self._python(run), "-m", "apache_beam.yaml.main"]
        new_file(folder, "pipeline.yaml").write_text(self._text(run), "utf-8")
        words += ["--yaml_pipeline_file", shlex.quote(str(folder / "pipeline.yaml"))]
        words += self._where(run, runner, options)
        words += [f"--{name}={shlex.quote(_told(value))}" for name, value in options.items()]
        seconds = run.integer(self.pipeline_timeout_seconds)
        run.log("INFO", f"Running Beam pipeline sdk=PYTHON runner={runner}")
        return [f"{self._install(run)}timeout --signal=TERM {seconds} {' '.join(words)}; {_AFTER}"]

    def _text(self, run: RunContext) -> str:
        found = run.text(self.definition)
        if found is not None:
            return found
        place = run.text(self.file)
        if place is None:
            raise TaskFailure("No pipeline definition provided")
        return run.open_file(place).decode()

    def _where(self, run: RunContext, runner: str, options: dict[str, Any]) -> list[str]:
        """The words that name the runner; what the flow says of it joins the options. Raises TaskFailure."""
        has_environment = "environment_type" in options
        if runner == "DIRECT":
            if has_environment:
                raise TaskFailure("environment_type is only valid for Python portable runners")
            return ["--runner", "DirectRunner"]
        if not has_environment:
            raise TaskFailure("environment_type is required for Python portable runners")
        given = run.mapping(self.runner_config) or {}
        names = CONFIGURED[runner].items()
        options |= {option: given[name] for name, option in names if given.get(name) is not None}
        endpoint = str(options.get("job_endpoint") or "")
        if not endpoint.strip():
            raise TaskFailure(
                "job_endpoint is required for portable runners (example: localhost:8099)"
            )
        return ["--runner", "PortableRunner", "--job_endpoint", shlex.quote(endpoint)]

    def _python(self, run: RunContext) -> str:
        """The Python that has the library: packages are installed for the one that runs the flow."""
        import sys

        from flowrt.scripting.runners import wants_container

        own = self._wanted(run)[0] and not wants_container(self.task_runner)
        return shlex.quote(sys.executable) if own else "python3"

    def _install(self, run: RunContext) -> str:
        """In a container, what installs the packages first."""
        from flowrt.scripting.runners import wants_container

        packages = self._wanted(run)[0]
        if not packages or not wants_container(self.task_runner):
            return ""
        wanted = " ".join(map(shlex.quote, packages))
        return f"python3 -m pip install --no-cache-dir --quiet --target .beam {wanted} && PYTHONPATH=.beam "


def _told(value: Any) -> str:
    from flowrt.formats.jsonwrite import to_json

    return value if isinstance(value, str) else to_json(value)
