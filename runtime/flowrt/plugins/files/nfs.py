"""Files of an NFS mount, which are files of this machine: below the folders that an option allows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
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
from flowrt.plugins.files.local import LocalTask, allowed, files_below
from flowrt.plugins.files.remote import SORTS, limited
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Text

MOUNTS = Path("/proc/self/mountinfo")
"""Where Linux tells what is mounted."""


def mounted(path: Path, mounts: str) -> str:
    """The kind of the file system that has a path, by the lines of `mountinfo`; empty when none has."""
    found, longest = "", -1
    for line in mounts.splitlines():
        before, dash, after = line.partition(" - ")
        if not dash:
            continue
        point = Path(before.split()[4].encode().decode("unicode_escape"))
        depth = len(point.parts)
        if depth >= longest and path.is_relative_to(
            point
        ):  # of two at a place, the later hides the other
            found, longest = after.split()[0], depth
    return found


@task_type("io.kestra.plugin.fs.nfs.CheckMount")
class NfsCheckMount(LocalTask):
    """Whether a path lies on an NFS mount."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "fileStoreType": STRING,
        "isNfsMount": BOOLEAN,
        "path": STRING,
    }

    path: Text = prop(STRING)

    def _work(self, run: RunContext) -> dict[str, Any]:
        given = required_text(run, self.path)
        path = allowed(run, given)
        try:
            real = path.resolve(strict=True)
            kind = mounted(real, MOUNTS.read_text("utf-8", "replace"))
        except OSError as error:
            run.log("ERROR", f"Failed to check NFS mount at {path}: {error.strerror}")
            raise TaskFailure(
                f"Could not verify file store for path: {path}. Make sure the path exists and the mount is accessible."
            ) from None
        is_nfs = "nfs" in kind.lower()
        shown = str(is_nfs).lower()
        run.log("INFO", f"Path {path} is on a file store of type: {kind}. Is NFS: {shown}")
        return {"path": given, "isNfsMount": is_nfs, "fileStoreType": kind}


class _Carrying(LocalTask):
    """What copying and moving share."""

    outputs: ClassVar[dict[str, Kind] | None] = {"from": URI, "to": URI}
    verb: ClassVar[str] = ""

    from_: Text = prop(STRING, yaml="from")
    to: Text = prop(STRING)

    def _work(self, run: RunContext) -> dict[str, Any]:
        source = allowed(run, required_text(run, self.from_))
        target = allowed(run, required_text(run, self.to))
        run.log("INFO", f"{self.verb} from {source} to {target}")
        if not os.path.lexists(source):
            raise TaskFailure(str(source))
        if not target.parent.exists():
            target.parent.mkdir(parents=True)
            run.log("DEBUG", f"Created parent directory: {target.parent}")
        found = source.absolute().as_uri()
        if source != target:
            self._carry(source, target)
        return {"from": found, "to": target.absolute().as_uri()}

    def _carry(self, source: Path, target: Path) -> None:
        raise NotImplementedError


def _cleared(target: Path) -> None:
    """Take away what is at a place. Raises OSError for a folder that holds something."""
    if target.is_dir() and not target.is_symlink():
        target.rmdir()
    else:
        target.unlink(missing_ok=True)


@task_type("io.kestra.plugin.fs.nfs.Copy")
class NfsCopy(_Carrying):
    """Copy a file; of a folder the folder alone is copied."""

    verb = "Copying"

    def _carry(self, source: Path, target: Path) -> None:
        from shutil import copyfile

        if source.is_dir():
            _cleared(target)
            target.mkdir()
            return
        if target.is_dir():
            _cleared(target)
        copyfile(source, target)


@task_type("io.kestra.plugin.fs.nfs.Move")
class NfsMove(_Carrying):
    """Move a file or a folder."""

    verb = "Moving"

    def _carry(self, source: Path, target: Path) -> None:
        from shutil import move

        if target.is_dir() or target.is_symlink():
            _cleared(target)
        move(source, target)


@task_type("io.kestra.plugin.fs.nfs.Delete")
class NfsDelete(LocalTask):
    """Delete a file or an empty folder, or the files of a folder that match a pattern."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "uri": URI,
        "deleted": BOOLEAN,
        "uris": listing(URI),
    }

    uri: Text = prop(STRING)
    error_on_missing: Flag = prop(BOOLEAN, default=True)
    reg_exp: Text | None = prop(STRING, default=None)
    recursive: Flag = prop(BOOLEAN, default=False)

    def _work(self, run: RunContext) -> dict[str, Any]:
        path, pattern = allowed(run, required_text(run, self.uri)), run.text(self.reg_exp)
        shown = path.absolute().as_uri()
        if not os.path.lexists(path):
            what = "File" if pattern is None else "Directory"
            if run.flag(self.error_on_missing, True):
                raise TaskFailure(f"{what} not found and 'errorOnMissing' is true: {path}")
            run.log("DEBUG", f"{what} not found '{path}'")
            return {"uri": shown, "deleted": False, "uris": []}
        if pattern is None:
            _cleared(path)
            run.log("DEBUG", f"Deleted file '{path}'")
            return {"uri": shown, "deleted": True, "uris": []}
        found = files_below(path, pattern, run.flag(self.recursive))
        run.log("WARN", f"Deleting {len(found)} file(s) matching regExp '{pattern}' under '{path}'")
        for each in found:
            each.unlink()
            run.log("DEBUG", f"Deleted '{each}'")
        uris = [each.absolute().as_uri() for each in found]
        return {"uri": shown, "deleted": bool(uris), "uris": uris}


@task_type("io.kestra.plugin.fs.nfs.List")
class NfsList(LocalTask):
    """List what a folder holds: files, folders and links."""

    outputs: ClassVar[dict[str, Kind] | None] = {"files": listing(mapping())}

    from_: Text = prop(STRING, yaml="from")
    reg_exp: Text | None = prop(STRING, default=None)
    recursive: Flag = prop(BOOLEAN, default=False)
    max_files: Integer = prop(INTEGER, default=25)
    sort: Text = prop(SORTS, default="NONE")

    def _work(self, run: RunContext) -> dict[str, Any]:
        folder, pattern = allowed(run, required_text(run, self.from_)), run.text(self.reg_exp)
        recursive = run.flag(self.recursive)
        run.log(
            "INFO",
            f"Listing files from '{folder}' (Recursive: {str(recursive).lower()}, "
            f"RegExp: '{'None' if pattern is None else pattern}')",
        )
        if not folder.is_dir():
            raise TaskFailure(str(folder))
        wanted = _matcher(pattern)
        files = [_described(each) for each in _below(folder, recursive) if wanted(str(each))]
        run.log("INFO", f"Found {len(files)} files matching the criteria.")
        sort = run.constant(self.sort, SORTS) or "NONE"
        if sort != "NONE":
            key = "name" if sort.startswith("NAME") else "lastModifiedTime"
            files.sort(key=lambda each: each[key], reverse=sort.endswith("_DESC"))
        return {"files": limited(run, files, run.integer(self.max_files) or 25)}


def _matcher(pattern: str | None) -> Callable[[str], bool]:
    """Whether a whole path matches. Raises TaskFailure for a pattern that is none."""
    import re

    try:
        wanted = None if pattern is None else re.compile(pattern)
    except re.error as error:
        raise TaskFailure(f"Invalid regExp '{pattern}': {error}") from None
    return lambda path: wanted is None or wanted.fullmatch(path) is not None


def _below(folder: Path, recursive: bool) -> list[Path]:
    """What a folder holds, in order; links are not followed."""
    found = []
    for each in sorted(folder.iterdir()):
        found.append(each)
        if recursive and each.is_dir() and not each.is_symlink():
            found += _below(each, True)
    return found


def _described(path: Path) -> dict[str, Any]:
    """A file as outputs have it."""
    from datetime import UTC, datetime
    from stat import S_ISDIR

    found = path.stat() if path.exists() else path.lstat()

    def moment(seconds: float) -> datetime:
        return datetime.fromtimestamp(seconds, UTC)

    return {
        "name": path.name,
        "localPath": str(path),
        "uri": path.absolute().as_uri(),
        "isDirectory": S_ISDIR(found.st_mode),
        "isSymbolicLink": False,
        "isHidden": path.name.startswith("."),
        "creationTime": moment(found.st_ctime),
        "lastAccessTime": moment(found.st_atime),
        "lastModifiedTime": moment(found.st_mtime),
        "size": found.st_size,
    }
