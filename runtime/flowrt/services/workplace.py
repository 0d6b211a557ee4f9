"""Folders that belong to a process for as long as it lives, and the rests of processes that have died.

A process holds a lock on a file in its folder, which the system takes from it when it dies, however that happens. What it
starts inherits locks of its own: so a later process can tell what is still running of one that has died, and can end it.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowrt.model.clock import new_id
from flowrt.services.paths import PRIVATE_FILE, make_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flowrt.model.context import AnyCompanion, Companion

OWNER = ".owner"
"""The file whose lock the owner of a folder holds."""
STARTED = ".started"
"""How the files end whose locks those hold that the owner has started; they contain a process id."""
PATIENCE = 1.0
"""Seconds that a rest has to end by itself, as it does when it notices that its owner has died."""
MOST_PATIENCE = 6.0
"""Seconds after which a rest that was killed counts as one that cannot be ended."""


class StillRunning(Exception):
    """Something that a dead process has started cannot be ended; the text says what."""


class Workplace:
    """A folder of this process below `parent`; `prefix` begins its name."""

    def __init__(self, parent: Path, prefix: str = "") -> None:
        make_folder(parent)
        self._companions: dict[Any, Companion] = {}
        while True:
            self.path = parent / f"{prefix}{new_id()}"
            make_folder(self.path)
            self._lock = _open(self.path / OWNER)
            # whoever clears away what nobody owns may have been faster
            if _take(self._lock) and _same(self._lock, self.path / OWNER):
                break
            os.close(self._lock)

    def folder(self) -> Path:
        """A new folder in it."""
        path = self.path / new_id()
        make_folder(path)
        return path

    def claim(self) -> int:
        """A descriptor for a process that is started: as long as that, or anything that it starts, has it, it can be
        found. To be closed here when the process has begun."""
        handle = _open(self.path / f"{new_id()}{STARTED}")
        _take(handle)
        return handle

    def companion(self, make: Callable[[Callable[[], int]], AnyCompanion]) -> AnyCompanion:
        """What `make` has made of the function that claims processes, at the first call: it lives as long as this process
        works here."""
        found: Any = self._companions.get(make)
        if found is None:
            found = self._companions.setdefault(make, make(self.claim))
        return found  # type: ignore[no-any-return]

    def dismiss(self) -> None:
        """Close the companions; whoever asks for them again gets others."""
        while self._companions:
            self._companions.popitem()[1].close()

    def close(self) -> None:
        """The folder goes."""
        from shutil import rmtree

        self.dismiss()
        rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


@contextmanager
def locked(path: Path) -> Iterator[bool]:
    """Whether this process has the lock of a file, which it keeps within; it does not wait for it."""
    handle = _open(path)
    try:
        yield _take(handle)
    finally:
        os.close(handle)


def clear_away(parent: Path, prefix: str = "") -> None:
    """Remove the folders of processes that have died, after what is left of these processes has ended.

    Raises `StillRunning` when something of them cannot be ended.
    """
    try:
        names = sorted(os.listdir(parent))
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return
    for name in names:
        if name.startswith(prefix) and (parent / name / OWNER).is_file():
            _clear(parent / name)


def _clear(folder: Path) -> None:
    from shutil import rmtree

    try:
        lock = os.open(folder / OWNER, os.O_RDWR)
    except OSError:
        return
    try:
        if (
            _take(lock) and (folder / OWNER).exists()
        ):  # another process may have cleared it meanwhile
            for name in sorted(os.listdir(folder)):
                if name.endswith(STARTED):
                    _end(folder / name)
                else:
                    clear_away(folder / name)  # a temporary root has workplaces of its own
            rmtree(folder, ignore_errors=True)
    finally:
        os.close(lock)


def _end(file: Path) -> None:
    """Wait until nobody holds a lock any more; after some time, end those who do."""
    from signal import SIGKILL
    from time import monotonic, sleep

    handle = os.open(file, os.O_RDWR)
    begun = monotonic()
    try:
        while not _take(handle):
            waited = monotonic() - begun
            if waited > MOST_PATIENCE:
                left = [str(pid) for pid in _holders(file)] or [file.read_text() or "unknown"]
                raise StillRunning(
                    "a process of an execution that was interrupted still runs and cannot be ended: "
                    + ", ".join(left)
                )
            if waited > PATIENCE:
                for pid in _holders(file):
                    try:
                        os.kill(pid, SIGKILL)
                    except OSError:
                        pass
            sleep(0.02)
    finally:
        os.close(handle)


def _holders(file: Path) -> list[int]:
    """The processes, others than this one, that have a file open. Empty where that cannot be known."""
    found = []
    wanted = file.stat()
    for name in os.listdir("/proc") if os.path.isdir("/proc/self/fd") else []:
        if not name.isdigit() or int(name) == os.getpid():
            continue
        try:
            for descriptor in os.scandir(f"/proc/{name}/fd"):
                seen = os.stat(descriptor.path)
                if (seen.st_dev, seen.st_ino) == (wanted.st_dev, wanted.st_ino):
                    found.append(int(name))
                    break
        except OSError:
            continue
    return found


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)


def _take(handle: int) -> bool:
    """Take the lock of a file; False when another process has it."""
    try:
        from fcntl import LOCK_EX, LOCK_NB, flock
    except ImportError:  # without such locks a file that is open cannot be removed there
        return True
    try:
        flock(handle, LOCK_EX | LOCK_NB)
    except OSError:
        return False
    return True


def _same(handle: int, path: Path) -> bool:
    try:
        there = path.stat()
    except OSError:
        return False
    own = os.fstat(handle)
    return (own.st_dev, own.st_ino) == (there.st_dev, there.st_ino)
