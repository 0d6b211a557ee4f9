"""Readers of the standard streams that go away, and scripts that print without end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flowc.driver import Sources, analyse, generate
from flowc.source import SourceFile

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{ROOT / 'compiler'}{os.pathsep}{ROOT / 'runtime'}"}
SCRIPT = "io.kestra.plugin.scripts.shell.Commands"
LOG = "io.kestra.plugin.core.log.Log"

TALKING = f"""
id: talking
namespace: a.b
tasks:
  - id: loop
    type: io.kestra.plugin.core.flow.ForEach
    values: [1, 2, 3]
    tasks:
      - {{id: say, type: {LOG}, message: ["{{{{ taskrun.value }}}}", again]}}
      - {{id: script, type: {SCRIPT}, commands: ["seq 2000"]}}
outputs:
  - {{id: text, type: STRING, value: "{'x' * 100}"}}
"""


def program(folder: Path, text: str) -> str:
    path = folder / "flow.py"
    path.write_text(generate(analyse(Sources(SourceFile("flow.yaml", text))).require()), "utf-8")
    return f"{sys.executable} {path} --store {folder / 'store'}"


def shell(command: str) -> subprocess.CompletedProcess[str]:
    """Run a command line; one that hangs fails."""
    words = ["bash", "-c", f"set -o pipefail; {command}"]
    return subprocess.run(words, env=ENVIRONMENT, capture_output=True, text=True, timeout=60)


def state(command: str) -> str:
    """The state of the latest execution, by another process: nobody holds the store."""
    said = shell(f"{command.replace(' --store', ' list --store')} --json").stdout
    import json

    return str(json.loads(said)[0]["state"]["current"])


@pytest.mark.parametrize(
    ("redirection", "code"),
    [
        ("2>/dev/full", 0),
        (">/dev/full", 1),
        (">/dev/full 2>&1", 1),
        ("2>&-", 0),
        (">&-", 0),
        ("<&- >&- 2>&-", 0),
        ("2> >(head -1 >/dev/null)", 0),
        (">&- 2> >(exec <&-; sleep 0)", 0),
    ],
)
def test_the_program_goes_on_without_a_reader(tmp_path: Path, redirection: str, code: int) -> None:
    command = program(tmp_path, TALKING)
    done = shell(f"{command} {redirection}")
    assert done.returncode == code, done
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr
    if redirection == ">/dev/full":
        assert "FO101: the output cannot be written: No space left on device" in done.stderr
    assert state(command) == "SUCCESS"
    assert (tmp_path / "store" / "executions.db").read_bytes()[:6] == b"SQLite"


@pytest.mark.parametrize("option", ["--execution", "--report"])
def test_a_document_that_cannot_be_written_is_told(tmp_path: Path, option: str) -> None:
    command = program(tmp_path, TALKING)
    done = shell(f"{command} {option} /dev/full")
    assert f"FO102: {option}: cannot write /dev/full: No space left on device" in done.stderr
    assert done.returncode == 1 and state(command) == "SUCCESS"
    assert Path("/dev/full").is_char_device()
    half = tmp_path / "document"
    plain = command.partition(" --store")[0]
    done = shell(f"ulimit -f 1; {plain} {option} {half}")
    assert f"FO102: {option}: cannot write {half}: File too large" in done.stderr
    assert done.returncode == 1 and not half.exists()


def test_a_failure_of_the_system_at_the_start_has_a_code(tmp_path: Path) -> None:
    asking = TALKING.replace("tasks:", "inputs: [{id: n, type: INT, defaults: 1}]\ntasks:", 1)
    command = program(tmp_path, asking)
    (tmp_path / "store" / "sealing.key").mkdir(parents=True)
    done = shell(command)
    assert f"error FO103: {tmp_path}/store/sealing.key: Is a directory" in done.stderr
    assert done.returncode == 1 and "Traceback" not in done.stderr


def test_a_reader_of_the_log_that_wants_one_line(tmp_path: Path) -> None:
    command = program(tmp_path, TALKING)
    done = shell(f"{command} 2>&1 >/dev/null | head -1")
    assert "INFO" in done.stdout and done.returncode == 0
    assert state(command) == "SUCCESS"


MEASURING = """
import os, sys
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)])
_, status, usage = os.wait4(pid, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_maxrss)
"""


@pytest.mark.parametrize(
    "printing",
    [
        "yes 0123456789 | head -n 300000",
        "yes 0123456789 | head -n 300000 >&2",
        "head -c 300000000 /dev/zero",
        "head -c 100000000 /dev/urandom",
        "yes | tr -d '\\\\n' | head -c 300000000",
    ],
)
def test_what_a_script_prints_costs_constant_memory(tmp_path: Path, printing: str) -> None:
    text = f"""
id: loud
namespace: a.b
tasks:
  - {{id: loud, type: {SCRIPT}, commands: ["{printing}"]}}
"""
    words = [*program(tmp_path, text).split(), "--log-level", "ERROR"]
    # The most memory of a process counts that of the one that it was forked from, so a small one stands between.
    done = subprocess.run(
        [sys.executable, "-S", "-c", MEASURING, *words],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        text=True,
        timeout=600,
    )
    code, kilobytes = map(int, done.stdout.split()[-2:])
    assert code == 0
    assert kilobytes < 200 * 1024
