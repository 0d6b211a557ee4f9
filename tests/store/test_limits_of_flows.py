"""Places of a flow with a limit: who has lost its own with its process, and who waits behind somebody that is paused."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from programs import Program

CORE = "io.kestra.plugin.core."
SHELL = "io.kestra.plugin.scripts.shell.Commands"
GATED = """
id: limited
namespace: company.team
concurrency: {limit: 1, behavior: BEHAVIOR}
tasks:
  - id: wait
    type: SHELL
    taskRunner: {type: COREcore.runner.Process}
    commands: ["for try in $(seq 1200); do [ -e 'GATE' ] && exit; sleep 0.05; done; exit 1"]
  - {id: last, type: COREcore.log.Log, message: last}
"""
"""A flow that waits for a file, however long that takes."""


def gated(folder: Path, behavior: str = "QUEUE") -> tuple[Program, Path]:
    gate = folder / "gate"
    text = GATED.replace("GATE", str(gate)).replace("BEHAVIOR", behavior).replace("SHELL", SHELL)
    return Program(folder, text.replace("COREcore.", CORE)), gate


def die(process: subprocess.Popen[str]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def states(document: dict[str, Any]) -> list[str]:
    return [each["state"] for each in document["state"]["histories"]]


def overtaken(program: Program) -> tuple[str, subprocess.Popen[str]]:
    """An execution whose process died, and the process of another one that has its place now."""
    first = program.start()
    id: str = program.wait_for("RUNNING", "wait")["id"]
    die(first)
    second = program.start()
    program.wait_for("RUNNING", "wait")
    return id, second


@pytest.mark.parametrize("behavior", ["QUEUE", "CANCEL", "FAIL"])
def test_one_whose_process_died_waits_for_a_place_again(tmp_path: Path, behavior: str) -> None:
    """What it has done is not lost, whatever becomes of those that are new."""
    program, gate = gated(tmp_path, behavior)
    id, second = overtaken(program)
    again = program.start("resume", id)
    program.wait_for_execution(id, "QUEUED")
    gate.touch()
    assert "waits for its turn: the flow company.team.limited" in again.communicate()[1]
    second.communicate()
    assert (again.returncode, second.returncode) == (0, 0)
    other, one = program.list()
    assert states(one) == ["CREATED", "RUNNING", "QUEUED", "RUNNING", "SUCCESS"]
    assert one["state"]["histories"][3]["date"] >= other["state"]["endDate"]
    wait, _ = program.show(id)["taskRunList"]
    attempts = [each["state"]["current"] for each in wait["attempts"]]
    assert attempts == ["RESUBMITTED", "SUCCESS"]


def test_one_that_waits_for_its_place_again_is_killed(tmp_path: Path) -> None:
    program, gate = gated(tmp_path)
    id, second = overtaken(program)
    again = program.start("resume", id)
    program.wait_for_execution(id, "QUEUED")
    assert program.run("kill", id).returncode == 4
    again.communicate()
    document = program.show(id)
    assert states(document)[-3:] == ["QUEUED", "KILLING", "KILLED"]
    assert {run["state"]["current"] for run in document["taskRunList"]} == {"KILLED"}
    gate.touch()
    second.communicate()
    assert second.returncode == 0


def test_one_that_waits_for_its_place_again_may_die_once_more(tmp_path: Path) -> None:
    program, gate = gated(tmp_path)
    id, second = overtaken(program)
    again = program.start("resume", id)
    program.wait_for_execution(id, "QUEUED")
    die(again)
    gate.touch()
    second.communicate()
    assert program.run("resume", id).returncode == 0
    assert states(program.show(id)) == ["CREATED", "RUNNING", "QUEUED", "RUNNING", "SUCCESS"]


CHILD = f"""
id: child
namespace: a.b
concurrency: {{limit: 1}}
tasks:
  - {{id: wait, type: {CORE}flow.Pause}}
"""
PARENT = f"""
id: parent
namespace: a.b
tasks:
  - id: both
    type: {CORE}flow.Parallel
    tasks:
      - {{id: s1, type: {CORE}flow.Subflow, namespace: a.b, flowId: child}}
      - {{id: s2, type: {CORE}flow.Subflow, namespace: a.b, flowId: child}}
"""
WAITS, GONE = "(waits for one that is paused)", "(interrupted: resume it)"


def lines(program: Program, state: str) -> list[str]:
    """The lines of the list about executions in a state, without their ids and dates."""
    found = program.run("list").stdout.splitlines()
    return [line.rpartition("Z  ")[2] for line in found if f"  {state} " in line]


def test_who_is_queued_behind_a_paused_one_says_so(tmp_path: Path) -> None:
    (tmp_path / "child.yaml").write_text(CHILD)
    program = Program(tmp_path, PARENT)
    ran = program.run()
    ids = {each["state"]["current"]: each["id"] for each in program.list()}
    paused, queued = ids["PAUSED"], ids["QUEUED"]
    assert ran.returncode == 3
    assert f"child {queued} waits for its turn behind {paused}: the flow a.b.child" in ran.stderr
    assert (
        f"child {paused} is paused; resume it: python {program.file} resume {paused}" in ran.stderr
    )
    assert lines(program, "QUEUED") == [f"child  {WAITS}"]
    then = program.run("resume", paused)
    assert then.returncode == 3 and f"child {queued} is paused; resume it" in then.stderr
    assert program.run("resume", queued).returncode == 0
    assert {each["state"]["current"] for each in program.list()} == {"SUCCESS"}


def test_who_is_queued_behind_one_of_another_program_goes_on_when_it_is_resumed(
    tmp_path: Path,
) -> None:
    program = Program(tmp_path, CHILD)
    assert program.run().returncode == 3
    [paused] = [each["id"] for each in program.list()]
    ran = program.run()
    queued = program.list()[0]["id"]
    assert ran.returncode == 3
    assert f"child {queued} waits for its turn behind {paused}: the flow a.b.child" in ran.stderr
    assert lines(program, "QUEUED") == [f"child  {WAITS}"]
    assert program.run("resume", queued).returncode == 3  # nothing has changed
    assert program.run("resume", paused).returncode == 0
    assert lines(program, "QUEUED") == [f"child  {GONE}"]
    assert [program.run("resume", queued).returncode for _ in range(2)] == [3, 0]
    assert states(program.show(queued)) == [
        *("CREATED", "QUEUED", "RUNNING", "PAUSED", "RESTARTED", "RUNNING", "SUCCESS"),
    ]


ONE_CHILD = f"""
id: parent
namespace: a.b
tasks:
  - {{id: s, type: {CORE}flow.Subflow, namespace: a.b, flowId: child}}
"""


def test_who_waits_for_a_paused_subflow_keeps_its_place(tmp_path: Path) -> None:
    (tmp_path / "child.yaml").write_text(CHILD.replace("concurrency: {limit: 1}", ""))
    program = Program(tmp_path, ONE_CHILD + "concurrency: {limit: 1}\n")
    assert program.run().returncode == 3
    paused, parent = (each["id"] for each in program.list())
    ran = program.run()
    queued = program.list()[0]["id"]
    assert ran.returncode == 3
    assert f"parent {queued} waits for its turn behind {parent}: the flow a.b.parent" in ran.stderr
    assert lines(program, "RUNNING") == lines(program, "QUEUED") == [f"parent  {WAITS}"]
    assert program.run("resume", paused).returncode == 0
    assert states(program.show(parent)) == ["CREATED", "RUNNING", "SUCCESS"]
    assert lines(program, "QUEUED") == [f"parent  {GONE}"]
    assert program.run("resume", queued).returncode == 3
    assert lines(program, "RUNNING") == [f"parent  {WAITS}"]


def test_who_waits_for_one_that_is_queued_behind_a_paused_one_says_so(tmp_path: Path) -> None:
    (tmp_path / "child.yaml").write_text(CHILD)
    program = Program(tmp_path, ONE_CHILD)
    assert program.run().returncode == 3
    assert program.run().returncode == 3
    assert lines(program, "QUEUED") == [f"child  {WAITS}"]
    assert lines(program, "RUNNING") == [f"parent  {WAITS}"] * 2
