"""Files of this machine, below the folders that an option allows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    INTEGER,
    STRING,
    URI,
    Kind,
    listing,
    mapping,
    prop,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.model.task import Task
from flowrt.plugins.files.checksums import ALGORITHMS, checked
from flowrt.plugins.files.remote import ACTIONS, SORTS, chosen, extension, limited
from flowrt.tasks.storage import required_text, stored_path

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Text


class LocalTask(Task):
    """What the tasks share: they work in a thread, on paths that the flow may use."""

    async def run(self, run: RunContext) -> dict[str, Any] | None:
        found: dict[str, Any] | None = await run.in_thread(lambda: self._guarded(run))
        return found

    def _guarded(self, run: RunContext) -> dict[str, Any] | None:
        try:
            return self._work(run)
        except OSError as error:
            raise TaskFailure(f"{error.filename or ''}: {error.strerror or error}") from None

    def _work(self, run: RunContext) -> dict[str, Any] | None:
        raise NotImplementedError


def allowed(run: RunContext, text: str) -> Path:
    """The path of a text. Raises TaskFailure unless the flow may use it."""
    return run.local_path(os.path.normpath(os.path.join(os.getcwd(), text)))


def existing(run: RunContext, text: str) -> Path:
    """The path of a file or folder that is there. Raises TaskFailure otherwise."""
    path = allowed(run, text)
    if not path.exists():
        raise TaskFailure(f"Source path does not exist: {path}")
    return path


def described(path: Path) -> dict[str, Any]:
    """A file as outputs have it."""
    from datetime import UTC, datetime

    found = path.stat()

    def date(seconds: float) -> datetime:
        return datetime.fromtimestamp(seconds, UTC)

    return {
        "uri": path.absolute().as_uri(),
        "localPath": str(path.absolute()),
        "name": path.name,
        "parent": str(path.parent),
        "size": found.st_size,
        "createdDate": date(found.st_ctime),
        "modifiedDate": date(found.st_mtime),
        "accessedDate": date(found.st_atime),
        "isDirectory": path.is_dir(),
    }


def files_below(folder: Path, pattern: str | None, recursive: bool) -> list[Path]:
    """The regular files of a folder whose whole path matches; links are not followed. Raises TaskFailure."""
    import re

    from flowrt.services.plainfiles import is_plain_file

    try:
        wanted = None if pattern is None else re.compile(pattern)
    except re.error as error:
        raise TaskFailure(f"Invalid regExp '{pattern}': {error}") from None
    found = []
    for top, folders, names in os.walk(folder):
        folders.sort()
        if not recursive:
            folders.clear()
        paths = (Path(top, name) for name in sorted(names))
        found += [
            each
            for each in paths
            if is_plain_file(each) and (wanted is None or wanted.fullmatch(str(each)))
        ]
    return found


@task_type("io.kestra.plugin.fs.local.Download")
class LocalDownload(LocalTask):
    """Take a file of this machine into the storage."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "uri": URI,
        "size": INTEGER,
        "checksum": STRING,
    }

    from_: Text = prop(STRING, yaml="from")
    validate_checksum: Flag = prop(BOOLEAN, default=False)
    checksum_expected: Text | None = prop(STRING, default=None)
    checksum_algorithm: Text = prop(ALGORITHMS, default="SHA_256")

    def _work(self, run: RunContext) -> dict[str, Any]:
        path = existing(run, required_text(run, self.from_))
        copy = _copied(run, path)
        checksum = checked(
            run,
            copy,
            run.constant(self.checksum_algorithm, ALGORITHMS) or "SHA_256",
            run.text(self.checksum_expected),
            run.flag(self.validate_checksum),
        )
        size = copy.stat().st_size
        return {"uri": run.put_file(copy, copy.name), "size": size, "checksum": checksum}


def _copied(run: RunContext, path: Path) -> Path:
    from shutil import copyfile

    from flowrt.services.folders import temporary_name
    from flowrt.services.plainfiles import is_plain_file

    if not is_plain_file(path):
        raise TaskFailure(f"{path} is no regular file")
    copy = run.private_folder() / temporary_name(extension(path.name))
    copyfile(path, copy)
    return copy


@task_type("io.kestra.plugin.fs.local.Downloads")
class LocalDownloads(LocalTask):
    """Take the files of a folder of this machine into the storage, and move or delete them."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "files": listing(mapping()),
        "outputFiles": mapping(URI),
    }

    from_: Text = prop(STRING, yaml="from")
    action: Text = prop(ACTIONS, default="NONE")
    move_directory: Text | None = prop(STRING, default=None)
    reg_exp: Text | None = prop(STRING, default=None)
    recursive: Flag = prop(BOOLEAN, default=False)
    max_files: Integer = prop(INTEGER, default=25)

    def _work(self, run: RunContext) -> dict[str, Any]:
        folder = existing(run, required_text(run, self.from_))
        action = run.constant(self.action, ACTIONS) or "NONE"
        target: Path | None = None
        if action == "MOVE":
            target = allowed(run, required_text(run, self.move_directory))
            target.mkdir(parents=True, exist_ok=True)
        paths = files_below(folder, run.text(self.reg_exp), run.flag(self.recursive))
        files, stored = [], {}
        for path in limited(run, paths, run.integer(self.max_files) or 25):
            entry = described(path)
            copy = _copied(run, path)
            entry["uri"] = stored[str(path.absolute())] = run.put_file(copy, copy.name)
            files.append(entry)
            if action == "DELETE":
                path.unlink()
            elif target is not None:
                path.replace(target / path.name)
        return {"files": files, "outputFiles": stored}


def _placed(run: RunContext, source: str, target: Path, overwrite: bool) -> Path:
    """Copy a stored file. Raises TaskFailure when there is a file already."""
    from shutil import copyfile

    if target.exists() and not overwrite:
        raise TaskFailure(
            f"Target file already exists: {target}.\nSet 'overwrite: true' to replace the existing file."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    copyfile(stored_path(run, source), target)
    return target


@task_type("io.kestra.plugin.fs.local.Upload")
class LocalUpload(LocalTask):
    """Put a stored file into a folder of this machine."""

    outputs: ClassVar[dict[str, Kind] | None] = {"uri": URI, "size": INTEGER}

    from_: Text = prop(STRING, yaml="from")
    to: Text | None = prop(STRING, default=None)
    overwrite: Flag = prop(BOOLEAN, default=True)

    def _work(self, run: RunContext) -> dict[str, Any]:
        source = required_text(run, self.from_)
        if not source.startswith("kestra://"):
            raise TaskFailure("'from' must be a Kestra's internal storage URI")
        name = source.rpartition("/")[2]
        given = run.text(self.to)
        target = run.working_dir / name if given is None else allowed(run, given)
        if target.is_dir():
            target = target / name
        placed = _placed(run, source, target, run.flag(self.overwrite, True))
        run.log("INFO", f"Copying {source} to {placed}")
        return {"uri": placed.absolute().as_uri(), "size": placed.stat().st_size}


@task_type("io.kestra.plugin.fs.local.Uploads")
class LocalUploads(LocalTask):
    """Put stored files into a folder of this machine."""

    outputs: ClassVar[dict[str, Kind] | None] = {"files": listing(URI)}

    from_: Any = prop(ANY, yaml="from")
    to: Text = prop(STRING)
    reg_exp: Text | None = prop(STRING, default=None)
    max_files: Integer = prop(INTEGER, default=25)
    overwrite: Flag = prop(BOOLEAN, default=True)

    def _work(self, run: RunContext) -> dict[str, Any]:
        sources = chosen(run, self.from_, run.text(self.reg_exp), run.integer(self.max_files) or 25)
        folder = allowed(run, required_text(run, self.to))
        overwrite = run.flag(self.overwrite, True)
        placed = [_placed(run, source, folder / name, overwrite) for name, source in sources]
        return {"files": [each.absolute().as_uri() for each in placed]}


@task_type("io.kestra.plugin.fs.local.List")
class LocalList(LocalTask):
    """List the files of a folder of this machine."""

    outputs: ClassVar[dict[str, Kind] | None] = {"files": listing(mapping()), "count": INTEGER}

    from_: Text = prop(STRING, yaml="from")
    reg_exp: Text | None = prop(STRING, default=None)
    recursive: Flag = prop(BOOLEAN, default=False)
    max_files: Integer = prop(INTEGER, default=25)
    sort: Text = prop(SORTS, default="NONE")

    def _work(self, run: RunContext) -> dict[str, Any]:
        folder = existing(run, required_text(run, self.from_))
        paths = files_below(folder, run.text(self.reg_exp), run.flag(self.recursive))
        sort = run.constant(self.sort, SORTS) or "NONE"
        if sort.startswith("NAME"):
            paths.sort(key=lambda each: each.name, reverse=sort == "NAME_DESC")
        elif sort != "NONE":
            paths.sort(key=lambda each: each.stat().st_mtime, reverse=sort == "LAST_MODIFIED_DESC")
        files = [described(each) for each in limited(run, paths, run.integer(self.max_files) or 25)]
        return {"files": files, "count": len(files)}


class _Transfer(LocalTask):
    from_: Text = prop(STRING, yaml="from")
    to: Text = prop(STRING)
    overwrite: Flag = prop(BOOLEAN, default=False)

    verb: ClassVar[str] = ""

    def _work(self, run: RunContext) -> None:
        source = existing(run, required_text(run, self.from_))
        given = required_text(run, self.to)
        target = allowed(run, given)
        overwrite = run.flag(self.overwrite)
        if source.is_dir():
            if target == source or target.is_relative_to(source):
                raise TaskFailure(f"Cannot {self.verb} a directory into itself or its subdirectory")
            if target.exists() and not target.is_dir():
                raise TaskFailure(f"Cannot {self.verb} a directory to a file: {target}")
            for path in files_below(source, None, True):
                there = target / path.relative_to(source)
                if there.exists() and not overwrite:
                    run.log("WARN", f"Target file already exists. Skipping existing file: {there}")
                    continue
                there.parent.mkdir(parents=True, exist_ok=True)
                self._one(path, there)
            self._whole(source)
            return
        if target.is_dir() or given.endswith("/"):
            target = target / source.name
        if target.exists() and not overwrite:
            raise TaskFailure(
                f"Target file already exists: {target}. "
                "Set 'overwrite: true' to replace the existing file."
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        self._one(source, target)

    def _one(self, source: Path, target: Path) -> None:
        raise NotImplementedError

    def _whole(self, folder: Path) -> None:
        """A whole folder was gone through."""


@task_type("io.kestra.plugin.fs.local.Copy")
class LocalCopy(_Transfer):
    """Copy a file or a folder of this machine."""

    verb: ClassVar[str] = "copy"

    def _one(self, source: Path, target: Path) -> None:
        from shutil import copyfile

        copyfile(source, target)


@task_type("io.kestra.plugin.fs.local.Move")
class LocalMove(_Transfer):
    """Move a file or a folder of this machine."""

    verb: ClassVar[str] = "move"

    def _one(self, source: Path, target: Path) -> None:
        from shutil import move

        move(source, target)

    def _whole(self, folder: Path) -> None:
        for top, _, _ in os.walk(folder, topdown=False):
            if not os.listdir(top):
                os.rmdir(top)


@task_type("io.kestra.plugin.fs.local.Delete")
class LocalDelete(LocalTask):
    """Delete a file or a folder of this machine, or the files of a folder that match a pattern."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "uri": URI,
        "deleted": BOOLEAN,
        "uris": listing(URI),
    }

    from_: Text = prop(STRING, yaml="from")
    recursive: Flag = prop(BOOLEAN, default=False)
    reg_exp: Text | None = prop(STRING, default=None)
    error_on_missing: Flag = prop(BOOLEAN, default=False)

    def _work(self, run: RunContext) -> dict[str, Any]:
        path = allowed(run, required_text(run, self.from_))
        pattern, recursive = run.text(self.reg_exp), run.flag(self.recursive)
        shown = path.absolute().as_uri()
        if not path.exists():
            if run.flag(self.error_on_missing):
                raise TaskFailure(f"Unable to find file '{path}'")
            return {"uri": shown, "deleted": False, "uris": []}
        if pattern is not None:
            gone = files_below(path, pattern, recursive)
            for each in gone:
                each.unlink()
            uris = [each.absolute().as_uri() for each in gone]
            return {"uri": shown, "deleted": bool(uris), "uris": uris}
        if not path.is_dir() or path.is_symlink():
            path.unlink()
        elif recursive:
            from shutil import rmtree

            rmtree(path)
        else:
            path.rmdir()
        return {"uri": shown, "deleted": True, "uris": []}
