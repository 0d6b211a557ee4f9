"""The same program with its tasks in this process, in threads and in processes gives the same execution."""

from __future__ import annotations

from pathlib import Path

import pytest
from comparable import comparable
from everywhere import FLOW, program, run


@pytest.mark.parametrize("executor", ["thread", "process"])
def test_an_execution_is_the_same_wherever_its_tasks_run(tmp_path: Path, executor: str) -> None:
    path = program(tmp_path, FLOW)
    here = comparable(run(path))
    there = comparable(run(path, "--executor", executor))
    for each in (here, there):
        assert set(each["inputs"].pop("key")) == {"type", "value"}  # sealed anew each time
    assert here["outputs"] == {"x": 1}
    assert there == here


def test_a_process_that_is_lost_is_a_failed_attempt(tmp_path: Path) -> None:
    """The first attempt kills the process that it runs in, the second finds that it did."""
    mark = tmp_path / "mark"
    path = program(
        tmp_path,
        f"""
id: lost
namespace: a.b
tasks:
  - id: t
    type: io.kestra.plugin.scripts.shell.Commands
    commands: ["if [ -e {mark} ]; then echo fine; else touch {mark}; kill -9 $(cut -d ' ' -f 4 /proc/$PPID/stat); sleep 60; fi"]
    retry: {{type: constant, interval: PT0.01S, maxAttempts: 3}}
""",
    )
    document = run(path, "--executor", "process")
    [task] = document["taskRunList"]
    assert [each["state"]["current"] for each in task["attempts"]] == ["FAILED", "SUCCESS"]
    [error] = [each["message"] for each in document["logs"] if each["level"] == "ERROR"]
    assert error == "The process of the task has ended with exit code -9"
