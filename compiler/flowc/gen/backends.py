"""The back ends by the name of their target: what the intermediate form can become."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from flowc.gen.capabilities import Decision
    from flowc.ir.nodes import Key, Module
    from flowc.link.program import Program


class Request(NamedTuple):
    """One program to be written.

    `output`: the file of its main flow; `-` is standard output. `placed` are the files of other flows that are written
    as well, so that they need not be written again. `vendor`, `standalone`: how the runtime comes along. `formatted`:
    whether a formatter runs, None where it is needed only. `force`: also what is there and unchanged. `parts`: what comes
    along of the runtime besides what the flows need, by the names of `flowrt.packages`. `written` are the texts of files
    that earlier requests of the same command have made.
    """

    program: Program
    output: Path
    placed: Mapping[Key, Path]
    vendor: Path | None = None
    standalone: bool = False
    formatted: bool | None = None
    force: bool = False
    runner: str = "thread"
    parts: tuple[str, ...] = ()
    written: Mapping[Path, str] = MappingProxyType({})


class Written(NamedTuple):
    """The files of a program by path, and how many of those were left alone because nothing has changed."""

    files: dict[Path, str]
    unchanged: int = 0


class Backend(Protocol):
    """Turns programs into files. It reads the intermediate form alone."""

    suffix: str

    def write(self, request: Request) -> Written:
        """The files of a program."""


class EngineBackend(Backend, Protocol):
    """Turns programs into files for an engine that conducts them."""

    def decide(self, module: Module) -> Iterable[Decision]:
        """What becomes of the parts of a flow there."""

    def names(self, module: Module) -> Iterable[str]:
        """What the flow, and what comes along with it, is called there."""


ENGINES = ("prefect", "airflow")
"""The targets that are engines of their own, by name."""

TARGETS = ("python", *ENGINES)
"""The names of all targets; what they stand for is imported when it is asked for."""


RUNNERS = ("thread", "dask", "ray")
"""Who may run the tasks of a flow run of Prefect: its own process, or the workers of a cluster."""


def backend(target: str) -> Backend:
    """The back end of a target. Raises KeyError for a name that is none."""
    if target not in TARGETS:
        raise KeyError(target)
    found: Backend = _module(target).BACKEND
    return found


def engine_backend(target: str) -> EngineBackend | None:
    """The back end of a target that is an engine; None for a program that the runtime conducts."""
    if target not in ENGINES:
        return None
    found: EngineBackend = _module(target).BACKEND
    return found


def _module(target: str) -> Any:
    from importlib import import_module

    return import_module(f"flowc.gen.{target}.target")
