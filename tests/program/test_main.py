"""The program from its command line to its exit code, over an engine that does as it is told."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from flowrt.engine.execution import Execution, LogRecord
from flowrt.inputs.checks import CheckError
from flowrt.inputs.declaration import Input
from flowrt.inputs.errors import InputError
from flowrt.model.failures import Refusal
from flowrt.model.flow import Flow
from flowrt.program.main import run as main
from flowrt.verbs.options import RunOptions


class ScriptedFlow(Flow):
    """A flow whose executions end in a given state, or are refused with a given error."""

    def __init__(self, state: str = "SUCCESS", error: Exception | None = None, **more: Any) -> None:
        super().__init__("orders", "company", description="Load\n orders.", **more)
        self.state = state
        self.error = error
        self.options: list[RunOptions] = []

    def execute(self, options: RunOptions) -> Execution:
        self.options.append(options)
        if self.error is not None:
            raise self.error
        execution = Execution(self)
        record = LogRecord(execution, None, "INFO", "at work", 0)
        if options.keep_logs:
            execution.logs.append(record)
        if options.sink is not None:
            options.sink(record)
        execution.history += [self.state, execution.history[1] + 1]
        execution.state = self.state
        execution.outputs = {"total": 3}
        return execution

    def resume(self, id: str, options: RunOptions) -> Execution:
        if id != "known":
            raise Refusal(f"no execution {id} in the store")
        return self.execute(options)


@pytest.fixture(autouse=True)
def scripted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Flows do as they are told."""

    def execute(flow: ScriptedFlow, options: RunOptions) -> Execution:
        return flow.execute(options)

    def resume(flow: ScriptedFlow, id: str, options: RunOptions) -> Execution:
        return flow.resume(id, options)

    monkeypatch.setattr("flowrt.verbs.start.execute", execute)
    monkeypatch.setattr("flowrt.verbs.resume.resume", resume)


INPUTS = [
    Input("region", "SELECT", values=["eu", "us"], defaults="eu", description="Where it runs."),
    Input("size", "INT", min=1, display_name="Size"),
    Input("pw", "SECRET", defaults="hidden-default"),
]


@pytest.mark.parametrize(
    ("state", "code"),
    [("SUCCESS", 0), ("WARNING", 0), ("FAILED", 1), ("PAUSED", 3), ("KILLED", 4), ("CANCELLED", 4)],
)
def test_exit_codes(state: str, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(ScriptedFlow(state), []) == code
    out, err = capsys.readouterr()
    assert json.loads(out) == {"total": 3}
    assert "at work" in err
    assert state in err


def test_the_document_is_written_after_a_failure_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, page = tmp_path / "out.json", tmp_path / "out.html"
    code = main(ScriptedFlow("FAILED"), ["--execution", str(out), "--report", str(page), "--json"])
    assert code == 1
    document = json.loads(out.read_text())
    assert document["state"]["current"] == "FAILED"
    assert [entry["message"] for entry in document["logs"]] == ["at work"]
    assert "logs" not in json.loads(capsys.readouterr().out)
    assert "at work" in page.read_text()


def test_json_logs_leave_nothing_else_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    main(ScriptedFlow(), ["--log-format", "json"])
    assert [json.loads(line)["message"] for line in capsys.readouterr().err.splitlines()] == [
        "at work"
    ]


def test_refused_inputs_exit_with_2_and_show_the_inputs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flow = ScriptedFlow(error=InputError("Missing required input:size"), inputs=INPUTS)
    out = tmp_path / "out.json"
    assert main(flow, ["--input", "sice=1", "--execution", str(out)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("Missing required input:size\n")
    assert "sice is no input of this flow; did you mean size?" in captured.err
    assert "one of eu, us" in captured.err
    assert not out.exists()
    assert flow.options[0].inputs == {"sice": "1"}


def test_a_check_that_blocks_exits_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(ScriptedFlow(error=CheckError(["too late", "too big"])), []) == 2
    assert "too late" in capsys.readouterr().err


def test_wrong_usage_exits_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(ScriptedFlow(), ["--stroe", "x"]) == 2
    assert "did you mean --store?" in capsys.readouterr().err


def test_help_lists_the_inputs_and_hides_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(ScriptedFlow(inputs=INPUTS), ["--help"]) == 0
    text = capsys.readouterr().out
    assert "company.orders: Load orders." in text
    assert "Where it runs." in text
    assert "required, at least 1" in text
    assert "default eu, one of eu, us" in text
    assert "hidden-default" not in text
    assert "--namespace-files NS=DIR" in text


def test_a_command_has_help_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(ScriptedFlow(inputs=INPUTS), ["replay", "--help"]) == 0
    text = capsys.readouterr().out
    assert "replay ID [options]" in text
    assert "--from TASK" in text
    assert "--label" not in text


def test_inputs_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(ScriptedFlow(inputs=INPUTS), ["inputs", "--json"]) == 0
    text = capsys.readouterr().out
    assert json.loads(text)[1] == {
        "id": "size",
        "type": "INT",
        "required": True,
        "displayName": "Size",
    }
    assert "hidden-default" not in text


def test_a_paused_execution_says_how_to_go_on(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(ScriptedFlow("PAUSED"), ["--store", str(tmp_path)]) == 3
    assert f"--store {tmp_path}" in capsys.readouterr().err


def test_a_paused_execution_says_so_to_machines(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(ScriptedFlow("PAUSED"), ["--store", str(tmp_path), "--log-format", "json"]) == 3
    *_, last = capsys.readouterr().err.splitlines()
    assert f"--store {tmp_path}" in json.loads(last)["hint"]


def test_a_command_that_is_interrupted_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*given: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules["flowrt.program.main"], "_perform", interrupted)
    assert main(ScriptedFlow(), []) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_an_unknown_execution_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(ScriptedFlow(), ["resume", "other"]) == 2
    assert "no execution other in the store" in capsys.readouterr().err
    assert main(ScriptedFlow(), ["resume", "known"]) == 0
