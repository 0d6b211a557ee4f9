"""Whole programs: a declared flow, a command line, what comes out."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from running import analysed, loaded

from flowrt import Check, Flow, Input, Output, Run
from flowrt.expr.template import expr
from flowrt.program.main import run as main
from flowrt.tasks.log import Log


def program(**more: Any) -> Flow:
    flow = Flow(
        id="greet",
        namespace="company.team",
        inputs=[
            Input("who", "STRING", defaults="world"),
            Input("n", "INT", required=False, max=9),
            Input("file", "FILE", required=False),
            Input("pw", "SECRET", required=False),
        ],
        outputs=[
            Output(
                "said",
                "STRING",
                value=expr("{{ inputs.who }}!", lambda v: f"{v['inputs']['who']}!"),
            ),
            Output(
                "n",
                "FLOAT",
                value=expr("{{ inputs.n }}", lambda v: v["inputs"]["n"]),
                required=False,
            ),
        ],
        **more,
    )
    hi = flow.task(
        Log(
            "hi",
            message=expr(
                "{{ inputs.who }} {{ inputs.pw }}",
                lambda v: f"hello {v['inputs']['who']} {v['inputs']['pw']}",
            ),
        )
    )

    @flow.tasks
    async def tasks(run: Run) -> None:
        await run(hi)

    return flow


def test_outputs_on_stdout_logs_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(program(), ["--input", "who=ann", "--input", "n=7"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == {"said": "ann!", "n": 7.0}
    assert "INFO  hi: hello ann" in err


def test_a_secret_reaches_no_log_document_or_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = tmp_path / "pw.txt"
    secret.write_text("open-sesame-1")
    document, report = tmp_path / "out.json", tmp_path / "out.html"
    argv = [f"--input=pw=@{secret}", f"--execution={document}", f"--report={report}", "--json"]
    assert main(program(), argv) == 0
    out, err = capsys.readouterr()
    written = document.read_text() + report.read_text() + out + err
    assert "open-sesame-1" not in written
    assert "hello world ******" in err


def test_a_file_is_stored_for_the_execution(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "data.csv"
    path.write_text("a")
    assert main(program(), ["--input", f"file=@{path}", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["inputs"]["file"] == (
        f"kestra:///company/team/greet/executions/{found['id']}/inputs/file/data.csv"
    )


def test_refused_inputs_start_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = tmp_path / "out.json"
    assert main(program(), ["--input", "n=10", "--execution", str(document)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("Invalid value for input `n`. Cause: it must be less than `9`\n")
    assert not document.exists()


@pytest.mark.parametrize(
    ("behavior", "code", "state"),
    [
        ("BLOCK_EXECUTION", 2, None),
        ("FAIL_EXECUTION", 1, "FAILED"),
        ("CREATE_EXECUTION", 0, "SUCCESS"),
    ],
)
def test_checks(
    behavior: str, code: int, state: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    not_bob = expr("{{ inputs.who != 'bob' }}", lambda v: v["inputs"]["who"] != "bob")
    flow = program(checks=[Check(not_bob, "bob must wait", behavior=behavior)])
    assert main(flow, ["--input", "who=bob", "--json"]) == code
    out, err = capsys.readouterr()
    assert "bob must wait" in err
    assert (json.loads(out)["state"]["current"] if out else None) == state
    assert main(flow, ["--input", "who=ann"]) == 0
    assert "bob must wait" not in capsys.readouterr().err


SECRET_LOOP = """
id: loop
namespace: company.team
inputs:
  - id: pw
    type: SECRET
  - id: count
    type: INT
    defaults: "{{ inputs.pw }}"
    dependsOn: {inputs: [pw], condition: "{{ inputs.pw == 'open-sesame-1' }}"}
tasks:
  - id: each
    type: io.kestra.plugin.core.flow.ForEach
    values: ["{{ inputs.pw }}", plain]
    tasks:
      - id: say
        type: io.kestra.plugin.core.log.Log
        message: hello
"""


def test_a_secret_that_is_the_value_of_a_round_is_shown_nowhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    report = tmp_path / "out.html"
    argv = ["--input=pw=wide-sesame", f"--report={report}"]
    flow = loaded(analysed(SECRET_LOOP))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(flow, argv) == 0
    out, err = capsys.readouterr()
    assert "wide-sesame" not in out + err + report.read_text()
    assert "say[plain]" in err and "say[******]" in err and "say [******]" in report.read_text()


def test_a_refusal_hides_each_word_of_the_secret_that_a_default_is_made_of(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(loaded(analysed(SECRET_LOOP)), ["--input=pw=open-sesame-1"]) == 2
    out, err = capsys.readouterr()
    assert "sesame" not in out + err and "'open'" not in out + err
    assert "`count`. Cause: Cannot read the default: Unrecognized token '******'" in err


def test_a_refusal_hides_the_secret_that_a_value_is_made_of(
    capsys: pytest.CaptureFixture[str],
) -> None:
    dated = SECRET_LOOP.replace("type: INT", "type: DATE")
    assert main(loaded(analysed(dated)), ["--input=pw=open-sesame-1"]) == 2
    out, err = capsys.readouterr()
    assert "sesame" not in out + err and "count" in err


@pytest.mark.parametrize("type", ["INT", "JSON", "DATETIME", "FLOAT"])
def test_a_refusal_hides_secrets_that_a_default_has_read(
    type: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_WORD", base64.b64encode(b"open-sesame-1").decode())
    text = SECRET_LOOP.replace("type: INT", f"type: {type}").replace(
        '{{ inputs.pw }}"\n    dep', "{{ secret('WORD') }}\"\n    dep"
    )
    assert main(loaded(analysed(text)), ["--input=pw=open-sesame-1"]) == 2
    out, err = capsys.readouterr()
    assert "sesame" not in out + err and "'open'" not in out + err and "count" in err
