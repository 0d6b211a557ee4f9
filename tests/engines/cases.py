"""Recorded cases on other engines: each is compiled for one, run there, and its execution compared with the recording.

What an engine decides itself is compared less sharply: the order of what runs at the same time is a column of its own.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [
    str(ROOT / "compiler"),
    str(ROOT / "runtime"),
    str(HERE.parent / "conformance"),
    str(HERE.parent),
]

import compare  # noqa: E402
import run_recorded  # noqa: E402
from clock import CountingIds  # noqa: E402
from harness import Harness, Refused  # noqa: E402

from flowc.driver import Sources, analyse  # noqa: E402
from flowc.gen.backends import Request, backend  # noqa: E402
from flowc.source import SourceFile  # noqa: E402
from flowrt.inputs.checks import CheckError  # noqa: E402
from flowrt.inputs.errors import InputError  # noqa: E402

STATES = frozenset({"state", "runs", "children", "inputs"})
OUTPUTS = frozenset({"outputs"})


_GUARD = re.compile(r"^(  - id: guard\n(?:    .*\n)*?    duration: )\w+$", re.MULTILINE)
"""The promise that would have ended a recording which hangs: an engine, on a machine that is busy, may need longer."""


class Outcome(NamedTuple):
    """What one case came to: differences by kind, or why it was left out."""

    name: str
    problems: dict[str, list[str]]
    left_out: str = ""

    @property
    def equal(self) -> bool:
        """Whether states and outputs are those of the recording."""
        return not self.left_out and not (
            self.problems.keys() - {"order", "logs", "history", "log order"}
        )


class Answer(NamedTuple):
    """What somebody has resumed a run with: the tasks that were paused then, and the inputs."""

    tasks: frozenset[str]
    inputs: dict[str, Any]


class Case:
    """A recorded case, compiled for a target into a folder."""

    def __init__(self, path: Path, target: str, folder: Path) -> None:
        self.path = path
        self.name = f"{path.parent.name}/{path.name}"
        self.spec = run_recorded.spec_of(path)
        self.expected = json.loads((path / "expected.json").read_text("utf-8"))
        self.folder = folder
        self.module = folder / "case.py"
        self.target = target
        self.harness = Harness(
            path, self.spec, folder / "store", globals=run_recorded.GLOBALS, url=run_recorded.URL
        )

    def spec_flow(self) -> str:
        """The full name of the flow."""
        return self.flow_name

    def compile(self) -> None:
        """Write the modules. Raises `Refused`."""
        import yaml

        spec = self.spec

        def source(name: str) -> SourceFile:
            text = (self.path / name).read_text("utf-8")
            return SourceFile(name, _GUARD.sub(r"\g<1>PT1H", text))

        templates = [
            (
                source(given)
                if isinstance(given, str)
                else SourceFile(f"template{number}.yaml", yaml.safe_dump(given))
            )
            for number, given in enumerate(spec.get("templates") or [])
        ]
        result = analyse(
            Sources(
                source(spec.get("flow") or "main.yaml"),
                tuple(source(name) for name in spec.get("subflows") or []),
                tuple(templates),
            )
        )
        if result.program is None:
            raise Refused(result.diagnostics)
        self.flow_name = ".".join(result.program.main.key)
        request = Request(result.program, self.module, {}, formatted=False)
        for path, text in backend(self.target).write(request).files.items():
            path.write_text(text, "utf-8")

    def actions(self) -> set[str]:
        """What somebody does with the executions of the case from outside."""
        if "runs" not in self.expected:
            return set()
        listed = [given.get("actions", self.spec.get("actions")) or [] for given, _ in self.runs()]
        return {next(iter(action)) for actions in listed for action in actions}

    def answers(self, given: dict[str, Any]) -> list[Answer]:
        """What somebody resumes a run of the case with, one after the other."""
        recorded = next(want for each, want in self.runs() if each is given)
        found = []
        paused: frozenset[str] = frozenset()
        for step in recorded.get("steps") or []:
            if "resume" in step:
                inputs = self.harness.options(step["resume"] or {}).inputs
                found.append(Answer(paused, inputs))
            else:
                waiting = (run for run, state in step.get("runs") or [] if state == "PAUSED")
                paused = frozenset(run.partition("[")[0] for run in waiting)
        return found

    def runs(self) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """What each run is given, and what was recorded of it."""
        wanted = self.spec.get("runs") or [self.spec]
        yield from zip(wanted, self.expected["runs"], strict=True)


Runner = Callable[[Case, dict[str, Any]], dict[str, Any]]
"""Runs a compiled case once; answers its execution document."""


def run(path: Path, target: str, runner: Runner) -> Outcome:
    """Compile and run one case on a target, and compare."""
    before = dict(os.environ)
    for variable in run_recorded.UNSET:
        os.environ.pop(variable, None)
    with tempfile.TemporaryDirectory() as folder:
        case = Case(path, target, Path(folder))
        own = {k: str(v) for k, v in (case.spec.get("env") or {}).items()}
        os.environ.update({**run_recorded.ENVIRONMENT, **own})
        try:
            return _compared(case, runner)
        except Exception as error:
            from traceback import format_exc

            return Outcome(case.name, {"crash": [repr(error), format_exc()]})
        finally:
            os.environ.clear()
            os.environ.update(before)


def _compared(case: Case, runner: Runner) -> Outcome:
    if "trigger" in (case.spec.get("needs") or []):
        return Outcome(case.name, {}, "needs a trigger")  # an engine has its own
    done = case.actions()
    if done - ({"wait", "resume"} if case.target == "prefect" else set()):
        return Outcome(case.name, {}, f"somebody does from outside: {', '.join(sorted(done))}")
    try:
        case.compile()
    except Refused as error:
        if "refused" in case.expected:
            return Outcome(case.name, {})
        return Outcome(case.name, {}, str(error))
    problems: dict[str, list[str]] = {}
    for given, want in case.runs():
        if want.get("unknown"):
            continue
        try:
            document = runner(case, given)
        except (InputError, CheckError) as error:
            if "rejected" not in want:
                problems.setdefault("state", []).append(f"rejected: {error}")
            continue
        if "rejected" in want:
            problems.setdefault("state", []).append(f"not rejected: {want['rejected']!r}")
            continue
        found = compare.normal(json.loads(json.dumps(document)))
        for kind, texts in compare.differences(want["expected"], found, False).items():
            problems.setdefault(kind, []).extend(texts)
        if "runs" not in problems:
            ordered = compare.differences(want["expected"], found, want.get("ordered", True))
            if "runs" in ordered:
                problems.setdefault("order", []).extend(ordered["runs"])
    return Outcome(case.name, problems)


def corpus(*folders: Path) -> list[Path]:
    """The case folders below some folders; by default those of this repository."""
    given = folders or (HERE.parent / "conformance" / "corpus",)
    return [case for folder in given for case in run_recorded.cases_of(folder.resolve())]


__all__ = ["Answer", "Case", "CountingIds", "Outcome", "corpus", "run"]
