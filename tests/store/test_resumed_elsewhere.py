"""Executions that wait, and go on because another program asks for it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from programs import ENVIRONMENT, Program

from flowrt.store.holders import GIVEN, KILL, Holders
from flowrt.store.sqlite import SqliteDatabase

pytestmark = pytest.mark.usefixtures("each_store")

CORE = "io.kestra.plugin.core"
KEY = "FLOWRT_SEALING_KEY"


def asking(*inputs: str, pauses: int = 1) -> str:
    """A flow that waits, with pauses that would end by themselves, so that its process stays; then it says what it has."""
    lines = ["id: asking", "namespace: company.team", "tasks:"]
    for number in range(pauses):
        lines += [
            f"  - id: ask{number}",
            f"    type: {CORE}.flow.Pause",
            "    pauseDuration: PT60S",
        ]
        lines += ["    onResume:"] if inputs else []
        lines += [f"      - {{{each}}}" for each in inputs]
        shown = f"{{{{ outputs.ask{number}.onResume ?? 'nothing' }}}}"
        lines.append(f"""  - {{id: said{number}, type: {CORE}.log.Log, message: "{shown}"}}""")
    return "\n".join(lines) + "\n"


NUMBER = "id: n, type: INT"
SECRET = "id: word, type: SECRET"


class Waiting:
    """An execution that a process waits with, and the programs that resume it."""

    def __init__(self, folder: Path, source: str, **environment: str) -> None:
        self.folder = folder
        self.program = Program(folder, source)
        words = self.program.words()
        self.process = subprocess.Popen(
            words,
            env={**ENVIRONMENT, **environment},
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.id = self.program.wait_for("PAUSED")["id"]

    def resume(self, *inputs: str, more: tuple[str, ...] = (), **environment: str) -> Any:
        """Run a program whose tasks resume it one after the other, each with these inputs."""
        lines = [
            f"  - {{id: go{number}, type: {CORE}.execution.Resume, executionId: {self.id}, inputs: {{{each}}}}}"
            for number, each in enumerate(inputs)
        ]
        folder = self.folder / "other"
        folder.mkdir(exist_ok=True)
        source = "\n".join(["id: other", "namespace: company.team", "tasks:", *lines])
        if more and "://" in self.program.store:
            more += ("--with", "postgresql")
        other = Program(folder, source, ["--force", *more])
        other.store = self.program.store
        return other.run(cwd=self.folder, env={**ENVIRONMENT, **environment})

    def end(self) -> str:
        """All that its process has said, when it is over."""
        shown, told = self.process.communicate(timeout=60)
        return shown + told

    def kill(self) -> str:
        self.program.run("kill", self.id)
        return self.end()


@pytest.fixture
def no_cryptography(tmp_path: Path) -> dict[str, str]:
    """An environment without the package that seals."""
    folder = tmp_path / "without" / "cryptography"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("raise ImportError('not installed')\n")
    return {"PYTHONPATH": f"{folder.parent}{os.pathsep}{ENVIRONMENT['PYTHONPATH']}"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("word: not to be seen", '"word":"******"'),
        ("word: 123456", '"word":"******"'),
        ("n: 5, word: not to be seen", '"word":"******","n":5'),
        ("n: {type: 'io.kestra.datatype:aes_encrypted'}, word: 123456", None),
    ],
)
@pytest.mark.parametrize("more", [(), ("--standalone",)])
def test_a_secret_that_is_given_is_nowhere_in_clear(
    tmp_path: Path, given: str, said: str | None, more: tuple[str, ...]
) -> None:
    waiting = Waiting(tmp_path, asking(NUMBER, SECRET))
    assert waiting.resume(given, more=more).returncode == 0
    shown = waiting.end()
    assert "Traceback" not in shown
    if said is not None:
        assert said in shown
        assert waiting.process.returncode == 0
    seen = json.dumps(waiting.program.show(waiting.id)) + shown + repr(waiting.program.stored())
    assert "not to be seen" not in seen and "123456" not in seen


def test_who_asks_twice_for_the_same_is_told(tmp_path: Path) -> None:
    """The process has not looked for the first one when the second asks."""
    waiting = Waiting(tmp_path, asking(NUMBER, SECRET, pauses=2))
    os.kill(waiting.process.pid, signal.SIGSTOP)
    assert waiting.resume("n: 1", "n: 2").returncode == 0
    os.kill(waiting.process.pid, signal.SIGCONT)
    waiting.program.wait_for_run("said0", "SUCCESS")
    waiting.program.wait_for_run("ask1", "PAUSED")
    assert waiting.resume("n: 3").returncode == 0
    shown = waiting.end()
    assert shown.count("Cannot resume the execution: it is not paused") == 1
    assert '{"n":1}' in shown and '{"n":3}' in shown and '{"n":2}' not in shown


def test_what_was_sealed_with_another_key_is_not_taken(tmp_path: Path) -> None:
    waiting = Waiting(tmp_path, asking(SECRET), **{KEY: "of the one that waits"})
    refused = waiting.resume("word: hush", **{KEY: "of somebody other"})
    assert refused.returncode == 0  # it is on its way
    by_command = waiting.program.run(
        "resume",
        waiting.id,
        "--input",
        "word=hush",
        env={**ENVIRONMENT, KEY: "of somebody other"},
    )
    assert by_command.returncode == 3, by_command.stderr
    assert waiting.resume("word: hush", **{KEY: "of the one that waits"}).returncode == 0
    shown = waiting.end()
    assert shown.count("Cannot resume the execution: a SECRET value was sealed with another") == 2
    assert waiting.process.returncode == 0 and '{"word":"******"}' in shown


@pytest.mark.parametrize(
    ("awaited", "given", "works"),
    [
        ((), "n: 5", True),
        ((NUMBER,), "n: 5", True),
        ((NUMBER, SECRET), "n: 5", False),
        ((SECRET,), "word: not to be seen", False),
    ],
)
def test_without_the_package_that_seals_no_secret_is_sent(
    tmp_path: Path,
    no_cryptography: dict[str, str],
    awaited: tuple[str, ...],
    given: str,
    works: bool,
) -> None:
    waiting = Waiting(tmp_path, asking(*awaited))
    sent = waiting.resume(given, **no_cryptography)
    assert (sent.returncode == 0) is works
    if works:
        assert '{"n":5}' in waiting.end()
    else:
        assert "pip install 'cryptography" in sent.stderr
        assert "not to be seen" not in waiting.kill() + repr(waiting.program.stored())


def test_a_process_without_it_that_gets_a_secret_goes_on_waiting(
    tmp_path: Path, no_cryptography: dict[str, str]
) -> None:
    waiting = Waiting(tmp_path, asking(SECRET), **no_cryptography)
    assert waiting.resume("word: not to be seen").returncode == 0
    shown = waiting.kill()
    assert "Cannot resume the execution: A SECRET in a store needs the package" in shown
    assert waiting.process.returncode == 4
    assert "not to be seen" not in shown + repr(waiting.program.stored())


def test_what_is_asked_for_is_a_queue(tmp_path: Path) -> None:
    """Nobody takes back what another one asks for, and what is asked meanwhile stays."""
    database = SqliteDatabase(tmp_path / "store")
    database.write(
        "INSERT INTO execution (no, id, namespace, flow, state, started, over, record)"
        " VALUES (1, 'a', 'n', 'f', 'PAUSED', 0, 0, '{}')"
    )
    holders = Holders(database)

    def wished() -> Any:
        return database.row("SELECT wish FROM execution WHERE no = 1")[0]  # type: ignore[index]

    holders.wish(1, KILL)
    seen = wished()
    holders.wish(1, f"{GIVEN} {{}}")
    holders.wish(1, KILL)
    assert wished().split("\n") == [KILL, f"{GIVEN} {{}}", KILL]
    holders.granted(1, seen)
    assert wished().split("\n") == [f"{GIVEN} {{}}", KILL]
    holders.granted(1, wished())
    assert wished() is None
    database.close()


def test_values_for_one_pause_are_not_taken_for_another(tmp_path: Path) -> None:
    """They were checked, and sealed, for the one that waited when they were given."""
    source = f"""
id: asking
namespace: company.team
tasks:
  - id: both
    type: {CORE}.flow.Parallel
    tasks:
      - {{id: ask0, type: {CORE}.flow.Pause, pauseDuration: PT60S, onResume: [{{id: word, type: STRING}}]}}
      - {{id: ask1, type: {CORE}.flow.Pause, pauseDuration: PT60S, onResume: [{{id: word, type: SECRET}}]}}
  - {{id: said, type: {CORE}.log.Log, message: "{{{{ outputs }}}}"}}
"""
    waiting = Waiting(tmp_path, source)
    waiting.program.wait_for_run("ask1", "PAUSED")
    os.kill(waiting.process.pid, signal.SIGSTOP)
    words = [
        waiting.program.words("resume", waiting.id, "--input", f"word={each}-word")
        for each in ("first", "other")
    ]
    asking = [
        subprocess.Popen(
            each, env=ENVIRONMENT, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        for each in words
    ]
    waiting.program.wait_for_wishes(2)
    os.kill(waiting.process.pid, signal.SIGCONT)
    waiting.program.wait_for_run("ask0", "SUCCESS")
    for each in asking:
        each.communicate(timeout=60)
    done = waiting.program.run("resume", waiting.id, "--input", "word=last-word")
    assert done.returncode == 0, done.stderr
    shown = waiting.end()
    assert shown.count("Cannot resume the execution: it waits for somebody else by now") == 1
    assert "last-word" not in shown + repr(waiting.program.stored())


def test_what_a_dead_process_was_told_is_heard_by_the_next(tmp_path: Path) -> None:
    """The task that gave the values has ended well: nobody will give them again."""
    waiting = Waiting(tmp_path, asking(NUMBER))
    os.kill(waiting.process.pid, signal.SIGSTOP)
    assert waiting.resume("n: 5").returncode == 0
    waiting.process.kill()
    waiting.end()
    done = waiting.program.run("resume", waiting.id)
    assert done.returncode == 0 and '{"n":5}' in done.stdout + done.stderr


def test_a_pause_for_which_a_dead_process_was_told_values_needs_no_others(tmp_path: Path) -> None:
    source = f"""
id: asking
namespace: company.team
tasks:
  - id: both
    type: {CORE}.flow.Parallel
    tasks:
      - {{id: ask, type: {CORE}.flow.Pause, onResume: [{{id: n, type: INT}}]}}
      - {{id: long, type: {CORE}.flow.Pause, pauseDuration: PT10M}}
"""
    waiting = Waiting(tmp_path, source)
    waiting.program.wait_for_run("long", "PAUSED")
    os.kill(waiting.process.pid, signal.SIGSTOP)
    assert waiting.resume("n: 5").returncode == 0
    waiting.process.kill()
    waiting.end()
    refused = waiting.program.run("resume", waiting.id, "--input", "n=five")
    assert refused.returncode == 2, refused.stderr  # and nothing is lost by that
    words = waiting.program.words("resume", waiting.id)
    goes_on = subprocess.Popen(words, env=ENVIRONMENT, cwd=tmp_path, stderr=subprocess.DEVNULL)
    waiting.program.wait_for_run("ask", "SUCCESS")
    waiting.program.run("kill", waiting.id)
    goes_on.wait(timeout=60)
    found = waiting.program.show(waiting.id)["taskRunList"]
    [ask] = [each for each in found if each["taskId"] == "ask"]
    assert ask["outputs"]["onResume"] == {"n": 5}


def test_who_has_asked_a_process_that_dies_asks_nobody_any_more(tmp_path: Path) -> None:
    waiting = Waiting(tmp_path, asking(NUMBER))
    os.kill(waiting.process.pid, signal.SIGSTOP)
    words = waiting.program.words("resume", waiting.id, "--input", "n=7")
    asks = subprocess.Popen(
        words, env=ENVIRONMENT, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    waiting.program.wait_for_wishes(1)
    waiting.process.kill()
    waiting.end()
    shown = asks.communicate(timeout=60)[0].decode()
    assert asks.returncode == 0 and '{"n":7}' in shown, shown
    assert shown.count("Cannot resume") == 0


def test_a_kill_makes_an_end_of_what_was_asked_for(tmp_path: Path) -> None:
    waiting = Waiting(tmp_path, asking(NUMBER))
    os.kill(waiting.process.pid, signal.SIGSTOP)
    assert waiting.resume("n: 5").returncode == 0
    waiting.process.kill()
    waiting.end()
    waiting.program.run("kill", waiting.id)
    assert waiting.program.show(waiting.id)["state"]["current"] == "KILLED"
    assert [each["taskId"] for each in waiting.program.show(waiting.id)["taskRunList"]] == ["ask0"]
