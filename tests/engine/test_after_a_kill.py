"""What runs behind the end of a killed execution sees what was killed as ended."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "store"))
from programs import ENVIRONMENT, Program

CORE = "io.kestra.plugin.core."
SLEEP = f"{{id: a, type: {CORE}flow.Sleep, duration: PT60S}}"
SCRIPT = "{id: a, type: io.kestra.plugin.scripts.shell.Commands, commands: [echo begun, sleep 60]}"
SUBFLOW = f"{{id: a, type: {CORE}flow.Subflow, namespace: n, flowId: sub}}"
SUB = f"id: sub\nnamespace: n\ntasks:\n  - {SLEEP}\n"


@pytest.mark.parametrize(
    "task",
    [
        SLEEP,
        SCRIPT,
        SUBFLOW,
        f"{{id: p, type: {CORE}flow.Parallel, tasks: [{SLEEP}, {SCRIPT.replace('id: a', 'id: b')}]}}",
        f"{{id: p, type: {CORE}flow.Sequential, tasks: [{SUBFLOW}]}}",
    ],
)
def test_states_of_tasks_are_those_of_the_end(tmp_path: Path, task: str) -> None:
    (tmp_path / "sub.yaml").write_text(SUB)
    said = f"  - {{id: c, type: {CORE}log.Log, message: 'seen {{{{ tasks | toJson }}}}'}}\n"
    program = Program(tmp_path, f"id: f\nnamespace: n\ntasks:\n  - {task}\nafterExecution:\n{said}")
    lines = []
    words = [sys.executable, str(program.file)]
    with subprocess.Popen(
        words, env=ENVIRONMENT, cwd=tmp_path, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            lines.append(line)
            if "Waiting for" in line or "begun" in line:
                break
        process.send_signal(signal.SIGINT)
        lines += process.stderr.readlines()
    assert process.returncode == 4
    [seen] = [line.partition("seen ")[2] for line in lines if " c: seen " in line]
    states = {id: each["state"] for id, each in json.loads(seen).items() if id != "c"}
    assert set(states.values()) == {"KILLED"}
