"""The process between the engine and a script: it sees to it that nothing of the script outlives either of them.

Run as `python -I -S -c <this text> GRACE DESCRIPTOR PROGRAM ARGUMENT...`; it imports nothing of this project. Its standard
input is the engine: the byte `w` says that the output of the script has ended, `t` that the script is to end, and the end
of the input that the engine is gone. On Linux whatever loses its parent below it becomes its child, wherever it hides;
elsewhere it ends the process group of the script.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from select import select

TYPE_CHECKING = False  # to import `typing` would take longer than all the rest
if TYPE_CHECKING:
    from typing import Any

SUBREAPER, DEATH_SIGNAL = 36, 1
"""Numbers of Linux's `prctl`."""
KILLED = 128 + signal.SIGKILL
LAST_TRY = 10.0
"""Seconds after which what even SIGKILL does not end is left to the system."""


def linux() -> Any:
    """The function `prctl` of the system; None where there is none."""
    if sys.platform != "linux":
        return None
    from ctypes import CDLL

    return CDLL(None).prctl


def start(prctl: Any, command: list[str]) -> int:
    """Start the script in a session of its own; the process id."""
    parent = os.getpid()
    child = os.fork()
    if child:
        return child
    try:
        os.setsid()
        if prctl is not None:
            prctl(DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(KILLED)
        for number in (
            signal.SIGCHLD,
            signal.SIGINT,
            signal.SIGTERM,
            signal.SIGHUP,
            signal.SIGPIPE,
        ):
            signal.signal(number, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.execvp(command[0], command)
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode())
    os._exit(127)


def below(child: int) -> list[int]:
    """The processes that descend from this one, as far as the system tells."""
    parents: dict[int, list[int]] = {}
    try:
        names = os.listdir("/proc")
    except OSError:
        return [child]
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


def tell(child: int, number: int) -> None:
    """Send a signal to all of the script."""
    try:
        os.killpg(child, number)
    except OSError:
        pass
    for pid in below(child):
        try:
            os.kill(pid, number)
        except OSError:
            pass


def main(words: list[str]) -> int:
    """Run a script; its exit code, which is 128 more than the signal that has ended it."""
    grace, lock, command = float(words[0]), int(words[1]), words[2:]
    os.write(lock, str(os.getpid()).encode())
    prctl = linux()
    if prctl is not None:
        prctl(SUBREAPER, 1)
    waker, alarm = os.pipe()
    os.set_blocking(waker, False)
    os.set_blocking(alarm, False)
    signal.set_wakeup_fd(alarm)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    child = start(prctl, command)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)

    code: int | None = None
    over = False
    deadline: float | None = None

    def reap() -> bool:
        """Take note of what has ended; whether nothing is left."""
        nonlocal code
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return True
            if pid == 0:
                return False
            if pid == child:
                ended = os.waitstatus_to_exitcode(status)
                code = 128 - ended if ended < 0 else ended

    while True:
        alone = reap()
        if code is not None and (alone or over):
            break
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            break
        ready = select([0, waker], [], [], left)[0]
        if waker in ready:
            os.read(waker, 4096)
        if 0 in ready:
            said = os.read(0, 64)
            if not said:
                break
            over = over or b"w" in said
            if b"t" in said and deadline is None:
                deadline = time.monotonic() + grace
                tell(child, signal.SIGTERM)

    end = time.monotonic() + LAST_TRY
    while not reap() and time.monotonic() < end:
        tell(child, signal.SIGKILL)
        time.sleep(0.002)
    return KILLED if code is None else code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
