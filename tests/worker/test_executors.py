"""The same program with its tasks in this process, in threads and in processes gives the same execution."""

from __future__ import annotations

from pathlib import Path

import pytest
from comparable import comparable
from everywhere import FLOW, program, run, started


@pytest.mark.parametrize("executor", ["thread", "process"])
def test_an_execution_is_the_same_wherever_its_tasks_run(tmp_path: Path, executor: str) -> None:
    path = program(tmp_path, FLOW)
    here = comparable(run(path))
    there = comparable(run(path, "--executor", executor))
    for each in (here, there):
        assert set(each["inputs"].pop("key")) == {"type", "value"}  # sealed anew each time
    assert here["outputs"] == {"x": 1}
    assert there == here


def test_files_lie_where_the_storage_is(tmp_path: Path) -> None:
    path, shared = program(tmp_path, FLOW), tmp_path / "shared"
    here = comparable(run(path))
    there = comparable(run(path, "--executor", "process", "--storage", f"file://{shared}"))
    for each in (here, there):
        del each["inputs"]["key"]  # sealed anew each time
    assert there == here
    assert len(list(shared.glob("a/b/everywhere/executions/*/tasks/file/*/*"))) == 2
    assert (shared / "a/b/_kv/k.ion").exists()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("somewhere", "it is an address such as file:///shared/dir"),
        ("file://relative", "is followed by an absolute path"),
        ("nosuch://x", "the storage nosuch://x cannot be used: Protocol not known: nosuch"),
    ],
)
def test_a_storage_that_cannot_be_is_refused(tmp_path: Path, address: str, said: str) -> None:
    done = started(program(tmp_path, FLOW), "--storage", address)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


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


def test_a_failure_has_its_place_in_the_flow_wherever_the_task_runs(tmp_path: Path) -> None:
    path = program(
        tmp_path,
        """
id: f
namespace: a.b
tasks:
  - id: t
    type: io.kestra.plugin.core.log.Log
    message: "{{ nobody }}"
""",
    )
    frame = "flow a.b.f, task t, property message\n   | {{ nobody }}\n   |    ^^^^^^"
    for executor in ("thread", "process"):
        assert frame in started(path, "--executor", executor).stderr
