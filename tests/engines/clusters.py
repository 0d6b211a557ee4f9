"""What is tested of every cluster that tasks can run on: `--executor dask`, `--executor ray`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from comparable import comparable
from everywhere import FLOW, ROOT, program, run

LONGEST = 120.0
"""Seconds that something is waited for; far more than it takes on a busy machine."""

LOST = """
id: lost
namespace: a.b
inputs: [{id: mark, type: STRING}]
tasks:
  - id: t
    type: io.kestra.plugin.scripts.shell.Commands
    commands:
      - |
        if [ -e {{ inputs.mark }} ]; then echo fine; exit; fi
        touch {{ inputs.mark }}
        process=$(cut -d ' ' -f 4 /proc/$PPID/stat)
        kill -9 $(cut -d ' ' -f 4 /proc/$process/stat)
        sleep 600
    retry: {type: constant, interval: PT0.01S, maxAttempts: 3}
"""
"""The first attempt kills the worker whose process it runs in, the second finds that it did."""

LONG = """
id: long
namespace: a.b
inputs:
  - {id: mark, type: STRING}
  - {id: limit, type: STRING, defaults: PT1H}
tasks:
  - id: t
    type: io.kestra.plugin.scripts.shell.Commands
    commands:
      - |
        if [ -e {{ inputs.mark }}.again ]; then exit; fi
        touch {{ inputs.mark }}.again
        echo $$ > {{ inputs.mark }}.part; mv {{ inputs.mark }}.part {{ inputs.mark }}; exec sleep 600
    timeout: "{{ inputs.limit }}"
"""
"""A script that says who it is, and lasts unless it is the second one."""


def until(holds: Callable[[], Any]) -> None:
    """Wait until something is true."""
    end = time.monotonic() + LONGEST
    while not holds():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


def lives(mark: Path) -> bool:
    """Whether the script still runs that has written its number there."""
    try:
        stat = Path(f"/proc/{int(mark.read_text())}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


class Clusters:
    """The tests; each kind of cluster has a subclass."""

    name: str

    def started(self, path: Path, *words: str) -> subprocess.Popen[str]:
        """A program with its tasks on a cluster of this machine."""
        environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'compiler'}:{ROOT / 'runtime'}"}
        return subprocess.Popen(
            [sys.executable, str(path), "--executor", f"{self.name}=1", *words],
            env=environment,
            cwd=path.parent,
            text=True,
            stderr=subprocess.PIPE,
        )

    def test_an_execution_is_the_same_on_it(self, tmp_path: Path) -> None:
        path = program(tmp_path, FLOW)
        here = comparable(run(path))
        there = comparable(run(path, "--executor", f"{self.name}=2"))
        for each in (here, there):
            assert set(each["inputs"].pop("key")) == {"type", "value"}  # sealed anew each time
        assert there == here

    def test_a_worker_that_is_lost_is_a_failed_attempt(self, tmp_path: Path) -> None:
        path = program(tmp_path, LOST)
        mark = f"mark={tmp_path / 'mark'}"
        document = run(path, "--executor", f"{self.name}=1", "--input", mark)
        [task] = document["taskRunList"]
        assert [each["state"]["current"] for each in task["attempts"]] == ["FAILED", "SUCCESS"]
        [error] = [each["message"] for each in document["logs"] if each["level"] == "ERROR"]
        assert error.startswith("The worker of the task was lost")

    def test_a_timeout_ends_the_script(self, tmp_path: Path) -> None:
        mark = tmp_path / "mark"
        document = run(
            program(tmp_path, LONG),
            *("--executor", f"{self.name}=1", "--input", f"mark={mark}", "--input", "limit=PT3S"),
        )
        assert document["state"]["current"] == "FAILED"
        assert "Timeout after 00:00:03.000" in [each["message"] for each in document["logs"]]
        assert not lives(mark)

    def test_a_kill_ends_the_script(self, tmp_path: Path) -> None:
        mark, store = tmp_path / "mark", str(tmp_path / "store")
        path = program(tmp_path, LONG)
        running = self.started(path, "--input", f"mark={mark}", "--store", store)
        until(mark.exists)
        running.terminate()
        _, said = running.communicate()
        assert running.returncode == 4, said
        assert "Traceback" not in said
        assert not lives(mark)

    def test_an_engine_that_dies_leaves_no_script_and_goes_on(self, tmp_path: Path) -> None:
        mark, store = tmp_path / "mark", str(tmp_path / "store")
        path = program(tmp_path, LONG)
        running = self.started(path, "--input", f"mark={mark}", "--store", store)
        until(mark.exists)
        running.kill()
        running.communicate()
        until(lambda: not lives(mark))
        words = [sys.executable, str(path), "list", "--json", "--store", store]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "runtime")}
        listed = subprocess.run(words, capture_output=True, text=True, env=environment, check=True)
        [execution] = json.loads(listed.stdout)
        words = [sys.executable, str(path), "resume", execution["id"], "--store", store]
        words += ["--executor", f"{self.name}=1", "--execution", str(tmp_path / "out.json")]
        done = subprocess.run(words, capture_output=True, text=True, env=environment, check=False)
        assert done.returncode == 0, done.stderr
        [task] = json.loads((tmp_path / "out.json").read_text())["taskRunList"]
        states = [each["state"]["current"] for each in task["attempts"]]
        assert states == ["RESUBMITTED", "SUCCESS"]

    def run_at(self, address: str, tmp_path: Path, *more: str) -> str:
        """A program of one file on a cluster where the runtime is not installed; its standard output."""
        (tmp_path / "flow.yaml").write_text(HELLO)
        environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'compiler'}:{ROOT / 'runtime'}"}
        words = [sys.executable, "-m", "flowc", "compile", "flow.yaml", "-o", "flow.py"]
        words += ["--standalone", "--with", self.name]
        subprocess.run(words, cwd=tmp_path, env=environment, check=True)
        bare = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
        words = [sys.executable, "flow.py", "--executor", f"{self.name}={address}", *more]
        done = subprocess.run(
            words, cwd=tmp_path, env=bare, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def test_a_program_that_came_without_it_says_so(self, tmp_path: Path) -> None:
        (tmp_path / "flow.yaml").write_text(HELLO)
        environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'compiler'}:{ROOT / 'runtime'}"}
        words = [sys.executable, "-m", "flowc", "compile", "flow.yaml", "-o", "flow.py"]
        subprocess.run([*words, "--standalone"], cwd=tmp_path, env=environment, check=True)
        words = [sys.executable, "-I", "flow.py", "--executor", self.name]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert f"compile it again `--with {self.name}`" in done.stderr

    def test_an_address_where_nothing_is_gives_no_traceback(self, tmp_path: Path) -> None:
        if self.name == "ray":
            pytest.skip("Ray looks for half a minute")
        running = subprocess.run(
            [
                sys.executable,
                str(program(tmp_path, HELLO)),
                "--executor",
                f"{self.name}=127.0.0.1:1",
            ],
            env={**os.environ, "PYTHONPATH": str(ROOT / "runtime"), **QUICK},
            capture_output=True,
            text=True,
            check=False,
        )
        assert running.returncode == 2
        assert "the cluster cannot be used" in running.stderr
        assert "Traceback" not in running.stderr


QUICK = {"DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "1s"}

HELLO = """
id: hello
namespace: a.b
tasks:
  - id: loop
    type: io.kestra.plugin.core.flow.ForEach
    concurrencyLimit: 0
    values: [a, b, c, d]
    tasks:
      - {id: where, type: io.kestra.plugin.scripts.shell.Commands, commands: ["cut -d ' ' -f 4 /proc/$PPID/stat >> $0.out; echo '::{\\"outputs\\":{\\"x\\":1}}::'"]}
outputs:
  - {id: x, type: JSON, value: "{{ outputs.where | jq('.[].vars.x') }}"}
"""
