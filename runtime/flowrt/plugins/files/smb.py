"""SMB, the shares of Windows and Samba: a path begins with the name of a share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from stat import S_ISDIR
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt import missing, packages
from flowrt.model.declare import ANY, BOOLEAN, INTEGER, STRING, URI, Kind, listing, prop, task_type
from flowrt.model.failures import TaskFailure, reason
from flowrt.plugins.files.remote import (
    Delete,
    Download,
    Downloads,
    Entry,
    ListFiles,
    Move,
    RemoteTask,
    absolute,
    chosen,
    uri,
)
from flowrt.plugins.files.ssh import _port
from flowrt.tasks.storage import required_text, stored_path

if TYPE_CHECKING:
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Text

SECONDS = 30
"""How long a server may take to answer a connection."""
CHUNK = 1 << 20
FOLDER, LINK = 0x10, 0x400
"""Attributes of files."""
INVALID_NAME, MISSING = 0xC0000033, (0xC0000034, 0xC000003A, 0xC00000CC, 0xC0000225)
"""What a server answers to a name that cannot be, and to one of nothing: no file, no folder, no share."""


class Smb:
    """A file system behind SMB; its root has the shares."""

    scheme = "smb"

    def __init__(self, run: RunContext, library: Any, host: str, login: dict[str, Any]) -> None:
        self.run = run
        self.host = f"{host}:{login['port']}"
        self._library, self._server, self._login = library, host, login

    def _there(self, path: str) -> str:
        parts = [each for each in path.split("/") if each]
        return "\\\\" + "\\".join([self._server, *parts])

    async def _do(self, path: str, work: Callable[[], Any]) -> Any:
        from smbprotocol.exceptions import SMBException, SMBOSError

        try:
            return await self.run.in_thread(work)
        except SMBOSError as error:
            if error.ntstatus == INVALID_NAME:
                raise TaskFailure(
                    f"Path '{path}' contains characters that are invalid in SMB/Windows file or directory names. "
                    'Characters not allowed: \\ : * ? " < > |. If the path includes a timestamp, consider reformatting '
                    "it to avoid colons (e.g. use 'T07-00-00' instead of 'T07:00:00')."
                ) from None
            said = f"{error.strerror} (0x{error.ntstatus:08x})"
        except (SMBException, OSError, ValueError) as error:
            said = reason(error)
        raise TaskFailure(f"SMB on {self._server}, '{absolute(path)}': {said}")

    def _entry(self, path: str, folder: bool, size: int, changed: float) -> Entry:
        modified = datetime.fromtimestamp(changed, UTC) if changed > 0 else None
        place = {"serverPath": uri(self, path)}
        return Entry(absolute(path), folder, None if folder else size, modified, place)

    def _looked(self, path: str) -> Entry | None:
        from smbprotocol.exceptions import SMBOSError, SMBResponseException

        if not path.strip("/"):
            return Entry("/", True)
        try:
            found = self._library.stat(self._there(path), **self._login)
            return self._entry(path, S_ISDIR(found.st_mode), found.st_size, found.st_mtime)
        except SMBOSError as error:
            if error.ntstatus in MISSING:
                return None
            raise
        except SMBResponseException as error:
            if error.status in MISSING:
                return None
            raise

    async def look(self, path: str) -> Entry | None:
        """The entry of a path."""
        found: Entry | None = await self._do(path, lambda: self._looked(path))
        return found

    async def entries(self, folder: str) -> list[Entry]:
        """What lies in a folder; a file is its own entry, and in a folder that is not there is nothing."""
        top = absolute(folder).rstrip("/")

        def found() -> list[Entry]:
            entry = self._looked(top)
            if entry is None or not entry.is_folder:
                return [] if entry is None else [entry]
            with self._library.scandir(self._there(top), **self._login) as each:
                return [
                    self._entry(
                        f"{top}/{one.name}",
                        bool(one.smb_info.file_attributes & FOLDER),
                        one.smb_info.end_of_file,
                        one.smb_info.last_write_time.timestamp(),
                    )
                    for one in each
                    if "/" not in one.name and not one.smb_info.file_attributes & LINK
                ]

        rows: list[Entry] = await self._do(folder, found)
        return sorted(rows, key=lambda each: each.path)

    def _open(self, path: str, mode: str) -> Any:
        return self._library.open_file(
            self._there(path), mode=mode, share_access="r", **self._login
        )

    async def get(self, path: str, into: Path) -> None:
        """Copy a file."""
        from shutil import copyfileobj

        def copy() -> None:
            with self._open(path, "rb") as source, into.open("wb") as target:
                copyfileobj(source, target, CHUNK)

        await self._do(path, copy)

    async def put(self, source: Path, path: str) -> None:
        """Give a file."""
        from shutil import copyfileobj

        def copy() -> None:
            with source.open("rb") as given, self._open(path, "wb") as target:
                copyfileobj(given, target, CHUNK)

        await self._do(path, copy)

    async def rename(self, path: str, to: str) -> None:
        """Move a file or a folder; from share to share a file is copied."""
        old, new = self._there(path), self._there(to)
        if path.strip("/").partition("/")[0] == to.strip("/").partition("/")[0]:
            await self._do(path, lambda: self._library.rename(old, new, **self._login))
            return
        await self._carry(path, to)

    async def _carry(self, path: str, to: str) -> None:
        """Copy a file or a folder into another share, and delete it in its own."""
        from flowrt.services.folders import temporary_name

        entry = await self.look(path)
        if entry is None or not entry.is_folder:
            copy = self.run.private_folder() / temporary_name()
            await self.get(path, copy)
            await self.put(copy, to)
            copy.unlink()
            await self.remove(path)
            return
        await self.make_folders(to)
        for each in await self.entries(path):
            await self._carry(each.path, f"{to.rstrip('/')}/{each.name}")
        await self.remove_folder(path)

    async def remove(self, path: str) -> None:
        """Delete a file."""
        await self._do(path, lambda: self._library.remove(self._there(path), **self._login))

    async def remove_folder(self, path: str) -> None:
        """Delete a folder, with what it holds."""
        for each in await self.entries(path):
            if each.is_folder:
                await self.remove_folder(each.path)
            else:
                await self.remove(each.path)
        await self._do(path, lambda: self._library.rmdir(self._there(path), **self._login))

    async def make_folders(self, path: str) -> None:
        """Make a folder and those above it, but no share."""
        if len([each for each in path.split("/") if each]) > 1:
            there = self._there(path)
            await self._do(
                path, lambda: self._library.makedirs(there, exist_ok=True, **self._login)
            )


class SmbTask(RemoteTask):
    """What the tasks share: the server, and who asks."""

    packages: ClassVar[tuple[str, ...]] = (packages.SMB,)

    host: Text = prop(STRING)
    port: Text = prop(STRING, default="445")
    username: Text | None = prop(STRING, default=None)
    password: Text | None = prop(STRING, default=None)

    @asynccontextmanager
    async def connect(self, run: RunContext) -> AsyncIterator[Smb]:
        """The shares of the server, for as long as the block lasts."""
        library = missing.load("smbclient", "SMB", packages.SMB, "smb")
        from smbprotocol.connection import Connection
        from smbprotocol.exceptions import SMBException

        host, port = required_text(run, self.host), _port(run.text(self.port))
        user = run.text(self.username)
        if not user:
            raise TaskFailure("`username` is needed: a guest cannot know whom he talks to")
        connection = Connection(
            library.ClientConfig().client_guid, host, port, require_signing=True
        )
        login = {"username": user, "password": run.text(self.password) or "", "port": port,
                 "auth_protocol": "ntlm",
                 "connection_cache": {f"{host.lower()}:{port}": connection}}  # fmt: skip

        def start() -> None:
            connection.connect(timeout=SECONDS)
            library.register_session(host, **login)

        def cut() -> None:
            if connection.transport is not None:
                connection.disconnect(close=False)

        run.on_kill(cut)
        try:
            await run.in_thread(start)
            yield Smb(run, library, host, login)
        except (SMBException, OSError, ValueError) as error:
            raise TaskFailure(f"SMB to {host}: {reason(error)}") from None
        finally:
            await run.in_thread(cut)


async def put_up(
    run: RunContext, system: Smb, source: str, target: str, overwrite: bool = False
) -> str:
    """Give a stored file to a share, where it takes the place of a file; answers its address. Raises TaskFailure."""
    target, into = absolute(target), target.endswith("/")
    there = await system.look(target.rstrip("/"))
    if there is not None and there.is_folder:
        if overwrite:
            await system.remove_folder(there.path)
        elif not into:
            raise TaskFailure(
                f"Overwrite field is set to `false`. Folder {target} will be overwritten with current file.\n"
                "If you want the folder to be overwritten with the file, set `overwrite: true`.\n"
            )
    await system.make_folders(target.rpartition("/")[0])
    await system.put(stored_path(run, source), target)
    there_uri = uri(system, target)
    run.log("DEBUG", f"File '{source}' uploaded to '{there_uri}'")
    return there_uri


@task_type("io.kestra.plugin.fs.smb.Upload")
class SmbUpload(SmbTask):
    """Give a stored file to a share."""

    outputs: ClassVar[dict[str, Kind] | None] = {"from": URI, "to": URI}

    from_: Text = prop(STRING, yaml="from")
    to: Text | None = prop(STRING, default=None)
    overwrite: Flag = prop(BOOLEAN, default=False)

    async def run(self, run: RunContext) -> dict[str, Any]:
        source = required_text(run, self.from_)
        if not source.startswith("kestra://"):
            raise TaskFailure("'from' must be a Kestra's internal storage URI")
        target = run.text(self.to) or source.rpartition("/")[2]
        async with self.connect(run) as system:
            there = await put_up(run, system, source, target, run.flag(self.overwrite))
        return {"from": source, "to": there}


@task_type("io.kestra.plugin.fs.smb.Uploads")
class SmbUploads(SmbTask):
    """Give stored files to a folder of a share."""

    outputs: ClassVar[dict[str, Kind] | None] = {"files": listing(URI)}

    from_: Any = prop(ANY, yaml="from")
    to: Text = prop(STRING)
    max_files: Integer = prop(INTEGER, default=25)

    async def run(self, run: RunContext) -> dict[str, Any]:
        sources = chosen(run, self.from_, None, run.integer(self.max_files) or 25)
        folder = required_text(run, self.to).rstrip("/")
        async with self.connect(run) as system:
            return {
                "files": [
                    await put_up(run, system, source, f"{folder}/{name}")
                    for name, source in sources
                ]
            }


@task_type("io.kestra.plugin.fs.smb.Download")
class SmbDownload(SmbTask, Download):
    """Take a file of a share into the storage."""


@task_type("io.kestra.plugin.fs.smb.Downloads")
class SmbDownloads(SmbTask, Downloads):
    """Take the files of a folder of a share into the storage."""


@task_type("io.kestra.plugin.fs.smb.List")
class SmbList(SmbTask, ListFiles):
    """List the files of a folder of a share."""


@task_type("io.kestra.plugin.fs.smb.Delete")
class SmbDelete(SmbTask, Delete):
    """Delete a file or a folder of a share, or the files of a folder that match a pattern."""


@task_type("io.kestra.plugin.fs.smb.Move")
class SmbMove(SmbTask, Move):
    """Move a file or a folder of a share."""
