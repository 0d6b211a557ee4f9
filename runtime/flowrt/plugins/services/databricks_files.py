"""Databricks: files of its file system, in blocks of the size that its interface takes."""

from __future__ import annotations

from base64 import b64decode, b64encode
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import STRING, URI, Kind, prop, task_type
from flowrt.plugins.services.databricks import DatabricksTask
from flowrt.plugins.services.service import address
from flowrt.plugins.stored import Stop, source_path, target_path
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Text

BLOCK = 1024 * 1024
"""Bytes of one request."""


class FileTask(DatabricksTask):
    """What the tasks of files share."""

    async def run(self, run: RunContext) -> dict[str, Any] | None:
        return await run.in_thread(partial(self._work, run))  # type: ignore[no-any-return]

    def _dbfs(self, run: RunContext, method: str, what: str, json: Any = None, **query: Any) -> Any:
        url = address(f"{self._place(run)}/api/2.0/dbfs", what, **query)
        return self._ask(run, method, url, json=json)


@task_type("io.kestra.plugin.databricks.dbfs.Download")
class DatabricksDbfsDownload(FileTask):
    """Take a file into the storage."""

    outputs: ClassVar[dict[str, Kind] | None] = {"uri": URI}

    from_: Text = prop(STRING, yaml="from")

    def _work(self, run: RunContext) -> dict[str, Any]:
        path, stop, offset = required_text(run, self.from_), Stop(run), 0
        target = target_path(run, PurePosixPath(path).suffix)
        with target.open("wb") as file:
            while True:
                stop.check()
                found = self._dbfs(run, "GET", "read", path=path, offset=offset, length=BLOCK)
                if not found["bytes_read"]:
                    break
                offset += file.write(b64decode(found["data"]))
        run.metric("counter", "file.size", offset)
        return {"uri": run.put_file(target, target.name)}


@task_type("io.kestra.plugin.databricks.dbfs.Upload")
class DatabricksDbfsUpload(FileTask):
    """Write a stored file, where there is none yet."""

    from_: Text = prop(STRING, yaml="from")
    to: Text = prop(STRING)

    def _work(self, run: RunContext) -> None:
        path, stop, size = required_text(run, self.to), Stop(run), 0
        with source_path(run, required_text(run, self.from_)).open("rb") as file:
            handle = self._dbfs(run, "POST", "create", {"path": path})["handle"]
            try:
                while block := file.read(BLOCK):
                    stop.check()
                    data = b64encode(block).decode()
                    self._dbfs(run, "POST", "add-block", {"handle": handle, "data": data})
                    size += len(block)
            finally:
                self._dbfs(run, "POST", "close", {"handle": handle})
        run.metric("counter", "file.size", size)
