"""Launchers: what scripts share of them, and what they do not."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from tasks.fake import FakeRun

from flowrt.model.failures import TaskFailure
from flowrt.scripting.launchers import KEPT
from flowrt.scripting.process import run_process


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path)


Script = Callable[..., Coroutine[Any, Any, tuple[int, list[str]]]]


@pytest.fixture
def script(run: FakeRun) -> Script:
    """Runs a text of the shell; answers the exit code and the lines."""

    async def call(text: str, *words: str, **environment: str) -> tuple[int, list[str]]:
        lines: list[str] = []
        arguments = list(words) or ["/bin/sh", "-c", text]
        variables = {"PATH": os.defpath, **environment}
        code = await run_process(
            run, arguments, run.working_dir, variables, lambda line, _: lines.append(line)
        )
        return code, lines

    return call


def test_scripts_in_a_row_share_a_launcher_and_scripts_at_once_do_not(
    run: FakeRun, script: Script
) -> None:
    async def work() -> tuple[list[str], list[str]]:
        row = [(await script("echo $PPID"))[1][0] for _ in range(3)]
        meet = "echo > $N; while [ ! -e 0 -o ! -e 1 ]; do sleep 0.01; done; echo $PPID"
        both = await asyncio.gather(*(script(meet, N=str(number)) for number in range(2)))
        return row, [lines[0] for _, lines in both]

    row, both = run.wait_for(work())
    assert len(set(row)) == 1 and len(set(both)) == 2 and row[0] in both


def test_only_some_launchers_are_kept(run: FakeRun, script: Script) -> None:
    count = KEPT + 2

    async def work() -> list[str]:
        meet = f"echo > $N; while [ $(ls | wc -l) -lt {count} ]; do sleep 0.01; done; echo $PPID"
        return [
            lines[0]
            for _, lines in await asyncio.gather(*(script(meet, N=str(n)) for n in range(count)))
        ]

    async def kept() -> int:
        return sum(is_there(int(pid)) for pid in await work())

    assert run.wait_for(kept()) == KEPT


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_what_a_script_leaves_behind_ends_before_the_next_one(run: FakeRun, script: Script) -> None:
    hidden = "setsid sh -c 'trap \"\" TERM HUP; echo $$ > hidden; exec sleep 300'"

    async def work() -> list[str]:
        text = f"{hidden} > /dev/null 2>&1 < /dev/null & while [ ! -s hidden ]; do sleep 0.01; done"
        await script(text)
        return (await script("kill -0 $(cat hidden) 2>/dev/null || echo gone"))[1]

    assert run.wait_for(work()) == ["gone"]


@pytest.mark.parametrize("leader", ["exec sleep 300", "trap '' TERM HUP INT; sleep 300 & wait"])
def test_a_script_ends_with_its_launcher_and_the_next_one_has_another(
    run: FakeRun, script: Script, leader: str
) -> None:
    async def work() -> tuple[int, int]:
        killed = asyncio.ensure_future(script(f"echo $PPID > pid.new; mv pid.new pid; {leader}"))
        while not (run.working_dir / "pid").exists():
            await asyncio.sleep(0.01)
        os.kill(int((run.working_dir / "pid").read_text()), signal.SIGKILL)
        code, _ = await killed
        return code, (await script("exit 3"))[0]

    assert run.wait_for(work()) == (137, 3)


def test_a_folder_may_be_named_from_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: Script, run: FakeRun
) -> None:
    monkeypatch.chdir(tmp_path)
    run.root = Path()

    async def work() -> list[str]:
        (run.working_dir / "tool").write_text("#!/bin/sh\npwd\n")
        (run.working_dir / "tool").chmod(0o700)
        return [(await script("", "./tool"))[1][0] for _ in range(2)]

    assert run.wait_for(work()) == [str(tmp_path / "wd")] * 2


def test_what_cannot_be_started(run: FakeRun, script: Script) -> None:
    tool = run.working_dir / "tool"
    tool.write_text("no program")
    with pytest.raises(PermissionError):
        run.wait_for(script("", "./tool"))
    tool.chmod(0o700)
    assert run.wait_for(script("", "./tool")) == (127, ["./tool: Exec format error"])
    with pytest.raises(FileNotFoundError):
        run.wait_for(script("", "nowhere-to-be-found"))
    with pytest.raises(TaskFailure, match="null character"):
        run.wait_for(script("", "/bin/sh", "-c", "echo \0"))
    with pytest.raises(TaskFailure, match="variable name"):
        run.wait_for(script("true", **{"A=B": "c"}))
    gone = run.working_dir / "gone"
    with pytest.raises(FileNotFoundError):
        run.wait_for(run_process(run, ["/bin/sh"], gone, {}, lambda *_: None))


@pytest.mark.parametrize("size", [0, 70_000, 1_500_000])
def test_what_a_script_is_given_may_be_long(run: FakeRun, script: Script, size: int) -> None:
    words = ["x" * 1000] * (size // 1000)
    code, lines = run.wait_for(script("", "/bin/sh", "-c", "echo $#; cat", "sh", *words))
    assert (code, lines) == (0, [str(len(words))])


def test_signals_have_their_defaults_in_a_script(run: FakeRun, script: Script) -> None:
    _, lines = run.wait_for(script("grep -E 'Sig(Ign|Blk)' /proc/self/status"))
    plain = (1 << 31) - 1  # the C library keeps two of those above to itself
    # a shell lets what it starts in the background ignore SIGQUIT, which stays as it is
    left = 1 << (signal.SIGQUIT - 1) if signal.getsignal(signal.SIGQUIT) == signal.SIG_IGN else 0
    assert [int(line.split()[1], 16) & plain for line in lines] == [0, left]
