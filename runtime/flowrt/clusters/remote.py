"""What a worker of a cluster does: it keeps processes of the program, and gives each parcel to one of them.

This module goes to the cluster by value, and imports the standard library alone: a worker needs nothing of this project to be
installed, unless the program itself does. The process speaks as that of `--executor process` does (`flowrt.worker.child`);
what it says is passed on unread.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

POLL = 0.1
"""Seconds between two looks whether anybody still waits for the work."""
KEPT = 30 * 86400.0
"""Seconds for which a program is kept that nobody begins."""
TAIL = 400
"""How many characters of what a process said are told when it is lost."""


class Child:
    """A process of the program."""

    def __init__(self, folder: str, environment: dict[str, str]) -> None:
        """`folder` holds the program."""
        import os
        from queue import SimpleQueue
        from subprocess import PIPE, Popen
        from tempfile import TemporaryFile
        from threading import Thread

        self.errors = TemporaryFile()  # noqa: SIM115
        self.process = Popen(
            [sys.executable, os.path.join(folder, "flow.py"), "worker"],
            stdin=PIPE,
            stdout=PIPE,
            stderr=self.errors,
            start_new_session=True,
            env={**os.environ, **environment},
        )
        self.said: SimpleQueue[bytes | None] = SimpleQueue()
        Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        stream: Any = self.process.stdout
        while len(head := stream.read(8)) == 8:
            self.said.put(stream.read(int.from_bytes(head, "big")))
        self.said.put(None)

    def give(self, parcel: bytes) -> None:
        """Give it something to do."""
        stream: Any = self.process.stdin
        try:
            stream.write(len(parcel).to_bytes(8, "big") + parcel)
            stream.flush()
        except OSError:
            pass  # it has ended: whoever listens hears that

    def kill(self) -> None:
        """End it and whatever it has started."""
        import os
        from signal import SIGKILL

        try:
            os.killpg(self.process.pid, SIGKILL)
        except (ProcessLookupError, PermissionError):
            self.process.kill()
        self.process.wait()

    def last_words(self) -> str:
        """How it ended."""
        code = self.process.wait()
        self.errors.seek(0)
        text = self.errors.read()[-TAIL:].decode("utf-8", "replace").strip()
        return f"The process of the task has ended with exit code {code}" + (text and f": {text}")


def kept() -> dict[str, Any]:
    """What this worker keeps for later: its processes that are idle.

    A function that came by value has variables of its own each time, so they lie in a module that nobody imports.
    """
    from types import ModuleType

    return sys.modules.setdefault("flowrt kept", ModuleType("flowrt kept")).__dict__


def folder_of(digest: str, fetch: Callable[[], dict[str, str]]) -> str:
    """The folder with the program of a digest, written when this machine has not seen it before.

    Workers are ended in ways that leave no time to clear up, so all of a machine share it, and it goes when it is old.
    """
    import os
    import shutil
    import tempfile

    top = os.path.join(tempfile.gettempdir(), f"flowrt-programs-{os.getuid()}")
    os.makedirs(top, 0o700, exist_ok=True)
    found = os.lstat(top)
    if os.path.islink(top) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        top = tempfile.mkdtemp(prefix="flowrt-programs-")  # somebody else has made that one
    folder = os.path.join(top, digest)
    if not os.path.isdir(folder):
        part = tempfile.mkdtemp(dir=top)
        for name, text in fetch().items():
            path = os.path.join(part, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        try:
            os.rename(part, folder)
        except OSError:  # another worker was faster
            shutil.rmtree(part, ignore_errors=True)
        clear_away(top)
    os.utime(folder)
    return folder


def clear_away(top: str) -> None:
    """Remove the programs that nobody has begun for a long time."""
    import os
    import shutil
    import time

    for name in os.listdir(top):
        path = os.path.join(top, name)
        try:
            if time.time() - os.lstat(path).st_mtime > KEPT:
                shutil.rmtree(path, ignore_errors=True)
        except FileNotFoundError:
            pass  # another worker was faster


def work(
    digest: str,
    fetch: Callable[[], dict[str, str]],
    environment: dict[str, str],
    parcel: Callable[[], bytes | None],
    wanted: Callable[[], bool],
) -> Iterator[bytes]:
    """Do a parcel: what the process says, message by message, the answer last.

    `fetch` gives the files of the program, `parcel` what is to be done (None: nothing any more), `wanted` tells whether
    anybody waits for it. Raises ChildProcessError when the process is lost.
    """
    from queue import Empty

    idle: list[Child] = kept().setdefault("idle", {}).setdefault(digest, [])
    while idle and idle[-1].process.poll() is not None:
        idle.pop()
    child = idle.pop() if idle else Child(folder_of(digest, fetch), environment)
    ended = False
    try:
        given = parcel()
        if given is None:
            ended = True
            return
        child.give(given)
        while not ended and wanted():
            try:
                message = child.said.get(timeout=POLL)
            except Empty:
                continue
            if message is None:
                raise ChildProcessError(child.last_words())
            ended = not message
            if message:
                yield message
    finally:
        if ended:
            idle.append(child)
        else:
            child.kill()
