"""Golden cases: folders with a flow, how it is started, and what becomes of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from comparable import comparable

from flowc.driver import Result, Sources, analyse, generate
from flowc.gen.python.standalone import with_runtime
from flowc.gen.python.vendor import needed_modules
from flowc.ir.text import print_module

ROOT = Path(__file__).parent.parent
FORMS = ("installed", "vendored", "standalone")

_ENVIRONMENT = {
    "ENV_GREETING": "hello",
    "SECRET_TOKEN": "c2VjcmV0LXZhbHVl",
    "TZ": "UTC",
    "LC_ALL": "C.UTF-8",
}


@dataclass(frozen=True, slots=True)
class Case:
    """A folder below `golden/ok` or `examples`.

    `flow.yaml` is the flow, `flows/` and `templates/` what it names; `case.yaml` says how it is started:

    - `runs`: a list of starts, each with `inputs` (by id; `@name` is a file of the case) and, after a pause, `resume`:
      a list of inputs, one for each time it is resumed;
    - `namespace_files`: folders by namespace; `kv`: entries by namespace;
    - `flow_triggers: true`: flows come along that listen to it;
    - `ordered: false`: task runs and log entries of different branches may come in any order;
    - `run: false`: it is compiled only, `reason` says why.

    Expected: `flow.py`, `ir.txt`, `execution.json`.
    """

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def settings(self) -> dict[str, Any]:
        path = self.folder / "case.yaml"
        return dict(yaml.safe_load(path.read_text("utf-8")) or {}) if path.exists() else {}

    def analyse(self) -> Result:
        """The case through the compiler, up to the intermediate form."""
        flows, templates = self.folder / "flows", self.folder / "templates"
        return analyse(
            Sources.read(
                self.folder / "flow.yaml",
                flows if flows.is_dir() else None,
                templates if templates.is_dir() else None,
            ),
            flow_triggers=bool(self.settings.get("flow_triggers")),
        )

    def module(self) -> str:
        """The compiled module, with all flows in it."""
        return generate(self.analyse().require())

    def intermediate(self) -> str:
        """The printed intermediate form of all flows."""
        return "\n".join(print_module(module) for module in self.analyse().require().modules)

    def executions(self, form: str) -> list[Any]:
        """The comparable executions of all starts, the module built in one of the forms."""
        settings = self.settings
        source = (
            self.module()
            if form == "installed"
            else generate(
                self.analyse().require(),
                formatted=False,
                runtime_included=True,
                runtime_folder="" if form == "vendored" else None,
            )
        )
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            if form == "standalone":
                source = with_runtime(source)
            elif form == "vendored":
                for path, text in needed_modules([source], beside={}).items():
                    target = folder / path
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_text(text, "utf-8")
            program = folder / "flow.py"
            program.write_text(source, "utf-8")
            starts = settings.get("runs") or [{}]
            return [self._start(program, start, settings, form) for start in starts]

    def _start(
        self, program: Path, start: dict[str, Any], settings: dict[str, Any], form: str
    ) -> Any:
        store, out = program.parent / "store", program.parent / "execution.json"
        out.unlink(missing_ok=True)
        options = ["--execution", str(out)]
        if "resume" in start:
            options += ["--store", str(store)]
        for namespace, files in (settings.get("namespace_files") or {}).items():
            options += ["--namespace-files", f"{namespace}={self.folder / files}"]
        for number, (namespace, entries) in enumerate((settings.get("kv") or {}).items()):
            path = program.parent / f"kv{number}.json"
            path.write_text(json.dumps(entries), "utf-8")
            options += ["--kv", f"{namespace}={path}"]
        result = self._python(program, [*self._inputs(start.get("inputs")), *options], form)
        for inputs in start.get("resume", ()):
            paused = json.loads(out.read_text("utf-8"))["id"]
            arguments = ["resume", paused, *self._inputs(inputs), *options]
            result = self._python(program, arguments, form)
        if "Traceback (most recent call last)" in result.stderr:
            raise RuntimeError(f"the program crashed:\n{result.stderr}")
        if not out.exists():
            return {"exit": result.returncode, "message": result.stderr.strip()}
        document = comparable(json.loads(out.read_text("utf-8")))
        if settings.get("ordered") is False:
            _sort(document)
        return {"exit": result.returncode, **document}

    def _inputs(self, inputs: dict[str, Any] | None) -> list[str]:
        words = []
        for key, value in (inputs or {}).items():
            text = value if isinstance(value, str) else json.dumps(value)
            if text.startswith("@"):
                text = f"@{self.folder / text[1:]}"
            words += ["--input", f"{key}={text}"]
        return words

    def _python(
        self, program: Path, words: list[str], form: str
    ) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": os.environ["PATH"], **_ENVIRONMENT}
        command = [sys.executable]
        if form == "installed":
            folders = (str(ROOT / "compiler"), str(ROOT / "runtime"))
            environment["PYTHONPATH"] = os.pathsep.join(folders)
        else:
            command += ["-I", "-S"]
        return subprocess.run(
            [*command, str(program), *words],
            capture_output=True,
            text=True,
            env=environment,
            cwd=program.parent,
            check=False,
        )


def _sort(document: dict[str, Any]) -> None:
    document["runs"].sort(key=lambda run: str(run["run"]))
    document["logs"].sort()
    for child in document.get("children", ()):
        _sort(child)


def cases(*parents: str) -> list[Case]:
    """All cases below folders of the project."""
    return [
        Case(path.parent)
        for parent in parents
        for path in sorted((ROOT / parent).glob("*/flow.yaml"))
    ]
