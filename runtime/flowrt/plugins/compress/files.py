"""Single files, compressed and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import STRING, URI, Kind, prop, task_type
from flowrt.model.failures import TaskFailure, required
from flowrt.model.task import Task
from flowrt.plugins.compress.streams import (
    CHUNK,
    COMPRESSION,
    Damaged,
    copy,
    damages,
    reader,
    writer,
)
from flowrt.plugins.limits import Unpacked
from flowrt.plugins.stored import Stop, source_path, target_path
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Text


class FileTask(Task):
    """What both directions share."""

    outputs: ClassVar[dict[str, Kind] | None] = {"uri": URI}

    from_: Text = prop(STRING, yaml="from")
    compression: Text = prop(COMPRESSION)

    async def run(self, run: RunContext) -> dict[str, Any]:
        stop = Stop(run)
        return {"uri": await run.in_thread(lambda: self._stored(run, stop))}

    def _stored(self, run: RunContext, stop: Stop) -> str:
        source = source_path(run, required_text(run, self.from_))
        target = target_path(run, ".tmp")
        self.convert(
            str(required(run.constant(self.compression, COMPRESSION))), source, target, stop
        )
        return run.put_file(target, target.name)

    def convert(self, form: str, source: Path, target: Path, stop: Stop) -> None:
        """Write the target."""
        raise NotImplementedError


@task_type("io.kestra.plugin.compress.FileCompress")
class FileCompress(FileTask):
    """Compress a file."""

    def convert(self, form: str, source: Path, target: Path, stop: Stop) -> None:
        with source.open("rb") as file, target.open("wb") as out, writer(form, out) as packed:
            while data := file.read(CHUNK):
                stop.check()
                packed.write(data)


@task_type("io.kestra.plugin.compress.FileDecompress")
class FileDecompress(FileTask):
    """Unpack a compressed file."""

    def convert(self, form: str, source: Path, target: Path, stop: Stop) -> None:
        unpacked = Unpacked(source.stat().st_size)
        with source.open("rb") as file, reader(form, file) as found:
            try:
                copy(found, target, unpacked, stop)
            except TaskFailure:
                raise
            except damages():
                raise Damaged(form) from None
