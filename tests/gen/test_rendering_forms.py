"""Texts that a flow renders while it runs, in programs that carry their runtime: the same as where it is installed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from goldens import ROOT

from flowc.cli import main
from flowc.expr.builtins import FILTERS, FUNCTIONS, TESTS
from flowc.gen.python.vendor import needed_modules

TEXT = (
    "{{ '2024-06-01T00:00:00Z' | date('yyyy') }} {{ now() is null }} {{ max(1, 2) }}{{ range(0, 2) }}"
    " {{ [3, 1] | sort | join('-') }} {{ 'a b' | slugify | upper }} {{ 7 | numberFormat('0.0') }}"
    " {% if 1 > 0 and 3 is odd %}yes{% else %}no{% endif %}"
    "{% for i in [1, 2] %}{{ loop.index }}{{ i }}{% endfor %}"
    "{% set y = 3 %}{{ y }}{% macro m(a) %}<{{ a }}>{% endmacro %}{{ m(4) }}{{ nothing ?? 'else' }}"
    " {{ fromJson('[1]') | toJson }}{{ {'a': 1} | jq('.a') | first }} {{ 'x' ~ 1 + 2 }} {{ ['a'] contains 'a' }}"
    " {{ kv('none', errorOnMissing=false) is null }}"
)
FLOW = f"""
id: rendered
namespace: company.team
variables:
  text: "{TEXT}"
tasks:
  - {{id: first, type: io.kestra.plugin.core.log.Log, message: "{{{{ render(vars.text) }}}}"}}
"""
TEMPLATED = """
id: templated
namespace: company.team
tasks:
  - id: put
    type: io.kestra.plugin.core.templating.TemplatedTask
    spec: |
      type: io.kestra.plugin.core.kv.Set
      key: name
      value: "{{ '{{ [[1, 2] | last, range(0, 2)] }}' }}"
      kvType: JSON
  - id: said
    type: io.kestra.plugin.core.templating.TemplatedTask
    spec: |
      type: io.kestra.plugin.core.{{ 'log' }}.Log
      message: "{{ '{{ kv(_name_) }}' | replace({'_': vars.quote}) }}"
  - id: absent
    type: io.kestra.plugin.core.templating.TemplatedTask
    spec: |
      type: io.kestra.plugin.{{ 'serdes' }}.csv.CsvToIon
      from: nothing
variables:
  quote: "'"
"""
FORMS = ["", "--standalone", "--vendor"]


def _run(tmp_path: Path, flow: str, form: str | list[str], *options: str) -> list[str]:
    source, program = tmp_path / "flow.yaml", tmp_path / "out" / "flow.py"
    source.write_text(flow)
    more = [form] if isinstance(form, str) else form
    words = ["compile", str(source), "-o", str(program), *filter(None, more)]
    if form == "--vendor":
        words.append(str(program.parent))
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    environment = {"PATH": os.environ["PATH"]}
    if not form:
        environment["PYTHONPATH"] = os.pathsep.join((f"{ROOT}/compiler", f"{ROOT}/runtime"))
    ran = subprocess.run(
        [sys.executable, *(["-I"] if form else []), str(program), *options],
        capture_output=True,
        text=True,
        check=False,
        cwd=program.parent,
        env=environment,
    )
    assert "Traceback" not in ran.stderr
    return re.findall(r"^[\d-]+T[\d:.]+Z (.+)", ran.stderr, re.M)


@pytest.mark.parametrize("form", FORMS)
def test_rendered_texts(tmp_path: Path, form: str) -> None:
    (line,) = _run(tmp_path, FLOW, form)
    assert line == (
        "INFO  first: 2024 false 2[0,1,2] 1-3 A-B 7.0 yes01123<4>else [1]1 x12 true true"
    )


# The names of helpers give way to those of tasks, and calls too long for a line are broken.
@pytest.mark.parametrize(
    ("task", "argument"), [("render", "vars.text"), ("first", f"vars.text ?? '{'x' * 120}'")]
)
def test_rendered_texts_are_known_however_they_are_written(
    tmp_path: Path, task: str, argument: str
) -> None:
    flow = FLOW.replace(TEXT, "{{ 1 | abs }}").replace("first", task)
    flow = flow.replace("vars.text", argument)
    assert _run(tmp_path, flow, "--standalone") == [f"INFO  {task}: 1"]


@pytest.mark.parametrize("form", FORMS)
def test_templated_tasks(tmp_path: Path, form: str) -> None:
    said, absent = _run(tmp_path, TEMPLATED, form)
    assert said == "INFO  said: [2,[0,1,2]]"
    wanted = "came without the task type" if form else "Invalid internal storage uri"
    assert absent.startswith("ERROR absent: ") and wanted in absent


def test_all_that_expressions_are_made_of_comes_along() -> None:
    texts = needed_modules(["from flowrt.expressions import render\nf = lambda v: render(v, 1)\n"])
    modules = {entry.module for table in (FILTERS, FUNCTIONS, TESTS) for entry in table.values()}
    assert {f"flowrt/expr/{module}.py" for module in modules} <= set(texts)
    assert "HOMES = " in texts["flowrt/expressions.py"]


@pytest.mark.parametrize("executor", ["thread", "process"])
def test_a_program_without_expressions_has_every_executor(tmp_path: Path, executor: str) -> None:
    flow = FLOW.replace('"{{ render(vars.text) }}"', "said").replace(TEXT, "text")
    form = ["--standalone", "--with", "executors"]
    assert _run(tmp_path, flow, form, "--executor", executor) == ["INFO  first: said"]


NAMED = """
id: named
namespace: company.team
inputs:
  - {id: Input, type: DATETIME, defaults: 2024-06-01T00:00:00Z}
tasks:
  - {id: Input, type: io.kestra.plugin.core.log.Log, message: "{{ inputs.Input | date('yyyy') }}"}
  - {id: Pause, type: io.kestra.plugin.core.flow.Pause, pauseDuration: PT0.01S}
  - {id: flow, type: io.kestra.plugin.core.log.Log, message: "{{ outputs.Pause is null }}"}
"""


@pytest.mark.parametrize("form", FORMS)
def test_tasks_that_have_the_names_of_helpers(tmp_path: Path, form: str) -> None:
    assert _run(tmp_path, NAMED, form) == ["INFO  Input: 2024", "INFO  flow: false"]
