"""Modules for engines: golden ones, and what holds for all flows at hand: layout, style, names, no text as code."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from flowc.driver import Sources, analyse
from flowc.gen.backends import ENGINES, Request, Written, backend
from flowc.gen.capabilities import CONSTRUCTS, Way, decisions
from flowc.gen.python.finish import format_source
from flowc.link.program import Program
from flowc.source import SourceFile

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "targets"
FLOWS = sorted(
    [
        *(ROOT / "examples").glob("*/flow.yaml"),
        *(ROOT / "golden" / "ok").glob("*/flow.yaml"),
        *(ROOT / "tests" / "conformance" / "corpus").glob("*/*/main.yaml"),
    ]
)


def program_of(path: Path) -> Program | None:
    """A flow with those that it names; None when it is refused."""
    flows, templates = path.parent / "flows", path.parent / "templates"
    sources = Sources.read(
        path, flows if flows.is_dir() else None, templates if templates.is_dir() else None
    )
    return analyse(sources).program


def compiled(program: Program, target: str, output: Path) -> Written:
    """The files of a program; what is there already is not looked at."""
    return backend(target).write(Request(program, output, {}, force=True))


@pytest.mark.parametrize("target", ENGINES)
def test_example_is_what_the_compiler_writes(target: str, update_golden: bool) -> None:
    program = program_of(EXAMPLE / "flow.yaml")
    assert program is not None
    expected = EXAMPLE / target / "nightly_orders.py"
    text = compiled(program, target, expected).files[expected]
    if update_golden:
        expected.parent.mkdir(exist_ok=True)
        expected.write_text(text, "utf-8")
    assert text == expected.read_text("utf-8")


@pytest.mark.parametrize("target", ENGINES)
def test_modules_are_laid_out_and_in_style(target: str, tmp_path: Path) -> None:
    """As black lays them out, without a finding of ruff, each of them Python."""
    count = 0
    for path in FLOWS:
        program = program_of(path)
        if program is None:
            continue
        name = f"f_{path.parent.name.replace('-', '_')}.py"
        for file, text in compiled(program, target, tmp_path / name).files.items():
            assert text == format_source(text), path
            ast.parse(text)
            file.write_text(text, "utf-8")
            count += 1
    assert count > 100
    found = subprocess.run(
        [
            *(sys.executable, "-m", "ruff", "check", "--isolated", "--line-length=100"),
            *("--select=E,F,I,B,UP,SIM,PIE,C4", "--ignore=SIM105,SIM117,E501,B018", str(tmp_path)),
        ],
        capture_output=True,
        text=True,
    )
    assert found.returncode == 0, found.stdout[-3000:]


HOSTILE = [
    '"""); import os; os.system("true") #',
    "'''\n__import__('os')\n'''",
    "{{ '{{' }} \\N{BULLET} \\x00 #",
    "%s {0} {run} ${HOME}",
    "\\",
    "\U0001f600 \u202e txt",
]
"""Texts that would like to be code."""

POSITIONS = """
id: hostile
namespace: company.team
description: {text}
labels: {{team: {text}}}
inputs:
  - {{id: given, type: STRING, defaults: {text}, description: {text}}}
  - {{id: chosen, type: SELECT, values: [{choice}, other], defaults: {choice}}}
variables: {{key: {text}}}
tasks:
  - id: which
    type: io.kestra.plugin.core.flow.Switch
    value: {text}
    cases:
      {text}:
        - {{id: inside, type: io.kestra.plugin.core.log.Log, message: {text}, description: {text}}}
  - id: each
    type: io.kestra.plugin.core.flow.ForEach
    values: [{text}]
    tasks:
      - {{id: body, type: io.kestra.plugin.core.log.Log, message: {text}}}
  - id: ask
    type: io.kestra.plugin.core.flow.Pause
    onResume:
      - {{id: note, type: STRING, defaults: {text}, description: {text}}}
outputs:
  - {{id: out, type: STRING, value: {text}}}
triggers:
  - {{id: night, type: io.kestra.plugin.core.trigger.Schedule, cron: "0 3 * * *", inputs: {{given: {text}}}}}
"""


def positions(text: str) -> str:
    """A flow with a text wherever there may be one; a choice must be a pattern, too."""
    written, choice = (json.dumps(each, ensure_ascii=False) for each in (text, re.escape(text)))
    return POSITIONS.format(text=written, choice=choice)


@pytest.mark.parametrize("target", ENGINES)
@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_code(target: str, text: str, tmp_path: Path) -> None:
    """Calls and imports are those of a flow with a harmless text, but for how a text is written."""

    def shape(value: str) -> set[str]:
        program = analyse(Sources(SourceFile("hostile.yaml", positions(value)))).program
        assert program is not None
        [written] = compiled(program, target, tmp_path / "hostile.py").files.values()
        tree = ast.parse(written)
        names = [ast.unparse(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)]
        imports = [n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
        return {*names, *imports}

    # how a text is written depends on the text
    assert shape(text) - shape("plain") <= {
        "expr",
        "flowrt.expressions",
        "text",
        "template",
        "text_block",
    }


POLICIES = """
id: hostile
namespace: company.team
tasks:
  - id: ask
    type: io.kestra.plugin.core.http.Request
    uri: http://localhost
    timeout: {duration}
    retry: {{type: exponential, interval: {duration}, maxInterval: {duration}, delayFactor: {factor}, maxAttempts: 40}}
"""


@pytest.mark.parametrize("target", ENGINES)
@pytest.mark.parametrize("factor", ["2.0", "1.0e+300"])
@pytest.mark.parametrize("duration", ["never", "PT-1H", "P99999999999D", "PT1S"])
def test_a_duration_that_no_engine_knows_is_left_to_the_runtime(
    target: str, duration: str, factor: str, tmp_path: Path
) -> None:
    source = POLICIES.format(duration=duration, factor=factor)
    program = analyse(Sources(SourceFile("hostile.yaml", source))).program
    if program is None:
        return  # refused with a finding
    [written] = compiled(program, target, tmp_path / "hostile.py").files.values()
    told = {"execution_timeout", "timeout_seconds"} & {
        keyword.arg for keyword in ast.walk(ast.parse(written)) if isinstance(keyword, ast.keyword)
    }
    assert bool(told) is (duration == "PT1S"), written
    for node in ast.walk(ast.parse(written)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "timedelta":
            timedelta(seconds=ast.literal_eval(node.keywords[0].value))


def test_a_description_is_no_name_of_a_file_for_airflow(tmp_path: Path) -> None:
    source = positions("see README.md")
    program = analyse(Sources(SourceFile("described.yaml", source))).program
    assert program is not None
    [written] = compiled(program, "airflow", tmp_path / "described.py").files.values()
    [dag] = [
        node
        for node in ast.walk(ast.parse(written))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "DAG"
    ]
    [doc] = [ast.literal_eval(keyword.value) for keyword in dag.keywords if keyword.arg == "doc_md"]
    assert doc == "see README.md\n"  # Airflow reads a file where this ends with .md


@pytest.mark.parametrize("target", ENGINES)
def test_capabilities_name_every_construct(target: str) -> None:
    from importlib import import_module

    table = import_module(f"flowc.gen.{target}.capabilities").CAPABILITIES
    assert table.keys() == CONSTRUCTS.keys()
    for path in FLOWS:
        program = program_of(path)
        if program is not None:
            for decision in decisions(program.main, table):
                assert decision.use.construct in CONSTRUCTS
                assert decision.capability.way in Way


@pytest.mark.parametrize("target", ENGINES)
def test_what_has_not_changed_is_left_alone(target: str, tmp_path: Path) -> None:
    program = program_of(EXAMPLE / "flow.yaml")
    assert program is not None
    request = Request(program, tmp_path / "orders.py", {})
    for path, text in backend(target).write(request).files.items():
        path.write_text(text, "utf-8")
    again = backend(target).write(request)
    assert again.unchanged == 1
    assert tmp_path / "orders.py" not in again.files
