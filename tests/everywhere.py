"""A flow with every kind of task, whose execution is the same wherever its tasks run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from typing import Any

from flowc.driver import Sources, analyse, generate
from flowc.source import SourceFile

ROOT = Path(__file__).parent.parent

FLOW = """
id: everywhere
namespace: a.b
inputs:
  - {id: n, type: INT, defaults: 3}
  - {id: key, type: SECRET, defaults: hush-hush}
variables: {name: "{{ flow.id }}", list: [1, 2]}
tasks:
  - id: loop
    type: io.kestra.plugin.core.flow.ForEach
    values: [eu, us]
    tasks:
      - {id: load, type: io.kestra.plugin.core.debug.Return, format: "{{ taskrun.value }} {{ inputs.n + 1 }} {{ render(vars.name) }}"}
      - {id: file, type: io.kestra.plugin.core.storage.Write, content: "{{ outputs.load[taskrun.value].value }}"}
  - {id: seen, type: io.kestra.plugin.core.debug.Return, format: "{{ read(outputs.file.eu.uri) }} {{ outputs | keys }} {{ tasks.loop.state }} {{ execution.state }}"}
  - {id: put, type: io.kestra.plugin.core.kv.Set, key: k, value: "{{ {'a': [1, 2.5, null]} }}"}
  - {id: got, type: io.kestra.plugin.core.debug.Return, format: "{{ kv('k') }}"}
  - {id: hidden, type: io.kestra.plugin.core.log.Log, message: ["{{ secret('CODE') }}", "{{ inputs.key }}"]}
  - id: fails
    type: io.kestra.plugin.core.execution.Fail
    errorMessage: "no {{ task.id }}"
    allowFailure: true
  - id: typed
    type: io.kestra.plugin.core.output.OutputValues
    values: {date: "{{ '2024-05-06T07:08:09Z' | date }}", map: "{{ vars.list }}"}
  - {id: back, type: io.kestra.plugin.core.debug.Return, format: "{{ outputs.typed.values }} {{ errorLogs() | length }}"}
  - {id: fetch, type: io.kestra.plugin.core.log.Fetch, level: INFO}
  - {id: script, type: io.kestra.plugin.scripts.shell.Commands, commands: ["echo '::{\\"outputs\\":{\\"x\\":1}}::'"]}
  - {id: slow, type: io.kestra.plugin.core.flow.Sleep, duration: PT1M, timeout: PT0.2S, allowFailure: true}
outputs:
  - {id: x, type: INT, value: "{{ outputs.script.vars.x }}"}
"""


def program(tmp_path: Path, text: str) -> Path:
    """The module of a flow."""
    path = tmp_path / "flow.py"
    result = analyse(Sources(SourceFile("flow.yaml", text)))
    path.write_text(generate(result.require()), "utf-8")
    return path


def run(path: Path, *words: str, **more: str) -> dict[str, Any]:
    """The document of an execution by the program; `more` stands in its environment."""
    out = path.parent / "out.json"
    done = started(path, "--execution", str(out), *words, **more)
    assert "Traceback" not in done.stderr, done.stderr
    assert out.exists(), f"exit code {done.returncode}: {done.stderr or 'nothing was said'}"
    assert "open-sesame" not in done.stderr + out.read_text("utf-8")
    found: dict[str, Any] = json.loads(out.read_text("utf-8"))
    return found


def started(path: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """The program, run to its end."""
    folders = os.pathsep.join(str(ROOT / part) for part in ("compiler", "runtime"))
    environment = {**os.environ, "PYTHONPATH": folders, **more}
    environment["SECRET_CODE"] = b64encode(b"open-sesame").decode()
    return subprocess.run(
        [sys.executable, str(path), *words],
        capture_output=True,
        text=True,
        env=environment,
        cwd=path.parent,
        check=False,
    )
