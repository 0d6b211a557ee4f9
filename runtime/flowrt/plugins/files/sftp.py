"""SFTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt import packages
from flowrt.model.declare import BOOLEAN, STRING, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.plugins.files.remote import (
    Delete,
    Download,
    Downloads,
    Entry,
    ListFiles,
    Move,
    RemoteTask,
    Upload,
    Uploads,
    absolute,
)
from flowrt.plugins.files.ssh import _port, failure, key_of, library
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Text


class Sftp:
    """A file system behind SFTP; its root is the folder of the user, or that of the machine."""

    scheme = "sftp"

    def __init__(self, client: Any, host: str, base: str) -> None:
        self.client = client
        self.host = host
        self.base = base.rstrip("/")

    def _there(self, path: str) -> str:
        return f"{self.base}{absolute(path)}"

    async def look(self, path: str) -> Entry | None:
        """The entry of a path."""
        ssh = library()
        try:
            return _entry(absolute(path), await self.client.stat(self._there(path)))
        except (ssh.SFTPNoSuchFile, ssh.SFTPNoSuchPath):
            return None
        except ssh.SFTPError as error:
            raise self._failure(error, path) from None

    async def entries(self, folder: str) -> list[Entry]:
        """What lies in a folder."""
        ssh = library()
        try:
            rows = await self.client.readdir(self._there(folder))
        except ssh.SFTPError as error:
            raise self._failure(error, folder) from None
        top = absolute(folder).rstrip("/")
        found = [
            _entry(f"{top}/{row.filename}", row.attrs)
            for row in rows
            if row.filename not in (".", "..") and "/" not in row.filename
        ]
        return sorted(found, key=lambda each: each.path)

    async def get(self, path: str, into: Path) -> None:
        """Copy a file."""
        await self._do(self.client.get(self._there(path), str(into)), path)

    async def put(self, source: Path, path: str) -> None:
        """Give a file."""
        await self._do(self.client.put(str(source), self._there(path)), path)

    async def rename(self, path: str, to: str) -> None:
        """Move a file or a folder."""
        await self._do(self.client.rename(self._there(path), self._there(to)), path)

    async def remove(self, path: str) -> None:
        """Delete a file."""
        await self._do(self.client.remove(self._there(path)), path)

    async def remove_folder(self, path: str) -> None:
        """Delete an empty folder."""
        await self._do(self.client.rmdir(self._there(path)), path)

    async def make_folders(self, path: str) -> None:
        """Make a folder and those above it."""
        await self._do(self.client.makedirs(self._there(path), exist_ok=True), path)

    async def _do(self, work: Any, path: str) -> None:
        ssh = library()
        try:
            await work
        except ssh.SFTPError as error:
            raise self._failure(error, path) from None

    def _failure(self, error: Exception, path: str) -> TaskFailure:
        return TaskFailure(f"SFTP on {self.host}, '{absolute(path)}': {error}")


def _entry(path: str, attrs: Any) -> Entry:
    modified = None if attrs.mtime is None else datetime.fromtimestamp(attrs.mtime, UTC)
    read = None if attrs.atime is None else datetime.fromtimestamp(attrs.atime, UTC)
    folder = attrs.type == 2
    return Entry(
        path,
        folder,
        None if folder else attrs.size,
        modified,
        {
            "userId": attrs.uid,
            "groupId": attrs.gid,
            "permissions": attrs.permissions,
            "accessDate": read,
        },
    )


class SftpTask(RemoteTask):
    """What the tasks of SFTP share."""

    packages: ClassVar[tuple[str, ...]] = (packages.ASYNCSSH,)

    host: Text = prop(STRING)
    port: Text = prop(STRING, default="22")
    username: Text | None = prop(STRING, default=None)
    password: Text | None = prop(STRING, default=None)
    keyfile: Text | None = prop(STRING, default=None)
    passphrase: Text | None = prop(STRING, default=None)
    root_dir: Flag = prop(BOOLEAN, default=True)
    proxy_address: Text | None = prop(STRING, default=None)
    proxy_port: Text | None = prop(STRING, default=None)
    proxy_username: Text | None = prop(STRING, default=None)
    proxy_password: Text | None = prop(STRING, default=None)
    proxy_type: Text | None = prop(STRING, default=None)
    proxy_host: Text | None = prop(STRING, default=None)
    proxy_user: Text | None = prop(STRING, default=None)
    key_exchange_algorithm: Text | None = prop(STRING, default=None)
    enable_ssh_rsa1: Flag = prop(BOOLEAN, default=False)

    @asynccontextmanager
    async def connect(self, run: RunContext) -> AsyncIterator[Sftp]:
        """The file system, for as long as the block lasts."""
        ssh = library()
        host = required_text(run, self.host)
        if self.proxy_address is not None or self.proxy_host is not None:
            raise TaskFailure("proxies of SFTP connections are not supported")
        options: dict[str, Any] = {
            "port": _port(run.text(self.port)),
            "username": run.text(self.username) or (),
            "known_hosts": None,
            "config": None,
            "agent_path": None,
            "client_keys": None,
        }
        key, password = run.text(self.keyfile), run.text(self.password)
        if key is not None:
            options["client_keys"] = [key_of(key, run.text(self.passphrase))]
        if password is not None:
            options["password"] = password
        exchange = run.text(self.key_exchange_algorithm)
        if exchange is not None:
            options["kex_algs"] = [each.strip() for each in exchange.split(",")]
        try:
            async with (
                ssh.connect(host, **options) as connection,
                connection.start_sftp_client() as client,
            ):
                base = await client.realpath(".") if run.flag(self.root_dir, True) else ""
                yield Sftp(client, host, str(base))
        except (OSError, ssh.Error) as error:
            raise failure(error, host) from None


@task_type("io.kestra.plugin.fs.sftp.Download")
class SftpDownload(SftpTask, Download):
    """Take a file from an SFTP server into the storage."""


@task_type("io.kestra.plugin.fs.sftp.Downloads")
class SftpDownloads(SftpTask, Downloads):
    """Take the files of a folder of an SFTP server into the storage."""


@task_type("io.kestra.plugin.fs.sftp.Upload")
class SftpUpload(SftpTask, Upload):
    """Give a stored file to an SFTP server."""


@task_type("io.kestra.plugin.fs.sftp.Uploads")
class SftpUploads(SftpTask, Uploads):
    """Give stored files to an SFTP server."""


@task_type("io.kestra.plugin.fs.sftp.List")
class SftpList(SftpTask, ListFiles):
    """List the files of a folder of an SFTP server."""


@task_type("io.kestra.plugin.fs.sftp.Delete")
class SftpDelete(SftpTask, Delete):
    """Delete files of an SFTP server."""


@task_type("io.kestra.plugin.fs.sftp.Move")
class SftpMove(SftpTask, Move):
    """Move a file of an SFTP server."""
