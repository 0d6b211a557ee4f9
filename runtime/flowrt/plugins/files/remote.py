"""A file system of another machine, and the tasks that work on one, whatever protocol reaches it."""

from __future__ import annotations

import re
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    INTEGER,
    STRING,
    URI,
    Kind,
    enum,
    listing,
    mapping,
    prop,
)
from flowrt.model.failures import TaskFailure
from flowrt.model.task import Task
from flowrt.plugins.files.checksums import ALGORITHMS, checked
from flowrt.tasks.storage import required_text, stored_path

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Text

SORTS = enum("NONE", "LAST_MODIFIED_ASC", "LAST_MODIFIED_DESC", "NAME_ASC", "NAME_DESC")
ACTIONS = enum("MOVE", "DELETE", "NONE")


class Entry(NamedTuple):
    """A file of the other machine by its absolute path."""

    path: str
    is_folder: bool
    size: int | None = None
    modified: datetime | None = None
    more: dict[str, Any] = {}  # noqa: RUF012 - never changed
    """What only some protocols tell."""

    @property
    def name(self) -> str:
        return self.path.rstrip("/").rpartition("/")[2]

    @property
    def document(self) -> dict[str, Any]:
        """As outputs have it."""
        return {
            "path": self.path,
            "name": self.name,
            "fileType": "FOLDER" if self.is_folder else "FILE",
            "symbolicLink": False,
            "size": self.size,
            "updatedDate": self.modified,
            **self.more,
        }


class FileSystem(Protocol):
    """What a protocol can do. Every method raises TaskFailure when the other side refuses."""

    scheme: str
    host: str

    async def look(self, path: str) -> Entry | None:
        """The entry of a path; None when there is none."""

    async def entries(self, folder: str) -> list[Entry]:
        """What lies in a folder."""

    async def get(self, path: str, into: Path) -> None: ...
    async def put(self, source: Path, path: str) -> None: ...
    async def rename(self, path: str, to: str) -> None: ...
    async def remove(self, path: str) -> None: ...
    async def remove_folder(self, path: str) -> None: ...
    async def make_folders(self, path: str) -> None:
        """Make a folder and those above it, where they are missing."""


def absolute(path: str) -> str:
    """A path of a flow from the root on."""
    return "/" + path.lstrip("/")


def extension(name: str) -> str:
    """The extension of a file, with its dot."""
    last = name.rpartition("/")[2]
    _, dot, found = last.rpartition(".")
    return f".{found}" if dot and found and len(found) < 20 else ".tmp"


class RemoteTask(Task):
    """What the tasks of all protocols share."""

    def connect(self, run: RunContext) -> AbstractAsyncContextManager[FileSystem]:
        """The file system of the other machine, for as long as the block lasts."""
        raise NotImplementedError


def uri(system: FileSystem, path: str) -> str:
    """The address of a file of the other machine, without who asked for it."""
    from urllib.parse import quote

    return f"{system.scheme}://{system.host}{quote(absolute(path))}"


async def found_below(
    system: FileSystem, folder: str, pattern: str | None, recursive: bool
) -> list[Entry]:
    """The files of a folder whose whole path matches a pattern. Raises TaskFailure for a pattern that is none."""
    try:
        wanted = None if pattern is None else re.compile(pattern)
    except re.error as error:
        raise TaskFailure(f"Invalid regExp '{pattern}': {error}") from None
    found, folders = [], [absolute(folder).rstrip("/") or "/"]
    while folders:
        for entry in await system.entries(folders.pop(0)):
            if entry.is_folder:
                if recursive:
                    folders.append(entry.path)
            elif wanted is None or wanted.fullmatch(entry.path):
                found.append(entry)
    return found


def limited(run: RunContext, entries: list[Any], most: int) -> list[Any]:
    """No more than a task asks for; a warning says so."""
    if len(entries) > most:
        run.log("WARN", f"Too many files to process ({len(entries)}), limiting to {most}")
    return entries[:most]


def ordered(entries: list[Entry], sort: str) -> list[Entry]:
    """Entries in the order of a sort."""
    from datetime import UTC, datetime

    if sort == "NONE":
        return entries
    if sort.startswith("NAME"):
        return sorted(entries, key=lambda each: each.name, reverse=sort == "NAME_DESC")
    late = datetime.max.replace(tzinfo=UTC)
    early = datetime.min.replace(tzinfo=UTC)
    newest_first = sort == "LAST_MODIFIED_DESC"
    missing = early if newest_first else late  # what has no date comes last
    return sorted(entries, key=lambda each: each.modified or missing, reverse=newest_first)


async def fetch(run: RunContext, system: FileSystem, path: str) -> Path:
    """A copy of a file in the folder of the run."""
    from flowrt.services.folders import temporary_name

    target = run.private_folder() / temporary_name(extension(path))
    await system.get(absolute(path), target)
    return target


class Download(RemoteTask):
    """Take a file into the storage."""

    outputs: ClassVar[dict[str, Kind] | None] = {"from": URI, "to": URI, "checksum": STRING}

    from_: Text = prop(STRING, yaml="from")
    validate_checksum: Flag = prop(BOOLEAN, default=False)
    checksum_expected: Text | None = prop(STRING, default=None)
    checksum_algorithm: Text = prop(ALGORITHMS, default="SHA_256")

    async def run(self, run: RunContext) -> dict[str, Any]:
        path = required_text(run, self.from_)
        async with self.connect(run) as system:
            copy = await fetch(run, system, path)
            algorithm = run.constant(self.checksum_algorithm, ALGORITHMS) or "SHA_256"
            checksum = checked(
                run,
                copy,
                algorithm,
                run.text(self.checksum_expected),
                run.flag(self.validate_checksum),
            )
            stored = run.put_file(copy, copy.name)
            return {"from": uri(system, path), "to": stored, "checksum": checksum}


class Downloads(RemoteTask):
    """Take the files of a folder into the storage, and move or delete them there."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "files": listing(mapping()),
        "outputFiles": mapping(URI),
    }

    from_: Text = prop(STRING, yaml="from")
    action: Text | None = prop(ACTIONS, default=None)
    move_directory: Text | None = prop(STRING, default=None)
    reg_exp: Text | None = prop(STRING, default=None)
    recursive: Flag = prop(BOOLEAN, default=False)
    max_files: Integer = prop(INTEGER, default=25)

    async def run(self, run: RunContext) -> dict[str, Any]:
        folder, pattern = required_text(run, self.from_), run.text(self.reg_exp)
        action = run.constant(self.action, ACTIONS)
        target = run.text(self.move_directory)
        if action == "MOVE" and target is None:
            raise TaskFailure("`moveDirectory` is needed to move files")
        files, stored = [], {}
        async with self.connect(run) as system:
            entries = await found_below(system, folder, pattern, run.flag(self.recursive))
            for entry in limited(run, entries, run.integer(self.max_files) or 25):
                copy = await fetch(run, system, entry.path)
                stored[entry.name] = run.put_file(copy, copy.name)
                files.append({**entry.document, "path": stored[entry.name]})
                if action == "DELETE":
                    await system.remove(entry.path)
                elif action == "MOVE":
                    await moved(run, system, entry.path, f"{(target or '').rstrip('/')}/", True)
        return {"files": files, "outputFiles": stored}


async def upload(
    run: RunContext, system: FileSystem, source: str, target: str, overwrite: bool
) -> str:
    """Give a stored file to the other machine; answers its address there. Raises TaskFailure."""
    target = absolute(target)
    there = await system.look(target)
    if there is not None and there.is_folder:
        if not overwrite and not target.endswith("/"):
            raise TaskFailure(
                f"Overwrite field is set to `false`. Folder {target} will be overwritten with current file.\n"
                "If you want the folder to be overwritten with the file, set `overwrite: true`."
            )
        target = f"{target.rstrip('/')}/{source.rpartition('/')[2]}"
        there = await system.look(target)
    if there is not None and not overwrite:
        raise TaskFailure(
            f"File '{target}' already exists in the remote server and cannot be overwritten. "
            "Set `overwrite: true` to replace it."
        )
    await system.make_folders(target.rpartition("/")[0] or "/")
    await system.put(stored_path(run, source), target)
    return uri(system, target)


class Upload(RemoteTask):
    """Give a stored file to the other machine."""

    outputs: ClassVar[dict[str, Kind] | None] = {"from": URI, "to": URI}

    from_: Text = prop(STRING, yaml="from")
    to: Text | None = prop(STRING, default=None)
    overwrite: Flag = prop(BOOLEAN, default=True)

    async def run(self, run: RunContext) -> dict[str, Any]:
        source = required_text(run, self.from_)
        if not source.startswith("kestra://"):
            raise TaskFailure("'from' must be a Kestra's internal storage URI")
        target = run.text(self.to)
        if target is None:
            target = source.rpartition("/")[2]
        async with self.connect(run) as system:
            overwrite = run.flag(self.overwrite, True)
            return {"from": source, "to": await upload(run, system, source, target, overwrite)}


def named_sources(run: RunContext, given: Any) -> list[tuple[str | None, str]]:
    """Files to be given away, with their names there: a list, a map, the JSON of one, or a stored list.

    Raises TaskFailure for anything else.
    """
    from flowrt.formats.jsonread import parse_json

    if isinstance(given, dict):
        return [(str(k), str(v)) for k, v in (run.mapping(given, STRING) or {}).items()]
    if isinstance(given, list):
        return [(None, str(each)) for each in run.listing(given) or []]
    text = (run.text(given) or "").strip()
    if text.startswith(("[", "{")):
        found = parse_json(text)
        if isinstance(found, dict):
            return [(str(key), str(value)) for key, value in found.items()]
        return [(None, str(each)) for each in found]
    if text.startswith("kestra://"):
        from flowrt.services.rows import read_row

        with stored_path(run, text).open(encoding="utf-8") as lines:
            return [(None, str(read_row(line))) for line in lines if line.strip()]
    raise TaskFailure("`from` is a list of files, or a map of them by name")


class Uploads(RemoteTask):
    """Give stored files to a folder of the other machine."""

    outputs: ClassVar[dict[str, Kind] | None] = {"files": listing(URI)}

    from_: Any = prop(ANY, yaml="from")
    to: Text = prop(STRING)
    reg_exp: Text | None = prop(STRING, default=None)
    max_files: Integer = prop(INTEGER, default=25)
    overwrite: Flag = prop(BOOLEAN, default=True)

    async def run(self, run: RunContext) -> dict[str, Any]:
        sources = chosen(run, self.from_, run.text(self.reg_exp), run.integer(self.max_files) or 25)
        folder = required_text(run, self.to).rstrip("/")
        overwrite = run.flag(self.overwrite, True)
        async with self.connect(run) as system:
            return {
                "files": [
                    await upload(run, system, source, f"{folder}/{name}", overwrite)
                    for name, source in sources
                ]
            }


def chosen(run: RunContext, given: Any, pattern: str | None, most: int) -> list[tuple[str, str]]:
    """Files to be given away by their names there, as many as a task takes. Raises TaskFailure for a name with a path."""
    sources = named_sources(run, given)
    if pattern is not None:
        wanted = re.compile(pattern)
        sources = [each for each in sources if wanted.fullmatch(each[1])]
    found = []
    for name, source in limited(run, sources, most):
        name = name or source.rpartition("/")[2]
        if name in ("", ".", "..") or "/" in name or "\0" in name:
            raise TaskFailure(f"'{name}' is no name of a file")
        found.append((name, source))
    return found


class ListFiles(RemoteTask):
    """List the files of a folder."""

    outputs: ClassVar[dict[str, Kind] | None] = {"files": listing(mapping())}

    from_: Text = prop(STRING, yaml="from")
    reg_exp: Text | None = prop(STRING, default=None)
    recursive: Flag = prop(BOOLEAN, default=False)
    max_files: Integer = prop(INTEGER, default=25)
    sort: Text = prop(SORTS, default="NONE")

    async def run(self, run: RunContext) -> dict[str, Any]:
        folder, pattern = required_text(run, self.from_), run.text(self.reg_exp)
        async with self.connect(run) as system:
            entries = await found_below(system, folder, pattern, run.flag(self.recursive))
        entries = ordered(entries, run.constant(self.sort, SORTS) or "NONE")
        entries = limited(run, entries, run.integer(self.max_files) or 25)
        return {"files": [each.document for each in entries]}


async def _remove(system: FileSystem, entry: Entry, recursive: bool) -> None:
    if not entry.is_folder:
        await system.remove(entry.path)
        return
    if recursive:
        for each in await system.entries(entry.path):
            await _remove(system, each, True)
    await system.remove_folder(entry.path)


class Delete(RemoteTask):
    """Delete a file or a folder, or the files of a folder that match a pattern."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "uri": URI,
        "deleted": BOOLEAN,
        "uris": listing(URI),
    }

    uri: Text = prop(STRING)
    error_on_missing: Flag = prop(BOOLEAN, default=False)
    recursive: Flag = prop(BOOLEAN, default=False)
    reg_exp: Text | None = prop(STRING, default=None)

    async def run(self, run: RunContext) -> dict[str, Any]:
        path, pattern = absolute(required_text(run, self.uri)), run.text(self.reg_exp)
        recursive = run.flag(self.recursive)
        async with self.connect(run) as system:
            entry = await system.look(path.rstrip("/") or "/")
            if entry is None:
                if run.flag(self.error_on_missing):
                    raise TaskFailure(f"Unable to find file '{uri(system, path)}'")
                return {"uri": uri(system, path), "deleted": False, "uris": []}
            if pattern is None:
                await _remove(system, entry, recursive)
                return {"uri": uri(system, path), "deleted": True, "uris": []}
            gone = []
            for each in await found_below(system, path, pattern, recursive):
                await system.remove(each.path)
                gone.append(uri(system, each.path))
            return {"uri": uri(system, path), "deleted": bool(gone), "uris": gone}


async def moved(
    run: RunContext, system: FileSystem, path: str, target: str, overwrite: bool
) -> str:
    """Move a file, into a folder when the target ends with a slash; answers its new path. Raises TaskFailure."""
    path, target = absolute(path), absolute(target)
    if target.endswith("/") and not path.endswith("/"):
        target = f"{target}{path.rpartition('/')[2]}"
    path, target = path.rstrip("/"), target.rstrip("/")
    if await system.look(path) is None:
        raise TaskFailure(f"Unable to find file '{uri(system, path)}'")
    there = await system.look(target)
    if there is not None and there.is_folder:
        target = f"{target}/{path.rpartition('/')[2]}"
        there = await system.look(target)
    if there is not None:
        name = target.rpartition("/")[2]
        if not overwrite:
            raise TaskFailure(
                f"File '{name}' already exists in the remote server and cannot be overwritten. "
                "If you want to ignore this, set `overwrite` to `true`."
            )
        run.log(
            "WARN", f"File '{name}' already exists in the remote server and will be overwritten."
        )
        await _remove(system, there, True)
    else:
        await system.make_folders(target.rpartition("/")[0] or "/")
    await system.rename(path, target)
    return target


class Move(RemoteTask):
    """Move a file or a folder of the other machine."""

    outputs: ClassVar[dict[str, Kind] | None] = {"from": URI, "to": URI}

    from_: Text = prop(STRING, yaml="from")
    to: Text = prop(STRING)
    overwrite: Flag = prop(BOOLEAN, default=False)

    async def run(self, run: RunContext) -> dict[str, Any]:
        path, target = required_text(run, self.from_), required_text(run, self.to)
        async with self.connect(run) as system:
            there = await moved(run, system, path, target, run.flag(self.overwrite))
            return {"from": uri(system, path), "to": uri(system, there)}
