"""Ansible: playbooks and what else its programs do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    BOOLEAN,
    STRING,
    Kind,
    enum,
    listing,
    mapping,
    prop,
    task_type,
)
from flowrt.plugins.cli.base import ToolWithSetup
from flowrt.scripting.protocol import OutputLines
from flowrt.tasks.scripts import SCRIPT_OUTPUTS

if TYPE_CHECKING:
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Text

MODES = enum("ALL", "EXPLICIT")

CONFIGURATION = """\
[defaults]
log_path          = {folder}/log
callback_plugins  = ./callback_plugins
callbacks_enabled = flow_outputs
"""

REPORTER = '''\
"""Tells the flow what each task of a playbook did on each host."""

import json
import os
from datetime import datetime, timezone

from ansible.plugins.callback import CallbackBase


def now():
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "flow_outputs"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.plays = []
        self.results = []

    def v2_playbook_on_play_start(self, play):
        self.plays.append({"name": play.get_name() or "unnamed_play", "tasks": []})

    def v2_playbook_on_task_start(self, task, is_conditional):
        self.end_task()
        name = task.get_name() or task.action
        uid = "play:%s|task:%s" % (self.plays[-1]["name"], name)
        self.plays[-1]["tasks"].append(
            {"uid": uid, "name": name, "startedAt": now(), "endedAt": None, "hosts": []}
        )

    v2_playbook_on_handler_task_start = lambda self, task: self.v2_playbook_on_task_start(task, False)

    def end_task(self):
        if self.plays and self.plays[-1]["tasks"]:
            task = self.plays[-1]["tasks"][-1]
            task["endedAt"] = task["endedAt"] or now()

    def took(self, result, status):
        shown = json.loads(self._dump_results(result._result, keep_invocation=False))
        host = result._host.get_name()
        self.plays[-1]["tasks"][-1]["hosts"].append(
            {"host": host, "status": status, "result": shown}
        )
        self.results.append(shown)

    def v2_runner_on_ok(self, result, **kwargs):
        self.took(result, "ok")

    def v2_runner_on_failed(self, result, ignore_errors=False, **kwargs):
        self.took(result, "failed")

    def v2_runner_on_skipped(self, result, **kwargs):
        self.took(result, "skipped")

    def v2_runner_on_unreachable(self, result, **kwargs):
        self.took(result, "unreachable")

    def v2_playbook_on_stats(self, stats):
        self.end_task()
        path = os.environ.get("FLOW_OUTPUTS")
        if path:
            with open(path, "a", encoding="utf-8") as file:
                file.write(json.dumps({"outputs": self.results, "plays": self.plays}) + "\\n")
'''


@task_type("io.kestra.plugin.ansible.cli.AnsibleCLI")
class AnsibleCLI(ToolWithSetup):
    """Commands of Ansible; what each task of a playbook did on each host is an output."""

    image: ClassVar[str] = "cytopia/ansible:latest-tools"
    strict: ClassVar[tuple[str, ...]] = ("set -e",)
    outputs: ClassVar[dict[str, Kind] | None] = {**SCRIPT_OUTPUTS, "playbooks": listing(mapping())}

    ansible_config: Text | None = prop(STRING, default=None)
    output_log_file: Flag = prop(BOOLEAN, default=False)
    outputs_mode: Text = prop(MODES, default="ALL")
    auto_install_python_requirements: Flag = prop(BOOLEAN, default=True)
    auto_install_galaxy_requirements: Flag = prop(BOOLEAN, default=True)

    def _is_strict(self, run: RunContext) -> bool:
        return True

    def _interpreter(self, run: RunContext) -> list[str]:
        return ["/bin/bash", "-c"]

    def _patterns(self, run: RunContext) -> list[str] | None:
        patterns = super()._patterns(run)
        return [*(patterns or []), "log"] if run.flag(self.output_log_file) else patterns

    def _prepare(self, run: RunContext, folder: Path) -> list[str]:
        from flowrt.scripting.command import localize
        from flowrt.services.folders import load_namespace_files, new_file

        load_namespace_files(run, folder, self.namespace_files)
        names = self._write_files(run, folder)
        if "ansible.cfg" in names:
            run.log(
                "WARN",
                "Found an existing ansible.cfg file. Ignoring creation of a new ansible.cfg file.",
            )
        else:
            given = run.text(self.ansible_config)
            text = CONFIGURATION.format(folder=folder) if given is None else given
            (folder / "ansible.cfg").write_text(text, "utf-8")
        reporter = new_file(folder, "callback_plugins/flow_outputs.py")
        reporter.write_text(REPORTER, "utf-8")
        commands = [str(item) for item in run.listing(self.commands) or []]
        return [*self._installs(run, folder), *(localize(run, folder, text) for text in commands)]

    def _write_files(self, run: RunContext, folder: Path) -> list[str]:
        """Write the input files as they are: Ansible has expressions of its own in the same braces."""
        from flowrt.services.folders import is_address, new_file, render_input_files

        if self.input_files is None:
            return []
        files = render_input_files(run, self.input_files)
        for name, content in files.items():
            path = new_file(folder, name)
            if content is not None and is_address(content):
                path.write_bytes(run.open_file(content))
            else:
                path.write_text(content or "", "utf-8")
        return list(files)

    def _installs(self, run: RunContext, folder: Path) -> list[str]:
        """Commands that install what the files of the run ask for."""
        found = []
        if run.flag(self.auto_install_python_requirements) and _is_there(
            folder, "requirements.txt"
        ):
            found.append("pip install -r requirements.txt")
        if run.flag(self.auto_install_galaxy_requirements) and _is_there(
            folder, "requirements.yml"
        ):
            found.append("ansible-galaxy install -r requirements.yml")
        return found

    async def _more_environment(self, run: RunContext) -> dict[str, str]:
        return {"FLOW_OUTPUTS": str(_report(run)), "ANSIBLE_NOCOLOR": "1"}

    def _lines(self, run: RunContext) -> OutputLines:
        return PlaybookLines(run, explicit=run.constant(self.outputs_mode, MODES) == "EXPLICIT")

    def _outcome(self, outputs: dict[str, Any], lines: OutputLines) -> dict[str, Any]:
        return {**outputs, "playbooks": outputs["vars"].get("playbooks", [])}


class PlaybookLines(OutputLines):
    """The lines of Ansible, and what the playbooks reported."""

    def __init__(self, run: RunContext, explicit: bool) -> None:
        super().__init__(run)
        self.explicit = explicit

    @property
    def vars(self) -> dict[str, Any]:
        """What the playbooks did, unless only what they declare is wanted, and what lines `::{}::` say."""
        import json

        results: list[Any] = []
        playbooks: list[Any] = []
        path = _report(self.run)
        if path.is_file() and not self.explicit:
            for line in path.read_text("utf-8").splitlines():
                found = json.loads(line)
                results += found["outputs"]
                playbooks.append({"plays": found["plays"]})
        return {"outputs": results, "playbooks": playbooks, **super().vars}


def _report(run: RunContext) -> Path:
    """The file in which playbooks report."""
    return run.working_dir / ".flow_outputs.jsonl"


def _is_there(folder: Path, name: str) -> bool:
    return (folder / name).is_file()
