"""Stored files as tasks of plugins read and write them: as text, as lines, as rows, row by row."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from flowrt.model.declare import INTEGER, STRING, URI, Kind, prop
from flowrt.model.failures import TaskFailure
from flowrt.model.task import Task
from flowrt.services.rows import LARGEST, read_rows
from flowrt.tasks.storage import required_text, stored_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Text

Row = TypeVar("Row")

_LOCAL = ("nsfile://", "file://")


class Stop:
    """Ends work in a thread when its task is killed or times out: rows that pass through it stop coming."""

    def __init__(self, run: RunContext) -> None:
        self._stopped = False
        run.on_kill(self._stop)

    def _stop(self) -> None:
        self._stopped = True

    @property
    def stopped(self) -> bool:
        """Whether the task was stopped."""
        return self._stopped

    def check(self) -> None:
        """Raises TaskFailure once the task was stopped."""
        if self._stopped:
            raise TaskFailure("The task was stopped")

    def each(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The same rows, as long as the task goes on."""
        for row in rows:
            if self._stopped:
                self.check()
            yield row


def source_path(run: RunContext, uri: str) -> Path:
    """The local path of a file that a task reads: a stored one, or a copy of one named by `nsfile://` or `file://`."""
    if uri.startswith(_LOCAL):
        from flowrt.services.folders import temporary_name

        copy = run.private_folder() / temporary_name()
        copy.write_bytes(run.open_file(uri))
        return copy
    return stored_path(run, uri)


def target_path(run: RunContext, extension: str) -> Path:
    """The path of a new file in the working folder, to be stored when it is complete."""
    from flowrt.services.folders import temporary_name

    return run.working_dir / temporary_name(extension)


def open_text(path: Path, charset: str, mode: str = "r", newline: str | None = None) -> IO[str]:
    """A file as text; what the charset does not have is replaced, as Java's readers and writers do."""
    return path.open(mode, encoding=charset, errors="replace", newline=newline)


def text_lines(file: IO[str], longest: int = LARGEST) -> Iterator[str]:
    """The lines of a file with their ends. Raises TaskFailure for one that is longer than any line."""
    while line := file.readline(longest):
        if len(line) == longest and line[-1] not in "\r\n":
            raise TaskFailure(f"A line is longer than {longest} characters")
        yield line


def plain_rows(path: Path) -> Iterator[Any]:
    """The rows of a file. Raises TaskFailure for what is none."""
    from flowrt.formats.ion import IonError

    try:
        yield from read_rows(path)
    except IonError as error:
        raise TaskFailure(str(error)) from None


class Converter(Task):
    """Reads a stored file and stores another one; `size` counts its records."""

    outputs: ClassVar[dict[str, Kind] | None] = {"uri": URI, "size": INTEGER}
    extension: ClassVar[str] = ".ion"
    """The extension of the file that is written."""

    from_: Text = prop(STRING, yaml="from")

    async def run(self, run: RunContext) -> dict[str, Any]:
        stop = Stop(run)

        def work() -> dict[str, Any]:
            try:
                return self._converted(run, stop)
            except RecursionError:
                raise TaskFailure("A value is nested too deeply") from None

        return cast("dict[str, Any]", await run.in_thread(work))

    def _converted(self, run: RunContext, stop: Stop) -> dict[str, Any]:
        from flowrt.java.uri import InvalidUri, split_uri

        uri = required_text(run, self.from_)
        try:
            split_uri(uri)
        except InvalidUri as error:
            raise TaskFailure(str(error)) from None
        target = target_path(run, self.extension_of(run))
        size = self.convert(run, source_path(run, uri), target, stop)
        run.metric("counter", "records", size)
        return {"uri": run.put_file(target, target.name), "size": size}

    def extension_of(self, run: RunContext) -> str:
        """The extension of the file that is written, where it depends on properties."""
        return self.extension

    def convert(self, run: RunContext, source: Path, target: Path, stop: Stop) -> int:
        """Write the target; answers how many records it has."""
        raise NotImplementedError
