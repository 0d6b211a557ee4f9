"""One recorded case: compile its flow, run it as the recording was made, compare what came out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import compare
import yaml
from clock import CountingIds, JumpingClock

from flowc.driver import Sources, analyse, generate, load_program
from flowc.source import SourceFile
from flowrt.engine.document import execution_document
from flowrt.engine.execution import Execution
from flowrt.inputs.checks import CheckError
from flowrt.inputs.errors import InputError
from flowrt.model.flow import Flow
from flowrt.verbs.look import document_of as document
from flowrt.verbs.options import RunOptions
from flowrt.verbs.start import execute


class Refused(Exception):
    """The compiler refuses the flow; `unsupported` when only for a task type that is not there."""

    def __init__(self, diagnostics: list[Any]) -> None:
        errors = [each for each in diagnostics if each.is_error]
        super().__init__("; ".join(f"{each.code} {each.message}" for each in errors))
        self.unsupported = bool(errors) and all(each.code.startswith("FC5") for each in errors)


class Harness:
    """A case folder and its surroundings."""

    def __init__(
        self,
        case: Path,
        spec: dict[str, Any],
        store: Path,
        *,
        globals: dict[str, Any],
        url: str,
    ) -> None:
        self.case = case
        self.spec = spec
        self.store = store
        self.globals = globals
        self.url = url
        self.flow: Flow | None = None
        self.clock = JumpingClock()
        self.ids = CountingIds()

    def compile(self) -> None:
        """Compile the flow with its subflows and templates. Raises Refused."""
        spec = self.spec

        def source(name: str) -> SourceFile:
            return SourceFile(name, (self.case / name).read_text("utf-8"))

        templates = []
        for number, given in enumerate(spec.get("templates") or []):
            if isinstance(given, str):
                templates.append(source(given))
            else:
                templates.append(SourceFile(f"template{number}.yaml", yaml.safe_dump(given)))
        result = analyse(
            Sources(
                source(spec.get("flow") or "main.yaml"),
                tuple(source(name) for name in spec.get("subflows") or []),
                tuple(templates),
            ),
            flow_triggers=True,
        )
        if result.program is None:
            raise Refused(result.diagnostics)
        self.flow = load_program(generate(result.program, formatted=False), "case.py")

    def start(self, given: dict[str, Any]) -> Execution:
        """Run the flow once. Raises InputError or CheckError when the start is refused."""
        assert self.flow is not None
        return execute(self.flow, self.options(given))

    def alone(self, given: dict[str, Any]) -> Execution:
        """Run the flow once, with nobody else about: the time jumps, and order is a matter of the flow alone."""
        assert self.flow is not None
        options = self.options(given)
        options.clock = self.clock
        options.patience = False
        return execute(self.flow, options)

    def options(self, given: dict[str, Any]) -> RunOptions:
        """What a start (or a resume) of the case is given."""
        inputs = {key: self._given(value) for key, value in (given.get("inputs") or {}).items()}
        labels = given.get("labels", self.spec.get("labels")) or {}
        return RunOptions(
            inputs=inputs,
            labels={str(k): str(v) for k, v in labels.items()},
            namespace_files={
                namespace: str(self.case / folder)
                for namespace, folder in (self.spec.get("namespace_files") or {}).items()
            },
            kv=self.spec.get("kv") or {},
            store=str(self.store),
            keep_logs=True,
            globals=self.globals,
            url=self.url,
            ids=self.ids,
        )

    def act(self, given: dict[str, Any], want: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """Run once with the actions of the case; the document of the last execution, and what went wrong."""
        from actions import Actions

        assert self.flow is not None
        doing = Actions(self.flow, str(self.store), lambda inputs: self.options({"inputs": inputs}))
        actions = given.get("actions", self.spec.get("actions")) or []
        id = doing.run(lambda: self.start(given), actions, want.get("steps"))
        return document(self.flow, id, RunOptions(store=str(self.store))), doing.problems

    def _given(self, value: Any) -> Any:
        if isinstance(value, dict) and set(value) == {"$file"}:
            from flowrt.inputs.conversion import Upload

            path = self.case / value["$file"]
            return Upload(path.name, path.read_bytes())
        # The API takes texts: what is not one is sent as JSON.
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    def compare(self, given: dict[str, Any], want: dict[str, Any]) -> list[str]:
        """Run once and name the differences to what was recorded."""
        problems: list[str] = []
        try:
            if given.get("actions", self.spec.get("actions")):
                found, problems = self.act(given, want)
            else:
                found = execution_document(self.alone(given))
        except (InputError, CheckError) as error:
            if "rejected" not in want:
                return [f"rejected: {error}"]
            return (
                []
                if same_message(want["rejected"], str(error))
                else [f"rejected: expected {want['rejected']!r}, got {str(error)!r}"]
            )
        if "rejected" in want:
            return [f"not rejected: {want['rejected']!r}"]
        different = compare.differences(
            want["expected"],
            compare.normal(json.loads(json.dumps(found))),
            want.get("ordered", True),
        )
        return problems + [f"{kind}: {text}" for kind, texts in different.items() for text in texts]


def same_message(want: str, got: str) -> bool:
    """Whether a refusal says what Kestra says, less the names of Java classes in front."""
    return want == got or want.endswith(got) or got.strip() in want or got.startswith(f"{want}\n")
