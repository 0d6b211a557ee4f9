"""Soda: checks of data, by the library `soda-core` of this machine."""

from __future__ import annotations

import re
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
    task_type,
)
from flowrt.model.failures import Outcome, TaskFailure
from flowrt.tasks.scripts import ProcessTask

if TYPE_CHECKING:
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Listing, Mapping, Text
    from flowrt.scripting.protocol import OutputLines

RESULT = "result.json"
_SCAN = """\
import json

from soda.common.logs import configure_logging
from soda.scan import Scan

try:
    from soda.soda_cloud.soda_cloud import SodaCloud
except ImportError:
    from soda.cloud.soda_cloud import SodaCloud

configure_logging()
scan = Scan()
scan.set_data_source_name("kestra")
scan.add_configuration_yaml_file(file_path="configuration.yml")
scan.add_sodacl_yaml_file("checks.yml")
scan.set_verbose({verbose})
scan.add_variables(json.loads({variables!r}))
code = scan.execute()
with open("result.json", "w", encoding="utf-8") as out:
    json.dump(SodaCloud.build_scan_results(scan), out)
print('::{{"outputs":{{"exitCode":%d}}}}::' % code)
"""
"""The program that scans."""
_TOLD = ("definitionName", "defaultDataSource", "dataTimestamp", "scanStartTimestamp", "scanEndTimestamp",
         "hasErrors", "hasWarnings", "hasFailures", "automatedMonitoringChecks", "profiling",
         "metadata")  # fmt: skip
_CHECK = ("identity", "name", "type", "definition", "dataSource", "table", "column", "metrics", "outcome")  # fmt: skip
_METRIC = ("identity", "metricName", "value")
"""What of a result is an output."""
_SECRET = re.compile("password|passwd|pwd|secret|token|key|credential|accountinfojson|auth")


@task_type("io.kestra.plugin.soda.Scan")
class SodaScan(ProcessTask):
    """Check data; the state of the task is what the checks say."""

    image: ClassVar[str] = "sodadata/soda-core"
    outputs: ClassVar[dict[str, Kind] | None] = {
        "configuration": mapping(),
        "exitCode": INTEGER,
        "result": mapping(),
        "stdErrLineCount": INTEGER,
        "stdOutLineCount": INTEGER,
    }
    withdrawn: ClassVar[frozenset[str]] = frozenset(("output_files", "namespace_files"))

    checks: Mapping = prop(mapping(ANY))
    configuration: Mapping = prop(mapping(ANY))
    requirements: Listing | None = prop(listing(STRING), default=None)
    variables: Mapping | None = prop(mapping(ANY), default=None)
    verbose: Flag = prop(BOOLEAN, default=False)
    runner: Text | None = prop(enum("PROCESS", "DOCKER"), default=None, ignored=True)
    docker_options: Any = prop(ANY, default=None, ignored=True)

    def _patterns(self, run: RunContext) -> list[str] | None:
        return [RESULT]

    def _wanted(self, run: RunContext) -> tuple[list[str], list[str], str]:
        return [str(each) for each in run.listing(self.requirements) or []], [], "PIP"

    async def _more_environment(self, run: RunContext) -> dict[str, str]:
        return {"PYTHONUNBUFFERED": "true", "PIP_ROOT_USER_ACTION": "ignore"}

    def _prepare(self, run: RunContext, folder: Path) -> list[str]:
        from flowrt.formats.jsonwrite import to_json
        from flowrt.formats.yamlwrite import to_yaml
        from flowrt.services.folders import new_file, prepare_folder

        prepare_folder(run, folder, self.input_files, None)
        checks = run.structure(self.checks)
        if not checks:
            raise TaskFailure("`checks` must not be empty")
        variables = to_json(run.mapping(self.variables) or {})
        scan = _SCAN.format(verbose=run.flag(self.verbose), variables=variables)
        for name, text in (
            ("configuration.yml", to_yaml(run.mapping(self.configuration) or {})),
            ("checks.yml", to_yaml(checks)),
            ("main.py", scan),
        ):
            new_file(folder, name).write_text(text, "utf-8")
        return [f"python {folder / 'main.py'}"]

    def _outcome(self, outputs: dict[str, Any], lines: OutputLines) -> dict[str, Any] | Outcome:
        return {**outputs, "lines": lines.count[False]}

    async def run(self, run: RunContext) -> dict[str, Any] | Outcome:
        from flowrt.formats.jsonread import parse_json

        found = await super().run(run)
        assert isinstance(found, dict)
        files = found["outputFiles"]
        if RESULT not in files:
            raise TaskFailure("The scan left no result")
        scanned = parse_json(run.open_file(files[RESULT]).decode("utf-8", "replace"))
        result = {name: scanned.get(name) for name in _TOLD}
        result["checks"] = [_part(each, _CHECK) for each in scanned.get("checks") or []]
        result["metrics"] = [_part(each, _METRIC) for each in scanned.get("metrics") or []]
        for each in result["metrics"]:
            if isinstance(each["value"], float):
                run.metric("counter", each["identity"], each["value"], {"type": each["metricName"]})
        outputs = {
            "result": result,
            "stdOutLineCount": found["lines"],
            "stdErrLineCount": found["lines"],  # the same number, as Kestra's task has it
            "configuration": _scrubbed(run.mapping(self.configuration) or {}),
            "exitCode": found["vars"].get("exitCode"),
        }
        if result["hasWarnings"]:
            return Outcome(outputs, "WARNING")
        failed = result["hasFailures"] or result["hasErrors"]
        return Outcome(outputs, "FAILED") if failed else outputs


def _part(found: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: found.get(name) for name in names}


def _scrubbed(value: Any) -> Any:
    """A configuration without its secrets, which are known by their names."""
    if isinstance(value, list):
        return [_scrubbed(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: "******" if _is_secret(str(key)) else _scrubbed(each) for key, each in value.items()
    }


def _is_secret(name: str) -> bool:
    return _SECRET.search(re.sub("[^a-z0-9]", "", name.lower())) is not None
