"""A process in its own group, its output read line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import StreamReader
    from asyncio.subprocess import Process
    from collections.abc import Callable
    from pathlib import Path

    from flowrt.model.context import RunContext

GRACE = 5.0
"""Seconds between asking a process to end and killing it."""


async def run_process(
    run: RunContext,
    arguments: list[str],
    folder: Path,
    environment: dict[str, str],
    accept: Callable[[str, bool], None],
) -> int:
    """Run a program to its end; answers the exit code.

    `accept` gets each line, and whether it came from the standard error. When the task is killed or times out, the
    whole group of processes is ended. Raises OSError when the program cannot be started.
    """
    import asyncio

    process = await asyncio.create_subprocess_exec(
        *arguments,
        cwd=folder,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None and process.stderr is not None
    run.log("DEBUG", f"Starting command with pid {process.pid} [{' '.join(arguments)}]")
    readers = asyncio.gather(
        _read(process.stdout, accept, False), _read(process.stderr, accept, True)
    )
    try:
        code = await process.wait()
        await readers
    except asyncio.CancelledError:
        run.log("WARN", f"Killing process {process.pid} for InterruptedException")
        await _end(process)
        readers.cancel()
        raise
    return code


async def _end(process: Process) -> None:
    """End the group: first asked, then forced."""
    import asyncio
    import os
    import signal

    for number, patience in ((signal.SIGTERM, GRACE), (signal.SIGKILL, None)):
        try:
            os.killpg(process.pid, number)
        except (ProcessLookupError, PermissionError):
            break
        try:
            await asyncio.wait_for(process.wait(), patience)
        except TimeoutError:
            continue
        if number == signal.SIGKILL:
            break


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
    r"""Cuts a text that comes in pieces into lines; they end with `\n`, `\r` or `\r\n`."""

    def __init__(self) -> None:
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
        if rest:
            self._rest.append(rest)
        if last and self._rest:
            lines.append("".join(self._rest))
            self._rest = []
        return lines
