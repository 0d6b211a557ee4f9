"""The process between the engine and its scripts: it sees to it that nothing of a script outlives either of them.

Run as `python -I -S -c <this text> GRACE CLAIM BOND END`, the latter three descriptors; it imports nothing of this project.
It runs one script after the other, and each of them alone: on Linux whatever loses its parent below it becomes its child,
wherever it hides, and so is of the script that runs now. Elsewhere it ends the process group of the script.

Its standard input is a socket to the engine, whose end is that of the engine. A script is asked for with the length of
what `marshal` makes of (folder, program, arguments, environment), and with the descriptors that are to be its outputs. The
answers are lines: the process id, and at the end the exit code. In between, `w` says that the outputs have ended, `t`
that the script is to end. A `w` may come when all is over already: it means nothing then.

Should this process be killed itself, the system ends the script. A script could ask for that between its fork and its
start, but to fork a Python for it takes longer than all the rest; so it is bound from outside: END is the writing end of
a pipe that only this process has, the engine and the script keep the reading end BOND open, and the system is told to kill
the script's group when something happens there.
"""

from __future__ import annotations

import fcntl
import marshal
import os
import sys
import time
from select import select

# To import these by their usual names would take longer than all the rest: `typing`, and what makes constants of numbers.
TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    import socket
    from typing import Any
else:
    import _signal as signal
    import _socket as socket

SUBREAPER = 36
"""A number of Linux's `prctl`."""
KILLED = 128 + signal.SIGKILL
LAST_TRY = 10.0
"""Seconds after which what even SIGKILL does not end is left to the system."""
ENGINE = 0
"""The descriptor of the socket to the engine."""
NOT_STARTED = 127
"""The exit code of what could not be started, as shells have it."""
HEARD = (
    signal.SIGCHLD,
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGPIPE,
    signal.SIGXFSZ,
)
"""Signals that do nothing here: the engine says what is to end. They are not ignored, because a script would inherit that."""
SIZE, PIECE, INTEGER = 8, 1 << 20, 4
"""Bytes of a length, those that are read at once, and those of a number of C."""


def adopt() -> None:
    """Be the parent of whatever loses its own below, where the system knows that."""
    if sys.platform == "linux":
        from ctypes import CDLL

        CDLL(None).prctl(SUBREAPER, 1)


class Script:
    """A script, from its start until nothing is left of it."""

    def __init__(self, asked: Any, outputs: list[int]) -> None:
        """Start it in a session of its own."""
        folder, program, arguments, environment = asked
        actions: list[tuple[Any, ...]] = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            *((os.POSIX_SPAWN_DUP2, output, number) for number, output in enumerate(outputs, 1)),
            *((os.POSIX_SPAWN_CLOSE, output) for output in outputs),
        ]
        self.code: int | None = None
        self.outputs = outputs
        self.pid = os.getpid()
        try:
            os.chdir(folder)
            self.pid = os.posix_spawn(
                program, arguments, environment, file_actions=actions, setsid=True
            )
        except OSError as error:
            os.write(outputs[1], f"{arguments[0]}: {error.strerror}\n".encode())
            self.code = NOT_STARTED

    def release(self) -> None:
        """Let go of its outputs. While they are held here, their end comes behind the exit code: the engine, which waits for
        both, is woken once."""
        while self.outputs:
            os.close(self.outputs.pop())

    def reap(self) -> bool:
        """Take note of what has ended; whether nothing is left."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return True
            if pid == 0:
                return False
            if pid == self.pid:
                ended = os.waitstatus_to_exitcode(status)
                self.code = 128 - ended if ended < 0 else ended

    def tell(self, number: int) -> None:
        """Send a signal to all of it."""
        try:
            os.killpg(self.pid, number)
        except OSError:
            pass
        for pid in below() or [self.pid]:
            try:
                os.kill(pid, number)
            except OSError:
                pass

    def end(self) -> bool:
        """End all that is left of it; whether that could be done."""
        until = time.monotonic() + LAST_TRY
        while not self.reap():
            if time.monotonic() > until:
                return False
            self.tell(signal.SIGKILL)
            time.sleep(0.002)
        return True


def below() -> list[int]:
    """The processes that descend from this one; empty where the system does not tell."""
    parents: dict[int, list[int]] = {}
    try:
        names = os.listdir("/proc")
    except OSError:
        return []
    for name in names:
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    parent = int(file.read().rpartition(b")")[2].split()[1])
            except (OSError, ValueError, IndexError):
                continue
            parents.setdefault(parent, []).append(int(name))
    found: list[int] = []
    waiting = [os.getpid()]
    while waiting:
        more = parents.get(waiting.pop(), [])
        found += more
        waiting += more
    return found


class Launcher:
    """Runs the scripts that the engine asks for."""

    def __init__(self, grace: float, bond: int) -> None:
        self.grace = grace
        self.bond = bond
        adopt()
        self.engine = socket.socket(fileno=ENGINE)
        self.waker, alarm = os.pipe()
        os.set_blocking(self.waker, False)
        os.set_blocking(alarm, False)
        signal.set_wakeup_fd(alarm)
        for number in HEARD:
            signal.signal(number, lambda *_: None)
        if sys.platform == "linux":
            fcntl.fcntl(bond, fcntl.F_SETSIG, signal.SIGKILL)
            fcntl.fcntl(bond, fcntl.F_SETFL, os.O_ASYNC)

    def serve(self) -> None:
        """Run scripts, until the engine is gone or one of them cannot be ended."""
        ended = True
        while ended:
            head, more, _, _ = self.engine.recvmsg(SIZE, socket.CMSG_LEN(2 * INTEGER))
            if not head:
                return
            head = head.removeprefix(b"w")
            if not head:
                continue
            outputs = [number for *_, data in more for number in memoryview(data).cast("i")]
            size = int.from_bytes(head + self.read(SIZE - len(head)), "big")
            script = Script(marshal.loads(self.read(size)), outputs)
            if sys.platform == "linux":
                fcntl.fcntl(self.bond, fcntl.F_SETOWN, -script.pid)
            self.say(script.pid)
            self.attend(script)
            ended = script.end()
            self.say(KILLED if script.code is None else script.code)
            script.release()
            os.chdir("/")  # who removes the folder of a script finds nobody in it

    def attend(self, script: Script) -> None:
        """Wait until the script is over, or is to be ended without more ado."""
        over = False
        deadline: float | None = None
        while True:
            alone = script.reap()
            if script.code is not None:
                if alone or over:
                    return
                script.release()  # what it has left behind may hold them, too
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                return
            ready: list[int] = select([ENGINE, self.waker], [], [], left)[0]
            if self.waker in ready:
                os.read(self.waker, 4096)
            if ENGINE in ready:
                said = self.engine.recv(1)
                if not said:
                    return
                over = over or said == b"w"
                if said == b"t" and deadline is None:
                    deadline = time.monotonic() + self.grace
                    script.tell(signal.SIGTERM)

    def read(self, size: int) -> bytes:
        """So many bytes from the engine; fewer when it is gone."""
        parts = []
        while size and (part := self.engine.recv(min(size, PIECE))):
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def say(self, number: int) -> None:
        """Tell the engine a number."""
        try:
            self.engine.sendall(b"%d\n" % number)
        except OSError:
            pass  # it is gone: what follows sees that


if __name__ == "__main__":
    claim, bond, end = map(int, sys.argv[2:])
    os.write(claim, str(os.getpid()).encode())
    os.set_inheritable(end, False)
    try:
        Launcher(float(sys.argv[1]), bond).serve()
    finally:
        os._exit(0)
