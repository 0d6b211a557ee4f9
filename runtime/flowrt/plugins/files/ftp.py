"""FTP, in clear and over TLS."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from flowrt.model.declare import ANY, BOOLEAN, STRING, enum, prop, task_type
from flowrt.model.failures import TaskFailure, reason
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
from flowrt.plugins.files.ssh import _port
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    import ftplib
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Text

SECONDS = 30
"""How long a server may be silent."""


class Ftp:
    """A file system behind FTP; its root is the folder of the user, or that of the server."""

    def __init__(
        self, run: RunContext, client: ftplib.FTP, scheme: str, host: str, base: str
    ) -> None:
        self.run = run
        self.client = client
        self.scheme = scheme
        self.host = host
        self.base = base.rstrip("/")

    def _there(self, path: str) -> str:
        return f"{self.base}{absolute(path)}"

    async def _do(self, path: str, work: Callable[[], Any]) -> Any:
        import ftplib

        try:
            return await self.run.in_thread(work)
        except (ftplib.Error, EOFError, OSError, ValueError) as error:
            said = reason(error) or "the connection was lost"
            raise TaskFailure(f"FTP on {self.host}, '{absolute(path)}': {said}") from None

    def _listed(self, folder: str) -> list[Entry]:
        import ftplib

        there = self._there(folder) or "/"
        top = absolute(folder).rstrip("/")
        try:
            rows = [row for row in self.client.mlsd(there) if row[0] not in (".", "..")]
        except ftplib.error_perm as error:
            if not str(error).startswith(("500", "502")):
                raise
            lines: list[str] = []
            self.client.retrlines(f"LIST {there}", lines.append)
            read = [each for each in map(_unix_row, lines) if each is not None]
            return [Entry(f"{top}/{name}", is_folder, size) for name, is_folder, size in read]
        found = []
        for name, facts in rows:
            kind = facts.get("type", "")
            if kind in ("cdir", "pdir") or "/" in name:
                continue
            size = facts.get("size")
            found.append(
                Entry(
                    f"{top}/{name}",
                    kind == "dir",
                    None if kind == "dir" or size is None else int(size),
                    _date(facts.get("modify")),
                )
            )
        return found

    async def look(self, path: str) -> Entry | None:
        """The entry of a path."""
        import ftplib

        bare = absolute(path).rstrip("/")
        if not bare:
            return Entry("/", True)
        top, _, name = bare.rpartition("/")

        def find() -> Entry | None:
            try:
                entries = self._listed(top or "/")
            except ftplib.error_perm as error:
                if str(error).startswith(("501", "550")):
                    return None  # the folder around it is not there
                raise
            return next((each for each in entries if each.name == name), None)

        found: Entry | None = await self._do(path, find)
        return found

    async def entries(self, folder: str) -> list[Entry]:
        """What lies in a folder."""
        found: list[Entry] = await self._do(folder, lambda: self._listed(folder))
        return sorted(found, key=lambda each: each.path)

    async def get(self, path: str, into: Path) -> None:
        """Copy a file."""

        def copy() -> None:
            with into.open("wb") as file:
                self.client.retrbinary(f"RETR {self._there(path)}", file.write, 1 << 16)

        await self._do(path, copy)

    async def put(self, source: Path, path: str) -> None:
        """Give a file."""

        def copy() -> None:
            with source.open("rb") as file:
                self.client.storbinary(f"STOR {self._there(path)}", file, 1 << 16)

        await self._do(path, copy)

    async def rename(self, path: str, to: str) -> None:
        """Move a file or a folder."""
        await self._do(path, lambda: self.client.rename(self._there(path), self._there(to)))

    async def remove(self, path: str) -> None:
        """Delete a file."""
        await self._do(path, lambda: self.client.delete(self._there(path)))

    async def remove_folder(self, path: str) -> None:
        """Delete an empty folder."""
        await self._do(path, lambda: self.client.rmd(self._there(path)))

    async def make_folders(self, path: str) -> None:
        """Make a folder and those above it."""
        bare = absolute(path).strip("/")
        top = ""
        for step in bare.split("/") if bare else ():
            top = f"{top}/{step}"
            if await self.look(top) is None:
                await self._do(top, partial(self.client.mkd, self._there(top)))


def _date(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.strptime(text[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _unix_row(line: str) -> tuple[str, bool, int | None] | None:
    """Name, whether it is a folder, and size, out of a line that looks like those of `ls -l`."""
    parts = line.split(None, 8)
    if len(parts) < 9 or parts[8] in (".", ".."):
        return None
    folder = parts[0].startswith("d")
    size = int(parts[4]) if parts[4].isdigit() and not folder else None
    return parts[8].partition(" -> ")[0], folder, size


class FtpTask(RemoteTask):
    """What the tasks of FTP share."""

    host: Text = prop(STRING)
    port: Text = prop(STRING, default="21")
    username: Text | None = prop(STRING, default=None)
    password: Text | None = prop(STRING, default=None)
    passive_mode: Flag = prop(BOOLEAN, default=True)
    remote_ip_verification: Flag = prop(BOOLEAN, default=True, ignored=True)
    root_dir: Flag = prop(BOOLEAN, default=True)
    enable_ssh_rsa1: Flag = prop(BOOLEAN, default=False, ignored=True)
    proxy_host: Text | None = prop(STRING, default=None)
    proxy_port: Text | None = prop(STRING, default=None)
    proxy_type: Text | None = prop(STRING, default=None)
    options: Any = prop(ANY, default=None, ignored=True)

    def _client(self, run: RunContext, host: str, port: int) -> ftplib.FTP:
        import ftplib

        client = ftplib.FTP(timeout=SECONDS, encoding="utf-8")
        client.connect(host, port)
        return client

    scheme = "ftp"

    @asynccontextmanager
    async def connect(self, run: RunContext) -> AsyncIterator[Ftp]:
        """The file system, for as long as the block lasts."""
        import ftplib

        host = required_text(run, self.host)
        if self.proxy_host is not None:
            raise TaskFailure("proxies of FTP connections are not supported")
        port = _port(run.text(self.port))
        user, password = run.text(self.username) or "", run.text(self.password) or ""

        def start() -> tuple[ftplib.FTP, str]:
            client = self._client(run, host, port)
            try:
                client.login(user, password)
                if isinstance(client, ftplib.FTP_TLS):
                    client.prot_p()
                client.set_pasv(run.flag(self.passive_mode, True))
                return client, client.pwd() if run.flag(self.root_dir, True) else ""
            except BaseException:
                client.close()
                raise

        try:
            client, base = await run.in_thread(start)
        except (ftplib.Error, EOFError, OSError) as error:
            raise TaskFailure(f"FTP to {host}: {error or 'the connection was lost'}") from None
        run.on_kill(client.close)
        try:
            yield Ftp(run, client, self.scheme, host, base)
        finally:
            client.close()


class FtpsTask(FtpTask):
    """What the tasks of FTP over TLS share."""

    scheme = "ftps"

    port: Text = prop(STRING, default="990")
    mode: Text = prop(enum("EXPLICIT", "IMPLICIT"), default="EXPLICIT")
    data_channel_protection_level: Text = prop(enum("C", "S", "E", "P"), default="P", ignored=True)
    insecure_trust_all_certificates: Flag | None = prop(BOOLEAN, default=None)

    def _client(self, run: RunContext, host: str, port: int) -> ftplib.FTP:
        import ftplib
        import ssl

        context = ssl.create_default_context()
        if run.flag(self.insecure_trust_all_certificates):
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        client = ftplib.FTP_TLS(timeout=SECONDS, encoding="utf-8", context=context)
        if run.text(self.mode) == "IMPLICIT":
            import socket

            raw = socket.create_connection((host, port), SECONDS)
            client.host, client.port, client.af = host, port, raw.family
            client.sock = context.wrap_socket(raw, server_hostname=host)
            client.file = client.sock.makefile("r", encoding=client.encoding)
            client.welcome = client.getresp()
        else:
            client.connect(host, port)
        return client


@task_type("io.kestra.plugin.fs.ftp.Download")
class FtpDownload(FtpTask, Download):
    """Take a file from an FTP server into the storage."""


@task_type("io.kestra.plugin.fs.ftp.Downloads")
class FtpDownloads(FtpTask, Downloads):
    """Take the files of a folder of an FTP server into the storage."""


@task_type("io.kestra.plugin.fs.ftp.Upload")
class FtpUpload(FtpTask, Upload):
    """Give a stored file to an FTP server."""


@task_type("io.kestra.plugin.fs.ftp.Uploads")
class FtpUploads(FtpTask, Uploads):
    """Give stored files to an FTP server."""


@task_type("io.kestra.plugin.fs.ftp.List")
class FtpList(FtpTask, ListFiles):
    """List the files of a folder of an FTP server."""


@task_type("io.kestra.plugin.fs.ftp.Delete")
class FtpDelete(FtpTask, Delete):
    """Delete files of an FTP server."""


@task_type("io.kestra.plugin.fs.ftp.Move")
class FtpMove(FtpTask, Move):
    """Move a file of an FTP server."""


@task_type("io.kestra.plugin.fs.ftps.Download")
class FtpsDownload(FtpsTask, Download):
    """Take a file from an FTPS server into the storage."""


@task_type("io.kestra.plugin.fs.ftps.Downloads")
class FtpsDownloads(FtpsTask, Downloads):
    """Take the files of a folder of an FTPS server into the storage."""


@task_type("io.kestra.plugin.fs.ftps.Upload")
class FtpsUpload(FtpsTask, Upload):
    """Give a stored file to an FTPS server."""


@task_type("io.kestra.plugin.fs.ftps.Uploads")
class FtpsUploads(FtpsTask, Uploads):
    """Give stored files to an FTPS server."""


@task_type("io.kestra.plugin.fs.ftps.List")
class FtpsList(FtpsTask, ListFiles):
    """List the files of a folder of an FTPS server."""


@task_type("io.kestra.plugin.fs.ftps.Delete")
class FtpsDelete(FtpsTask, Delete):
    """Delete files of an FTPS server."""


@task_type("io.kestra.plugin.fs.ftps.Move")
class FtpsMove(FtpsTask, Move):
    """Move a file of an FTPS server."""
