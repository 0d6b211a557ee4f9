"""A script as a process: started through a launcher that ends with it and with this process, read line by line."""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import StreamReader
    from asyncio.subprocess import Process
    from collections.abc import Callable
    from pathlib import Path

    from flowrt.model.context import RunContext

GRACE = 5.0
"""Seconds between asking a process to end and killing it."""
LONGEST_LINE = 8 * 1024 * 1024
"""The characters after which a line is taken as one though it goes on: memory stays bounded whatever a script prints."""
ASK_TO_END, OUTPUT_IS_OVER = b"t", b"w"


@cache
def _launcher() -> str:
    """The text of the launcher."""
    from pkgutil import get_data

    from flowrt.scripting import launcher

    return (get_data(launcher.__name__.rpartition(".")[0], "launcher.py") or b"").decode()


async def run_process(
    run: RunContext,
    arguments: list[str],
    folder: Path,
    environment: dict[str, str],
    accept: Callable[[str, bool], None],
) -> int:
    """Run a program to its end; answers the exit code, which is 128 more than the signal that has ended it.

    `accept` gets each line, and whether it came from the standard error. The program is over when it has ended and its
    output has; what it has started and left behind is ended then. When the task is killed or times out, or this process
    dies, all of it is ended. Raises OSError when the program cannot be started.
    """
    import asyncio

    process = await _start(run, arguments, folder, environment)
    assert process.stdout is not None and process.stderr is not None
    run.log("DEBUG", f"Starting command with pid {process.pid} [{' '.join(arguments)}]")
    readers = asyncio.gather(
        _read(process.stdout, accept, False), _read(process.stderr, accept, True)
    )
    try:
        await readers
        _say(process, OUTPUT_IS_OVER)
        code = await process.wait()
    except asyncio.CancelledError:
        run.log("WARN", f"Killing process {process.pid} for InterruptedException")
        await _end(process)
        readers.cancel()
        raise
    except BaseException:
        if process.stdin is not None:
            process.stdin.close()  # the launcher takes that for the end of the engine
        raise
    return code if code >= 0 else 128 - code


async def _start(
    run: RunContext, arguments: list[str], folder: Path, environment: dict[str, str]
) -> Process:
    import asyncio
    from subprocess import PIPE

    _check_program(arguments[0], folder, environment)
    if os.name != "posix":
        return await asyncio.create_subprocess_exec(
            *arguments, cwd=folder, env=environment, stdin=PIPE, stdout=PIPE, stderr=PIPE
        )
    claim = run.claim_process()
    try:
        words = [sys.executable, "-I", "-S", "-c", _launcher(), str(GRACE), str(claim), *arguments]
        return await asyncio.create_subprocess_exec(
            *words,
            cwd=folder,
            env=environment,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            pass_fds=(claim,),
            start_new_session=True,
        )
    finally:
        os.close(claim)


def _check_program(program: str, folder: Path, environment: dict[str, str]) -> None:
    """Raises OSError when there is no such program."""
    from errno import EACCES, ENOENT
    from shutil import which

    path = environment.get("PATH", os.defpath)
    if which(program if "/" not in program else str(folder / program), path=path) is None:
        number = EACCES if "/" in program and (folder / program).exists() else ENOENT
        raise OSError(number, os.strerror(number), program)


def _say(process: Process, word: bytes) -> None:
    """Tell the launcher something, if it is still there."""
    if process.stdin is not None and process.returncode is None:
        try:
            process.stdin.write(word)
        except OSError:
            pass


async def _end(process: Process) -> None:
    """End all of the script: the launcher first asks, then forces."""
    import asyncio

    _say(process, ASK_TO_END)
    try:
        await asyncio.wait_for(process.wait(), GRACE + 1)
    except TimeoutError:
        process.kill()
        await process.wait()


async def _read(stream: StreamReader, accept: Callable[[str, bool], None], is_error: bool) -> None:
    from codecs import getincrementaldecoder

    lines = LineSplitter()
    decoder = getincrementaldecoder("utf-8")("replace")
    while data := await stream.read(65536):
        for line in lines.feed(decoder.decode(data)):
            accept(line, is_error)
    for line in lines.feed(decoder.decode(b"", True), last=True):
        accept(line, is_error)


class LineSplitter:
    r"""Cuts a text that comes in pieces into lines; they end with `\n`, `\r` or `\r\n`, or are longer than any line."""

    def __init__(self, longest: int = LONGEST_LINE) -> None:
        self._longest = longest
        self._size = 0
        self._rest: list[str] = []
        self._after_return = False

    def feed(self, text: str, last: bool = False) -> list[str]:
        """The lines that are complete now; with `last` what is left too."""
        if self._after_return and text:
            text = text.removeprefix("\n")
            self._after_return = False
        if text.endswith("\r"):
            self._after_return = True
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        *lines, rest = text.split("\n")
        if lines:
            lines[0] = "".join((*self._rest, lines[0]))
            self._rest = []
            self._size = 0
        if rest:
            self._rest.append(rest)
            self._size += len(rest)
        if self._rest and (last or self._size >= self._longest):
            lines.append("".join(self._rest))
            self._rest = []
            self._size = 0
        return lines
