"""The engine's side of launchers: scripts are started by processes that outlive each of them, and end with this one.

A script that began as a child of this process would be fast to start, and would go on when this process is killed. What
begins it is therefore a process of its own (`flowrt.scripting.launcher`) that takes its end, and ours, as the end of the
script. To start one takes as long as a Python does, so a launcher whose script has ended is kept for the next script: in a
chain of scripts there is one, and there are as many as scripts run at once. Each has one script at a time, because only so
can it tell whose a process is that has lost its parent. They are found through the workplace, as is all that this process
has started.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GRACE = 5.0
"""Seconds between asking a script to end and killing it."""
KEPT = 4
"""How many launchers are kept for scripts to come."""
KILLED = 128 + 9
"""The exit code of a script whose launcher was killed."""
LAUNCHER = "flowrt.scripting.launcher"
"""The module whose text is the launcher: it runs without this package, and is not imported here."""
LENGTH, LONGEST_ANSWER = 8, 64
"""Bytes of the length of what a launcher is asked for, and more than an answer has."""


@cache
def _text() -> str:
    """The text of the launcher."""
    from pkgutil import get_data

    return (get_data(__name__, f"{LAUNCHER.rpartition('.')[2]}.py") or b"").decode()


class Launcher:
    """A process that runs one script after the other."""

    def __init__(self, claim: int) -> None:
        """`claim` is what it is found by, should this process die."""
        from socket import socketpair
        from subprocess import DEVNULL, Popen

        from flowrt.scripting.python import base_environment

        self._socket, theirs = socketpair()
        self._bond, end = os.pipe()
        words = [sys.executable, "-I", "-S", "-c", _text(), str(GRACE)]
        try:
            self._process = Popen(
                [*words, str(claim), str(self._bond), str(end)],
                env=base_environment(),
                stdin=theirs.fileno(),
                stdout=DEVNULL,
                stderr=DEVNULL,
                pass_fds=(claim, self._bond, end),
                start_new_session=True,
            )
        finally:
            theirs.close()
            os.close(end)
        self._socket.setblocking(False)
        self._said = b""
        self._lost = False

    @property
    def is_alive(self) -> bool:
        """Whether it is still there to be asked."""
        return not self._lost and self._process.poll() is None

    async def start(
        self,
        folder: Path,
        program: str,
        arguments: list[str],
        environment: dict[str, str],
        outputs: list[int],
    ) -> int:
        """Start a script; its process id. Raises OSError when the launcher has died."""
        import asyncio
        import marshal
        from socket import send_fds

        paths = (os.path.abspath(folder), os.path.abspath(program))
        asked = marshal.dumps((*paths, arguments, environment))
        send_fds(self._socket, [len(asked).to_bytes(LENGTH, "big")], outputs)
        await asyncio.get_running_loop().sock_sendall(self._socket, asked)
        pid = await self._hear()
        if pid is None:
            raise ChildProcessError("The launcher of scripts was ended")
        return pid

    async def outputs_are_over(self) -> int:
        """The exit code, once the outputs of the script have ended and nothing is left of it."""
        try:
            self._said += self._socket.recv(LONGEST_ANSWER)
        except BlockingIOError:
            self._say(b"w")
        except ConnectionError:
            pass  # so hears who listens
        code = await self._hear()
        return KILLED if code is None else code

    async def end(self) -> None:
        """End all of the script: the launcher first asks, then forces."""
        import asyncio

        self._say(b"t")
        try:
            await asyncio.wait_for(self._hear(), GRACE + 1)
        except TimeoutError:
            self._process.kill()

    def close(self) -> None:
        """It goes, and with it what it has started."""
        from subprocess import TimeoutExpired

        self._socket.close()
        try:
            self._process.wait(GRACE)
        except TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._bond)

    def _say(self, word: bytes) -> None:
        try:
            self._socket.send(word)
        except OSError:
            pass  # it has ended: whoever listens hears that

    async def _hear(self) -> int | None:
        """A number that it says; None when it has ended."""
        import asyncio

        loop = asyncio.get_running_loop()
        while b"\n" not in self._said:
            try:
                said = await loop.sock_recv(self._socket, LONGEST_ANSWER)
            except ConnectionError:
                said = b""
            if not said:
                self._lost = True
                return None
            self._said += said
        line, _, self._said = self._said.partition(b"\n")
        return int(line)


class Launchers:
    """The launchers of a process."""

    def __init__(self, claim: Callable[[], int]) -> None:
        self._claim = claim
        self._idle: list[Launcher] = []

    def take(self) -> Launcher:
        """A launcher without a script."""
        while self._idle:
            launcher = self._idle.pop()
            if launcher.is_alive:
                return launcher
            launcher.close()
        claim = self._claim()
        try:
            return Launcher(claim)
        finally:
            os.close(claim)

    def give_back(self, launcher: Launcher) -> None:
        """Its script has ended by itself."""
        if len(self._idle) < KEPT:
            self._idle.append(launcher)
        else:
            launcher.close()

    def close(self) -> None:
        """All of them go."""
        while self._idle:
            self._idle.pop().close()
