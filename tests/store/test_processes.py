"""Executions and their processes: crashes, holders, signals, limits, pauses."""

import os
import pty
import signal
from pathlib import Path

import pytest
from crash import crash
from programs import ENVIRONMENT, Program, runs, states

pytestmark = pytest.mark.usefixtures("each_store")

LOG = "io.kestra.plugin.core.log.Log"
SLEEP = "io.kestra.plugin.core.flow.Sleep"
DAY = 86_400
PAUSE = "io.kestra.plugin.core.flow.Pause"

SLOW = f"""
id: slow
namespace: company.team
tasks:
  - {{id: first, type: {LOG}, message: first}}
  - {{id: wait, type: {SLEEP}, duration: PT1M}}
  - {{id: last, type: {LOG}, message: last}}
afterExecution:
  - {{id: after, type: {LOG}, message: "{{{{ execution.state }}}}"}}
"""

SLEEPS = f"type: {SLEEP}, duration: PT1M"
WAITS = (
    "type: io.kestra.plugin.scripts.shell.Commands, taskRunner: {type: io.kestra.plugin.core.runner.Process},"
    """ commands: ["for try in $(seq 1200); do [ -e 'GATE' ] && exit; sleep 0.05; done; exit 1"]"""
)


def gated(source: str, folder: Path) -> str:
    """The flow with a task that does not sleep, but waits for `open_gate`, however long that takes."""
    return source.replace(SLEEPS, WAITS.replace("GATE", str(folder / "gate")))


def open_gate(folder: Path) -> None:
    """What waits goes on."""
    (folder / "gate").touch()


ASKING = f"""
id: asking
namespace: company.team
tasks:
  - id: ask
    type: {PAUSE}
    onResume:
      - {{id: n, type: INT, min: 3}}
      - {{id: word, type: SECRET, required: false}}
  - {{id: said, type: {LOG}, message: "{{{{ outputs.ask.onResume.n }}}} {{{{ outputs.ask.onResume.word ?? '' }}}}"}}
"""


def test_a_short_series_of_crashes():
    assert crash(kills=12, seed=11) == []


def test_a_second_process_is_refused_and_a_dead_one_replaced(tmp_path: Path):
    program = Program(tmp_path, gated(SLOW, tmp_path))
    holder = program.start()
    id = program.wait_for("RUNNING", "wait")["id"]
    refused = program.run("resume", id)
    assert refused.returncode == 2
    assert f"is held by process {holder.pid} on " in refused.stderr
    os.killpg(holder.pid, signal.SIGKILL)
    holder.communicate()
    assert program.run("list").stdout.rstrip().endswith("(interrupted: resume it)")
    restarted = program.run("restart", id)
    assert restarted.returncode == 2
    assert restarted.stderr.rstrip().endswith(
        f"its process is gone. Go on where it stood: resume {id}"
    )
    open_gate(tmp_path)
    resumed = program.run("resume", id)
    assert resumed.returncode == 0, resumed.stderr
    assert "interrupted" not in program.run("list").stdout
    document = program.show(id)
    assert runs(document) == [(t, "SUCCESS") for t in ("first", "wait", "last", "after")]
    attempts = [each["state"]["current"] for each in document["taskRunList"][1]["attempts"]]
    assert attempts == ["RESUBMITTED", "SUCCESS"]
    assert [each["message"] for each in document["logs"]].count("first") == 1


def test_sigterm_kills_cleanly(tmp_path: Path):
    program = Program(tmp_path, SLOW)
    process = program.start()
    id = program.wait_for("RUNNING", "wait")["id"]
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 4, errors
    document = program.show(id)
    assert states(document) == ["CREATED", "RUNNING", "KILLING", "KILLED"]
    assert runs(document) == [("first", "SUCCESS"), ("wait", "KILLED"), ("after", "SUCCESS")]


def test_a_second_sigint_ends_the_process_at_once(tmp_path: Path):
    after = SLOW.replace(
        f'type: {LOG}, message: "{{{{ execution.state }}}}"', f"type: {SLEEP}, duration: PT30S"
    )
    program = Program(tmp_path, after)
    process = program.start()
    program.wait_for("RUNNING", "wait")
    process.send_signal(signal.SIGINT)
    id = program.wait_for("RUNNING", "after")["id"]
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert process.returncode == -signal.SIGINT
    assert program.show(id)["state"]["current"] == "KILLED"


def test_kill_from_another_process(tmp_path: Path):
    program = Program(tmp_path, SLOW)
    process = program.start()
    id = program.wait_for("RUNNING", "wait")["id"]
    assert program.run("kill", id).returncode == 4
    process.communicate(timeout=10)
    assert process.returncode == 4
    assert program.show(id)["state"]["current"] == "KILLED"


def test_kill_without_a_process(tmp_path: Path):
    program = Program(tmp_path, ASKING)
    assert program.run().returncode == 3
    id = program.list()[0]["id"]
    assert program.run("kill", id).returncode == 4
    wanted = ["CREATED", "RUNNING", "PAUSED", "RESTARTED", "KILLING", "KILLED"]
    assert states(program.show(id)) == wanted


def test_a_pause_ends_the_process_and_takes_only_valid_values(tmp_path: Path):
    program = Program(tmp_path, ASKING)
    paused = program.run()
    assert paused.returncode == 3
    id = program.list()[0]["id"]
    assert f"resume {id}" in paused.stderr
    for given in ([], ["--input", "n=1"], ["--input", "n=no"]):
        refused = program.run("resume", id, *given)
        assert refused.returncode == 2, refused.stderr
        assert program.show(id)["state"]["current"] == "PAUSED"
    done = program.run("resume", id, "--input", "n=4", "--input", "word=topsecret")
    assert done.returncode == 0, done.stderr
    assert "topsecret" not in done.stderr
    assert "4 ******" in done.stderr
    assert b"3" in program.stored()
    assert b"topsecret" not in program.stored()
    assert program.run("resume", id).returncode == 2


def test_a_pause_for_a_time_outlives_its_process(tmp_path: Path):
    # long enough for the process to be killed within it, however busy the machine is
    source = ASKING.partition("    onResume")[0] + "    pauseDuration: PT8S\n    behavior: WARN\n"
    program = Program(tmp_path, source)
    process = program.start()
    id = program.wait_for("PAUSED")["id"]
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert program.run("resume", id).returncode == 0
    document = program.show(id)
    assert document["state"]["current"] == "WARNING"
    took = document["state"]["duration"]
    assert took >= 8.0


def test_a_waiting_process_is_told_to_go_on(tmp_path: Path):
    source = ASKING.partition("    onResume")[0] + "    pauseDuration: PT60S\n"
    program = Program(tmp_path, source)
    process = program.start()
    id = program.wait_for("PAUSED")["id"]
    assert program.run("resume", id).returncode == 0
    process.communicate(timeout=10)
    assert process.returncode == 0
    assert program.show(id)["state"]["current"] == "SUCCESS"


def test_a_terminal_is_asked_in_place(tmp_path: Path):
    program = Program(tmp_path, ASKING)
    pid, terminal = pty.fork()
    if pid == 0:
        words = program.words("--interactive")
        os.execve(words[0], words, {**ENVIRONMENT, "NO_COLOR": "1"})
    shown = ""
    for prompt, answer in (
        (" is paused at ", ""),
        ("n (INT): ", "1"),
        ("SECRET): ", "a"),
        ("n (INT): ", "7"),
        ("SECRET): ", "hush"),
    ):
        while prompt not in shown:
            shown += os.read(terminal, 4096).decode()
        shown = shown.partition(prompt)[2]
        if answer:
            os.write(terminal, f"{answer}\n".encode())
    while True:
        try:
            shown += os.read(terminal, 4096).decode()
        except OSError:  # the other side is closed
            break
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, shown
    assert "7 ******" in shown
    assert "hush" not in shown


LIMITED = SLOW.replace("id: slow", "id: limited") + "concurrency: {limit: 1, behavior: QUEUE}\n"


def test_processes_wait_for_their_turn(tmp_path: Path):
    program = Program(tmp_path, gated(LIMITED, tmp_path))
    first = program.start()
    program.wait_for("RUNNING", "wait")
    second = program.start()
    program.wait_for("QUEUED")
    assert second.stderr is not None
    told = next(line for line in second.stderr if " waits " in line)
    open_gate(tmp_path)
    shown = [process.communicate(timeout=60) for process in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0), shown
    late, early = program.list()
    assert told == (
        f"limited {late['id']} waits for its turn behind {early['id']}:"
        " the flow company.team.limited has a concurrency limit of 1\n"
    )
    assert states(late) == ["CREATED", "QUEUED", "RUNNING", "SUCCESS"]
    began = late["state"]["histories"][2]["date"]
    assert began >= early["state"]["endDate"]


def test_a_dead_process_gives_its_turn_to_others(tmp_path: Path):
    program = Program(tmp_path, gated(LIMITED, tmp_path))
    first = program.start()
    program.wait_for("RUNNING", "wait")
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    open_gate(tmp_path)
    assert program.run().returncode == 0


def test_one_that_waits_for_its_turn_runs_when_its_flow_has_lost_its_limit(tmp_path: Path) -> None:
    program = Program(tmp_path, gated(LIMITED, tmp_path))
    first = program.start()
    program.wait_for("RUNNING", "wait")
    second = program.start()
    id = program.wait_for("QUEUED")["id"]
    for process in (second, first):
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    open_gate(tmp_path)
    program.compile(gated(LIMITED.partition("concurrency:")[0], tmp_path))
    done = program.run("resume", id, "--accept-changes")
    assert done.returncode == 0, done.stderr
    assert states(program.show(id)) == ["CREATED", "QUEUED", "RUNNING", "SUCCESS"]


def test_executions_over_the_limit_fail_or_are_cancelled(tmp_path: Path):
    for behavior, state, code in (("FAIL", "FAILED", 1), ("CANCEL", "CANCELLED", 4)):
        folder = tmp_path / behavior
        folder.mkdir()
        source = LIMITED.replace("QUEUE", behavior).partition("afterExecution")
        program = Program(
            folder, source[0] + "concurrency:" + source[2].partition("concurrency:")[2]
        )
        first = program.start()
        program.wait_for("RUNNING", "wait")
        assert program.run().returncode == code
        assert states(program.list()[0]) == ["CREATED", state]
        first.kill()
        first.communicate()


def test_nothing_that_waits_is_late(tmp_path: Path):
    """A retry that was due while no process ran happens as soon as one does: here it would wait for a day."""
    source = """
id: again
namespace: company.team
tasks:
  - id: flaky
    type: io.kestra.plugin.core.execution.Fail
    condition: "{{ taskrun.attemptsCount == 0 }}"
    retry: {type: constant, interval: P1D, maxAttempts: 3}
"""
    program = Program(tmp_path, source)
    process = program.start()
    id = program.wait_for("RETRYING")["id"]
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert program.resume_later(id, 2 * DAY) == "SUCCESS"


def test_an_execution_that_takes_anothers_place_begins_after_a_crash(tmp_path: Path):
    source = """
id: anew
namespace: company.team
retry: {type: constant, interval: P1D, maxAttempts: 3, behavior: CREATE_NEW_EXECUTION}
tasks:
  - id: fails
    type: io.kestra.plugin.core.execution.Fail
    condition: "{{ execution.id == execution.originalId }}"
"""
    program = Program(tmp_path, source)
    process = program.start()
    id = program.wait_for("RETRIED")["id"]
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert program.resume_later(id, 2 * DAY) == "SUCCESS"
    new, old = program.list()
    assert (old["id"], new["parentId"], new["originalId"]) == (id, id, id)
    assert (old["state"]["current"], new["state"]["current"]) == ("RETRIED", "SUCCESS")
    assert program.run("resume", id).returncode == 2


def test_batches_go_on_after_a_crash(tmp_path: Path):
    child = """
id: item
namespace: company.team
inputs:
  - {id: file, type: STRING}
  - {id: n, type: INT}
tasks:
  - {id: wait, type: io.kestra.plugin.core.flow.Sleep, duration: "PT{{ inputs.n }}S"}
outputs:
  - {id: got, type: STRING, value: "{{ read(inputs.file) | trim }}"}
"""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "item.yaml").write_text(child)
    source = """
id: batches
namespace: company.team
tasks:
  - {id: text, type: io.kestra.plugin.core.storage.Write, content: "a\\nb\\nc\\n", extension: .txt}
  - id: each
    type: io.kestra.plugin.core.flow.ForEachItem
    items: "{{ outputs.text.uri }}"
    namespace: company.team
    flowId: item
    inputs: {file: "{{ taskrun.items }}", n: "{{ taskrun.iteration }}"}
outputs:
  - {id: all, type: STRING, value: "{{ read(outputs.each_merge.subflowOutputs) }}"}
"""
    program = Program(tmp_path, source, more=["--flows", str(tmp_path / "flows")])
    process = program.start()
    program.wait_for_other("batches", "item", "SUCCESS")
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    id = next(each["id"] for each in program.list() if each["flowId"] == "batches")
    done = program.run("resume", id)
    assert done.returncode == 0, done.stderr
    assert [part in done.stdout for part in "abc"] == [True] * 3
    assert len(program.list()) == 4


def test_recorded_choices_are_taken_again(tmp_path: Path):
    """The world has changed between two processes; the control flow has not."""
    source = """
id: choices
namespace: company.team
tasks:
  - id: way
    type: io.kestra.plugin.core.flow.Switch
    value: "{{ envs.way }}"
    cases:
      left:
        - id: if
          type: io.kestra.plugin.core.flow.If
          condition: "{{ envs.way == 'left' }}"
          then:
            - id: each
              type: io.kestra.plugin.core.flow.ForEach
              values: "{{ [envs.way ~ 1, envs.way ~ 2] }}"
              tasks:
                - {id: stop, type: io.kestra.plugin.core.flow.Pause}
                - {id: say, type: io.kestra.plugin.core.debug.Return, format: "{{ taskrun.value }}"}
    defaults:
      - {id: wrong, type: io.kestra.plugin.core.debug.Return, format: wrong}
"""
    program = Program(tmp_path, source)
    assert program.run(env={**ENVIRONMENT, "ENV_WAY": "left"}).returncode == 3
    id = program.list()[0]["id"]
    other = {**ENVIRONMENT, "ENV_WAY": "right"}
    assert program.run("resume", id, env=other).returncode == 3
    assert program.run("resume", id, env=other).returncode == 0
    said = [
        run["outputs"]["value"]
        for run in program.show(id)["taskRunList"]
        if run["taskId"] in ("say", "wrong")
    ]
    assert said == ["left1", "left2"]
