"""Archives, made and taken apart."""

from __future__ import annotations

from contextlib import ExitStack
from typing import IO, TYPE_CHECKING, Any, ClassVar, cast

from flowrt.model.declare import ANY, STRING, URI, Kind, enum, mapping, prop, task_type
from flowrt.model.failures import TaskFailure, required
from flowrt.model.misfit import misfit
from flowrt.model.task import Task
from flowrt.plugins.compress import cpio
from flowrt.plugins.compress.streams import COMPRESSION, Damaged, copy, damages, reader, writer
from flowrt.plugins.limits import Unpacked
from flowrt.plugins.stored import Stop, source_path, target_path
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Text

ARCHIVE = enum("AR", "ARJ", "CPIO", "DUMP", "JAR", "TAR", "ZIP")


class ArchiveTask(Task):
    """What both directions share."""

    algorithm: Text = prop(ARCHIVE)
    compression: Text | None = prop(COMPRESSION, default=None)

    def forms(self, run: RunContext) -> tuple[str, str | None]:
        """The form of the archive and that of the compression around it."""
        return (
            str(required(run.constant(self.algorithm, ARCHIVE))),
            run.constant(self.compression, COMPRESSION),
        )


@task_type("io.kestra.plugin.compress.ArchiveDecompress")
class ArchiveDecompress(ArchiveTask):
    """Store the files of an archive, by their names in it."""

    outputs: ClassVar[dict[str, Kind] | None] = {"files": mapping(URI)}

    from_: Text = prop(STRING, yaml="from")

    async def run(self, run: RunContext) -> dict[str, Any]:
        stop = Stop(run)
        return {"files": await run.in_thread(lambda: self._files(run, stop))}

    def _files(self, run: RunContext, stop: Stop) -> dict[str, str]:
        from flowrt.java.values import hash_map

        form, compression = self.forms(run)
        source = source_path(run, required_text(run, self.from_))
        unpacked = Unpacked(source.stat().st_size)
        folder = run.private_folder()
        files: list[tuple[str, str]] = []
        size = 0
        try:
            with ExitStack() as open_:
                file: IO[bytes] = open_.enter_context(source.open("rb"))
                if compression is not None:
                    file = open_.enter_context(reader(compression, file))

                def whole(stream: IO[bytes]) -> Path:
                    if compression is None:
                        return source
                    path = run.private_folder() / "archive"
                    copy(stream, path, unpacked, stop)
                    return path

                for name, member in _members(form, file, whole):
                    unpacked.member()
                    _check(folder, name)
                    target = folder / str(len(files))
                    size += copy(member, target, unpacked, stop)
                    files.append((name, run.put_file(target, _stored_name(len(files), name))))
        except TaskFailure:
            raise
        except damages():
            raise Damaged(form) from None
        run.metric("counter", "size", size)
        run.metric("counter", "count", len(files))
        return hash_map(files)


def _check(folder: Path, name: str) -> None:
    """Raises TaskFailure for the name of a member that leads out of any folder."""
    from flowrt.services.paths import Outside, resolve

    try:
        resolve(folder, name)
    except Outside:
        raise TaskFailure(f"Path traversal attempt detected in archive entry: {name}") from None


def _stored_name(number: int, name: str) -> str:
    """The name under which a member is stored: its own, made unlike those of others."""
    from flowrt.services.uris import escape

    last = name.rstrip("/").rpartition("/")[2].replace(" ", "_")
    return escape(f"{number}-{last}"[:200])


def _members(
    form: str, file: IO[bytes], whole: Callable[[IO[bytes]], Path]
) -> Iterator[tuple[str, IO[bytes]]]:
    """The files of an archive with their names, each to be read before the next.

    `whole` gives a stream as a file, for what is not read from its beginning to its end.
    """
    if form in ("ZIP", "JAR"):
        with whole(file).open("rb") as archive:
            yield from _zipped(archive)
    elif form == "TAR":
        import tarfile

        with tarfile.open(fileobj=file, mode="r|") as tar:
            for entry in tar:
                member = tar.extractfile(entry) if entry.isreg() else None
                if member is not None:
                    yield entry.name, member
    elif form == "CPIO":
        yield from cpio.read_cpio(file)
    elif form == "AR":
        yield from cpio.read_ar(file)
    else:
        raise TaskFailure(f"Reading archives of the form {form} is not supported")


def _zipped(file: IO[bytes]) -> Iterator[tuple[str, IO[bytes]]]:
    from zipfile import ZipFile

    with ZipFile(file) as archive:
        for entry in archive.infolist():
            if entry.is_dir():
                continue
            if entry.flag_bits & 1:
                raise TaskFailure(f"Unable to read entry '{entry.filename}'")
            with archive.open(entry) as member:
                yield entry.filename, member


@task_type("io.kestra.plugin.compress.ArchiveCompress")
class ArchiveCompress(ArchiveTask):
    """Make an archive of files; `from` is a map of their names in it."""

    outputs: ClassVar[dict[str, Kind] | None] = {"uri": URI}

    from_: Any = prop(ANY, yaml="from")

    async def run(self, run: RunContext) -> dict[str, Any]:
        stop = Stop(run)
        return {"uri": await run.in_thread(lambda: self._packed(run, stop))}

    def _packed(self, run: RunContext, stop: Stop) -> str:
        form, compression = self.forms(run)
        target = target_path(run, ".tmp")
        members = self._sources(run)
        with ExitStack() as open_:
            out: IO[bytes] = open_.enter_context(target.open("wb"))
            if compression is not None:
                out = open_.enter_context(writer(compression, out))
            _write(form, out, stop.each(members))
        return run.put_file(target, target.name)

    def _sources(self, run: RunContext) -> list[tuple[str, Path]]:
        """The names in the archive, and the files that they stand for."""
        from flowrt.plugins.data import maps_of

        members = []
        folder = run.private_folder()
        for each in maps_of(run, self.from_):
            for name, uri in each.items():
                if not isinstance(uri, str):
                    raise misfit("java.lang.String", uri)
                _check(folder, name)
                members.append((name, source_path(run, uri)))
        return members


class _Forward:
    """A stream that is written from its beginning to its end, whatever the one below it could do."""

    def __init__(self, out: IO[bytes]) -> None:
        self.write = out.write
        self.flush = out.flush


def _write(form: str, out: IO[bytes], members: Iterator[tuple[str, Path]]) -> None:
    """Write an archive. Raises TaskFailure for a form that nothing here writes."""
    if form in ("ZIP", "JAR"):
        from zipfile import ZIP_DEFLATED, ZipFile

        with ZipFile(cast("Any", _Forward(out)), "w", ZIP_DEFLATED) as archive:
            for name, path in members:
                archive.write(path, name)
    elif form == "TAR":
        import tarfile

        with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as tar:
            for name, path in members:
                entry = tarfile.TarInfo(name)
                entry.size = path.stat().st_size
                entry.mtime = int(path.stat().st_mtime)
                with path.open("rb") as file:
                    tar.addfile(entry, file)
    elif form == "CPIO":
        cpio.write_cpio(out, members)
    elif form == "AR":
        cpio.write_ar(out, members)
    else:
        raise TaskFailure(f"Unknown algorithm '{form}'")
