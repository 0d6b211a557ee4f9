"""Nothing of a script outlives its engine, however that ends."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from programs import ENVIRONMENT, Program, runs

SCRIPT = """
id: long
namespace: company.team
tasks:
  - id: script
    type: io.kestra.plugin.scripts.shell.Commands
    commands:
      - "trap '' TERM HUP INT"
      - "[ -e {marks}/again ] && exit 0; touch {marks}/again"
      - "setsid sh -c 'trap \\"\\" TERM HUP; echo $$ > {marks}/hidden.new; mv {marks}/hidden.new {marks}/hidden; exec sleep 3600' > /dev/null 2>&1 < /dev/null &"
      - "(sleep 3600 & echo $! > {marks}/child.new; mv {marks}/child.new {marks}/child; wait) &"
      - "echo $$ > {marks}/main.new; mv {marks}/main.new {marks}/main"
      - wait
"""


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


class Long(Program):
    """A program whose script has started children that hide."""

    def __init__(self, folder: Path) -> None:
        self.marks = folder / "marks"
        self.marks.mkdir()
        super().__init__(folder, SCRIPT.format(marks=self.marks))

    def pids(self, process: subprocess.Popen[str]) -> list[int]:
        """The processes of the script, once all of them run."""
        files = [self.marks / name for name in ("main", "child", "hidden")]
        until = time.monotonic() + 60
        while not all(file.exists() for file in files):
            assert process.poll() is None and time.monotonic() < until, process.communicate()
            time.sleep(0.02)
        return [int(file.read_text()) for file in files]


def gone(pids: list[int]) -> list[int]:
    """Those that still live after all the time that they may need."""
    until = time.monotonic() + 30
    while any(map(alive, pids)) and time.monotonic() < until:
        time.sleep(0.02)
    return [pid for pid in pids if alive(pid)]


def end(process: subprocess.Popen[str], how: str) -> None:
    if how == "kill":
        process.send_signal(signal.SIGKILL)
    elif how == "hangup":
        process.send_signal(signal.SIGHUP)
    elif how == "terminate":
        process.send_signal(signal.SIGTERM)
    else:
        while process.poll() is None:  # the first kills cleanly, the next one at once
            process.send_signal(signal.SIGTERM)
            time.sleep(0.05)
    process.communicate(timeout=60)


@pytest.mark.parametrize("how", ["kill", "hangup", "terminate", "terminate twice"])
@pytest.mark.parametrize("options", [(), ("--executor", "process")], ids=["here", "process"])
def test_a_script_does_not_outlive_its_engine(
    tmp_path: Path, how: str, options: tuple[str, ...]
) -> None:
    program = Long(tmp_path)
    process = program.start(*options)
    pids = program.pids(process)
    end(process, how)
    assert gone(pids) == []


def test_resume_begins_when_nothing_is_left_and_the_work_folder_is_gone(tmp_path: Path) -> None:
    program = Long(tmp_path)
    process = program.start()
    pids = program.pids(process)
    [old] = (Path(program.store) / "wd").iterdir()
    id = program.list()[0]["id"]
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    resumed = program.run("resume", id)
    assert resumed.returncode == 0, resumed.stderr
    assert [pid for pid in pids if alive(pid)] == []
    assert runs(program.show(id)) == [("script", "SUCCESS")]
    assert not old.exists() and list((Path(program.store) / "wd").iterdir()) == []


@pytest.mark.parametrize("first", ["engine", "launcher"])
def test_resume_ends_what_even_the_launcher_has_lost(tmp_path: Path, first: str) -> None:
    """The launcher is killed before it can end anything: only locks tell of the children that are left."""
    program = Long(tmp_path)
    process = program.start()
    pids = program.pids(process)
    id = program.list()[0]["id"]
    stat: Any = Path(f"/proc/{pids[0]}/stat").read_text().rpartition(")")[2].split()
    both = [process.pid, int(stat[1])]
    for pid in both:
        os.kill(pid, signal.SIGSTOP)
    for pid in both if first == "engine" else reversed(both):
        os.kill(pid, signal.SIGKILL)
    assert gone(pids[:1]) == []  # it dies with its launcher
    assert alive(pids[2])
    process.communicate()
    assert program.run("resume", id).returncode == 0
    assert [pid for pid in pids if alive(pid)] == []


def test_a_start_removes_the_temporary_folders_of_the_dead(tmp_path: Path) -> None:
    program = Long(tmp_path)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    environment = {**ENVIRONMENT, "TMPDIR": str(temporary)}
    words = [word for word in program.words() if word not in ("--store", program.store)]
    process = subprocess.Popen(
        words, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    pids = program.pids(process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert len(list(temporary.iterdir())) == 1
    subprocess.run(words, env=environment, check=True, capture_output=True, timeout=60)
    assert list(temporary.iterdir()) == []
    assert [pid for pid in pids if alive(pid)] == []


def test_an_interrupted_execution_is_shown_as_such_and_restart_names_resume(tmp_path: Path) -> None:
    program = Long(tmp_path)
    process = program.start()
    program.pids(process)
    [document] = program.list()
    assert "interrupted" not in document
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert [each.get("interrupted") for each in program.list()] == [True]
    assert "(interrupted: resume it)" in program.run("list").stdout
    refused = program.run("restart", document["id"])
    assert refused.returncode == 2
    assert (
        f"was interrupted as RUNNING: its process is gone. Go on where it stood: resume {document['id']}"
        in refused.stderr
    )
    assert program.run("resume", document["id"]).returncode == 0
    assert "interrupted" not in program.list()[0]
