"""A script as a process: what it prints is read line by line, and it is over when all of it is."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from flowrt.model.failures import TaskFailure

if TYPE_CHECKING:
    from asyncio import StreamReader
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flowrt.model.context import RunContext

    Accept = Callable[[str, bool], bool | None]

LONGEST_LINE = 8 * 1024 * 1024
"""The characters after which a line is taken as one though it goes on: memory stays bounded whatever a script prints."""
PIECE = 65536
"""How much is read at once."""


async def run_process(
    run: RunContext,
    arguments: list[str],
    folder: Path,
    environment: dict[str, str],
    accept: Accept,
) -> int:
    """Run a program to its end; answers the exit code, which is 128 more than the signal that has ended it.

    `accept` gets each line, and whether it came from the standard error; with False it hears no more of that output, which is
    closed then, as for a program whose reader has gone. The program is over when it has ended and its
    output has; what it has started and left behind is ended then. When the task is killed or times out, or this process
    dies, all of it is ended. Raises OSError when the program cannot be started.
    """
    import asyncio

    # a variable without a name is none that a program could ask for
    environment = {name: value for name, value in environment.items() if name}
    program = _program(arguments, folder, environment)
    if os.name != "posix":
        return await run_outliving(run, arguments, folder, environment, accept)
    from flowrt.scripting.launchers import Launchers

    launchers = run.companion(Launchers)
    launcher = launchers.take()
    outputs = Outputs(accept)
    pid: int | None = None
    try:
        with outputs.far_ends() as ends:
            pid = await launcher.start(folder, program, arguments, environment, ends)
        _log_start(run, pid, arguments)
        await outputs.read()
        code = await launcher.outputs_are_over()
    except BaseException as error:
        if isinstance(error, asyncio.CancelledError) and pid is not None:
            _log_kill(run, pid)
            await launcher.end()
        launcher.close()  # it takes that for the end of the engine
        raise
    finally:
        outputs.close()
    launchers.give_back(launcher)
    return code


def _log_start(run: RunContext, pid: int, arguments: list[str]) -> None:
    run.log("DEBUG", f"Starting command with pid {pid} [{' '.join(arguments)}]")


def _log_kill(run: RunContext, pid: int) -> None:
    run.log("WARN", f"Killing process {pid} for InterruptedException")


async def run_outliving(
    run: RunContext,
    arguments: list[str],
    folder: Path,
    environment: dict[str, str],
    accept: Accept,
) -> int:
    """The same as a child of this process, which may outlive it, as what it has started may: a program that is to leave
    something running, or a system where descriptors cannot be sent."""
    import asyncio
    from subprocess import DEVNULL, PIPE

    process = await asyncio.create_subprocess_exec(
        *arguments, cwd=folder, env=environment, stdin=DEVNULL, stdout=PIPE, stderr=PIPE
    )
    _log_start(run, process.pid, arguments)

    async def read(stream: StreamReader | None, is_error: bool) -> None:
        assert stream is not None
        lines = Lines(accept, is_error)
        while data := await stream.read(PIECE):
            lines.feed(data)
        lines.end()

    try:
        await asyncio.gather(read(process.stdout, False), read(process.stderr, True))
        return await process.wait()
    except BaseException as error:
        if isinstance(error, asyncio.CancelledError):
            _log_kill(run, process.pid)
        process.kill()
        await process.wait()
        raise


def _program(arguments: list[str], folder: Path, environment: dict[str, str]) -> str:
    """The path of the program. Raises OSError when there is none or the folder is gone, TaskFailure for texts that no process
    can be started with, and when there are no arguments."""
    from errno import EACCES, ENOENT, ENOTDIR
    from shutil import which

    for name, value in environment.items():
        if set(name) & {"=", "\0"}:
            raise TaskFailure(f'Invalid environment variable name: "{name}"')
        if "\0" in value:
            raise TaskFailure(f'Invalid environment variable value: "{value}"')
    if "\0" in "".join(arguments):
        raise TaskFailure("invalid null character in command")
    if not folder.is_dir():
        number = ENOTDIR if folder.exists() else ENOENT
        raise OSError(number, os.strerror(number), str(folder))
    if not arguments:
        raise TaskFailure("Index 0 out of bounds for length 0")
    name = arguments[0]
    path = environment.get("PATH", os.defpath)
    program = which(name if "/" not in name else str(folder / name), path=path)
    if program is None:
        number = EACCES if "/" in name and (folder / name).exists() else ENOENT
        raise OSError(number, os.strerror(number), name)
    return program


def tell_not_started(error: OSError, program: str, folder: Path) -> NoReturn:
    """Raise what is said of a program that is not there or may not be run, or the error if it is of another kind."""
    if error.filename not in (program, str(folder)):
        raise error
    said = f"Exec failed, error: {error.errno} ({error.strerror}) "
    place = f'Cannot run program "{program}" (in directory "{folder}"): '
    raise TaskFailure(place + said) from OSError(said)


class Outputs:
    """The two outputs of a process: pipes whose far ends are to be given to it."""

    def __init__(self, accept: Accept) -> None:
        self._lines: dict[int, Lines] = {}
        self._far_ends: list[int] = []
        for is_error in (False, True):
            end, far_end = os.pipe()
            os.set_blocking(end, False)
            self._lines[end] = Lines(accept, is_error)
            self._far_ends.append(far_end)

    @contextmanager
    def far_ends(self) -> Iterator[list[int]]:
        """Their far ends, which are open within."""
        try:
            yield self._far_ends
        finally:
            for end in self._far_ends:
                os.close(end)

    async def read(self) -> None:
        """Take in all of them."""
        import asyncio

        loop = asyncio.get_running_loop()
        over: asyncio.Future[None] = loop.create_future()
        left = set(self._lines)

        def more(end: int) -> None:
            if over.done():
                return  # it has failed, or nobody waits any more
            lines = self._lines[end]
            try:
                data = os.read(end, PIECE)
                if data:
                    lines.feed(data)
                    if not lines.are_over:
                        return
                else:
                    lines.end()
            except BlockingIOError:
                return
            except Exception as error:
                over.set_exception(error)
                return
            loop.remove_reader(end)
            if lines.are_over:
                os.close(end)
                del self._lines[end]
            left.discard(end)
            if not left:
                over.set_result(None)

        for end in tuple(self._lines):  # what both hold by now: first the output, then the errors
            loop.add_reader(end, more, end)
        try:
            await over
        finally:
            for end in left:
                loop.remove_reader(end)

    def close(self) -> None:
        """Nobody reads them any more."""
        for end in self._lines:
            os.close(end)


class Lines:
    """What is read of an output, as lines of text."""

    def __init__(self, accept: Accept, is_error: bool) -> None:
        from flowrt.java.utf8 import Utf8Reader

        self._accept = accept
        self._is_error = is_error
        self._reader = Utf8Reader()
        self._splitter = LineSplitter()
        self.are_over = False
        """Whether nobody wants to hear more."""

    def feed(self, data: bytes) -> None:
        """More of it."""
        self._take(self._splitter.feed(self._reader.feed(data)))

    def end(self) -> None:
        """That was all."""
        self._take(self._splitter.feed(self._reader.feed(b"", last=True), last=True))

    def _take(self, lines: list[str]) -> None:
        for line in lines:
            if self.are_over or self._accept(line, self._is_error) is False:
                self.are_over = True
                return


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
