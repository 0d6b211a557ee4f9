"""A kill of an execution that has ended reaches what it has started and left behind, in whatever process that runs."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from programs import Program

pytestmark = pytest.mark.usefixtures("each_store")

LOG = "io.kestra.plugin.core.log.Log"
LONG = """
id: long
namespace: a.b
tasks:
  - {id: wait, type: io.kestra.plugin.core.flow.Sleep, duration: PT1M}
"""
LISTENER = f"""{LONG}
triggers:
  - {{id: hear, type: io.kestra.plugin.core.trigger.Flow, states: [SUCCESS]}}
"""
CALL = "{id: call, type: io.kestra.plugin.core.flow.Subflow, namespace: a.b, flowId: long, wait: false}"
WAYS = {"listener": (f"{{id: only, type: {LOG}, message: x}}", LISTENER), "child": (CALL, LONG)}


def left_behind(folder: Path, way: str) -> tuple[Program, subprocess.Popen[str], str, str]:
    """A program in which something lives on, with the ids of what has ended and of what lives."""
    task, other = WAYS[way]
    (folder / "long.yaml").write_text(other)
    program = Program(
        folder, f"id: main\nnamespace: a.b\ntasks:\n  - {task}\n", ["--flow-triggers"]
    )
    process = program.start()
    program.wait_for_other("main", "long", "RUNNING")
    main, long = (
        program.query(f"SELECT id FROM execution WHERE flow = '{name}'")[0][0]
        for name in ("main", "long")
    )
    until = time.monotonic() + 60
    while program.show(main)["state"]["current"] != "SUCCESS":
        assert time.monotonic() < until
    return program, process, main, long


@pytest.mark.parametrize("way", WAYS)
def test_in_another_process(tmp_path: Path, way: str) -> None:
    program, process, main, long = left_behind(tmp_path, way)
    assert program.run("kill", main).returncode == 0
    process.communicate(timeout=60)
    assert program.show(long)["state"]["current"] == "KILLED"
    assert program.show(main)["state"]["current"] == "SUCCESS"


@pytest.mark.parametrize("way", WAYS)
def test_of_a_process_that_died(tmp_path: Path, way: str) -> None:
    program, process, main, long = left_behind(tmp_path, way)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert program.run("kill", main).returncode == 0
    assert program.show(long)["state"]["current"] == "KILLED"
    assert program.show(main)["state"]["current"] == "SUCCESS"
