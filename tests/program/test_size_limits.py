"""Chains of flows without end; what is lost, and said so."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flowc.driver import Sources, analyse, generate
from flowc.source import SourceFile

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{ROOT / 'compiler'}{os.pathsep}{ROOT / 'runtime'}"}

ENDLESS = """
id: endless
inputs: [{id: next, type: STRING, defaults: endless}]
namespace: a.b
tasks:
  - {id: again, type: io.kestra.plugin.core.flow.Subflow, namespace: a.b, flowId: "{{ inputs.next }}", wait: true}
"""

SETTING = """
id: setting
namespace: a.b
tasks:
  - {id: put, type: io.kestra.plugin.core.kv.Set, key: k, value: v}
"""


def words(folder: Path, text: str) -> list[str]:
    path = folder / "flow.py"
    path.write_text(generate(analyse(Sources(SourceFile("flow.yaml", text))).require()), "utf-8")
    return [sys.executable, str(path)]


def run(command: list[str], **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**ENVIRONMENT, **more}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


def test_flows_that_start_one_another_without_end(tmp_path: Path) -> None:
    command = [*words(tmp_path, ENDLESS), "--store", str(tmp_path / "store")]
    done = run(command)
    assert done.returncode == 1
    assert "FR101: flows start one another more than 100 deep" in done.stderr
    listed = json.loads(run([*command[:2], "list", *command[2:], "--json"]).stdout)
    assert len(listed) == 100 and {each["state"]["current"] for each in listed} == {"FAILED"}
    done = run(command[:2], FLOWRT_MAX_DEPTH="3")
    assert done.returncode == 1 and "more than 3 deep" in done.stderr


@pytest.mark.parametrize("depth", ["0", "-1", "x", "1.5", "²"])
def test_a_depth_that_is_no_number_is_refused(tmp_path: Path, depth: str) -> None:
    done = run(words(tmp_path, SETTING), FLOWRT_MAX_DEPTH=depth)
    assert done.returncode == 2
    assert done.stderr == f"FLOWRT_MAX_DEPTH={depth}: it is a whole number above 0\n"


def test_a_chain_of_flows_can_be_killed(tmp_path: Path) -> None:
    process = subprocess.Popen(
        words(tmp_path, ENDLESS),
        env={**ENVIRONMENT, "FLOWRT_MAX_DEPTH": "1000000"},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert process.stderr is not None
    process.stderr.readline()
    until = time.monotonic() + 60
    process.send_signal(signal.SIGTERM)
    while process.poll() is None and time.monotonic() < until:
        process.stderr.read(65536)
    assert process.wait(10) == 4
    process.stderr.close()


def test_entries_without_a_store_are_lost_and_that_is_said(tmp_path: Path) -> None:
    command = words(tmp_path, SETTING)
    done = run(command, SECRET_BROKEN="no base64!")
    assert "are lost, because no store keeps them: --store DIR" in done.stderr
    assert "SECRET_BROKEN is no base64" in done.stderr and "no base64!" not in done.stderr
    assert "are lost" not in run([*command, "--store", str(tmp_path / "store")]).stderr
