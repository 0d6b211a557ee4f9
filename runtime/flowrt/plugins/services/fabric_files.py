"""Microsoft Fabric: files of OneLake, in blocks of the size that its interface takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import BOOLEAN, INTEGER, STRING, Kind, prop, task_type
from flowrt.plugins.services.fabric import FabricTask
from flowrt.plugins.services.service import address
from flowrt.plugins.stored import Stop, source_path, target_path
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Text

HOST = "onelake.dfs.fabric.microsoft.com"
BASE = f"https://{HOST}"
VERSION = {"x-ms-version": "2023-11-03"}
BLOCK = 4 * 1024 * 1024
"""Bytes of one request."""


class OneLakeTask(FabricTask):
    """What the tasks of files share."""

    service = "OneLake"
    scope: ClassVar[str] = "https://storage.azure.com/.default"

    workspace_id: Text = prop(STRING)
    item_id: Text = prop(STRING)
    file_path: Text = prop(STRING)

    def _parts(self, run: RunContext) -> list[str]:
        """The workspace, and the path of the file in it."""
        path = required_text(run, self.file_path).removeprefix("/")
        names = [required_text(run, each) for each in (self.workspace_id, self.item_id)]
        return [*names, "Files", *path.split("/")]

    def _where(self, run: RunContext) -> tuple[str, dict[str, str]]:
        """The address of the file, and the headers of each request."""
        return address(BASE, *self._parts(run)), {**VERSION, **self._token(run)}


@task_type("io.kestra.plugin.microsoft.fabric.onelake.Upload")
class MicrosoftFabricOnelakeUpload(OneLakeTask):
    """Write a stored file; one that is there is replaced."""

    outputs: ClassVar[dict[str, Kind] | None] = {"uri": STRING}

    from_: Text = prop(STRING, yaml="from")

    def _work(self, run: RunContext) -> dict[str, Any]:
        (url, headers), stop, size = self._where(run), Stop(run), 0
        with source_path(run, required_text(run, self.from_)).open("rb") as file:
            self._exchange(run, "PUT", address(url, resource="file"), headers=headers, body=b"")
            while block := file.read(BLOCK):
                stop.check()
                add = address(url, action="append", position=size)
                self._exchange(run, "PATCH", add, headers=headers, body=block)
                size += len(block)
        flush = address(url, action="flush", position=size)
        self._exchange(run, "PATCH", flush, headers=headers, body=b"")
        run.metric("counter", "file.size", size)
        workspace, *path = self._parts(run)
        return {"uri": f"abfss://{workspace}@{HOST}/{'/'.join(path)}"}


@task_type("io.kestra.plugin.microsoft.fabric.onelake.Download")
class MicrosoftFabricOnelakeDownload(OneLakeTask):
    """Take a file into the storage."""

    outputs: ClassVar[dict[str, Kind] | None] = {"size": INTEGER, "uri": STRING}

    def _work(self, run: RunContext) -> dict[str, Any]:
        (url, headers), stop, offset = self._where(run), Stop(run), 0
        size = int(self._exchange(run, "HEAD", url, headers=headers).header("content-length") or 0)
        target = target_path(run, ".tmp")
        with target.open("wb") as file:
            while offset < size:
                stop.check()
                part = {"Range": f"bytes={offset}-{min(offset + BLOCK, size) - 1}"}
                found = self._exchange(run, "GET", url, headers={**headers, **part})
                offset += file.write(found.body or b"")
        run.metric("counter", "file.size", size)
        return {"uri": run.put_file(target, target.name), "size": size}


@task_type("io.kestra.plugin.microsoft.fabric.onelake.Delete")
class MicrosoftFabricOnelakeDelete(OneLakeTask):
    """Delete a file, or a folder with all that is in it."""

    recursive: Flag = prop(BOOLEAN, default=False)

    def _work(self, run: RunContext) -> None:
        url, headers = self._where(run)
        query = {"recursive": "true"} if run.flag(self.recursive) else {}
        self._exchange(run, "DELETE", address(url, **query), headers=headers)
