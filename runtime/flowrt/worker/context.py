"""What a task at work may do besides what every run may: a folder of its own, waiting, being stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from flowrt.engine.runcontext import Channel, RunContext
from flowrt.model.failures import PlainFailure

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flowrt.engine.work import Work
    from flowrt.model.context import AnyCompanion


class WorkChannel(Channel, Protocol):
    """The way back to the engine from a task at work."""

    def limit(self, seconds: float) -> None: ...
    def fail(self, error: BaseException, limit: float | None) -> None: ...
    async def sleep(self, seconds: float) -> None: ...


class Kept(Protocol):
    """Where the outputs of an attempt are kept for later ones (`flowrt.worker.cache`)."""

    def keep(self, outputs: dict[str, Any] | None) -> None: ...


class WorkContext(RunContext):
    """The protocol that tasks see is `flowrt.model.context.RunContext`; made anew for each attempt."""

    def __init__(self, work: Work, channel: WorkChannel) -> None:
        super().__init__(work.run, work.services, channel, work.variables, work.attempt)
        self.work = work
        self._way = channel
        self._folder: Path | None = work.folder
        self._own_folders: list[Path] = []
        self._stops: list[Callable[[], None]] = []
        self.kept: dict[str, Any] | None = None
        """Outputs that stay although the work was interrupted."""
        self.cache: Kept | None = None
        self.seconds: float | None = None
        """What the timeout of the task grants."""

    @property
    def working_dir(self) -> Path:
        if self._folder is None:
            self._folder = self.private_folder()
        return self._folder

    def private_folder(self) -> Path:
        folder = self.services.workplace.folder()
        self._own_folders.append(folder)
        return folder

    def companion(self, make: Callable[[Callable[[], int]], AnyCompanion]) -> AnyCompanion:
        return self.services.workplace.companion(make)

    def limit(self, timeout: Any) -> None:
        """From now on the time counts that a timeout grants."""
        seconds = self.duration(timeout)
        if seconds is not None:
            if seconds <= 0:
                raise PlainFailure("timeout must be > 0")
            self.seconds = seconds
            self._way.limit(seconds)

    def tried_again(self) -> bool:
        """Whether the task's own retry may grant another attempt after this one."""
        retry = self.work.task.retry
        most = None if retry is None else retry.max_attempts
        return retry is not None and (most is None or self.attempt + 1 < most)

    def fail(self, error: BaseException) -> None:
        """The work raised."""
        self._way.fail(error, self.seconds)

    async def sleep(self, seconds: float) -> None:
        await self._way.sleep(seconds)

    async def in_thread(self, work: Callable[[], Any]) -> Any:
        from flowrt.worker.threads import in_thread

        return await in_thread(work)

    def on_kill(self, stop: Callable[[], None]) -> None:
        self._stops.append(stop)

    def keep_outputs(self, outputs: dict[str, Any]) -> None:
        self.kept = outputs

    def stop(self) -> None:
        """Stop what the task started outside of its own thread or loop."""
        stops, self._stops = self._stops, []
        for stop in stops:
            stop()

    def close(self) -> None:
        """The attempt is over: its folders go."""
        for folder in self._own_folders:
            from shutil import rmtree

            rmtree(folder, ignore_errors=True)
