"""What a program may lack: packages that are not installed, parts of the runtime that it came without."""

from __future__ import annotations

from typing import Any

from flowrt.java.errors import RawError

COMPILER = "flowexpr>=1.0,<2"
"""The compiler of expressions, for texts that exist only when a flow runs (extra `render`)."""


class MissingPackage(RawError):
    """A package is not installed that this flow needs."""

    java_class = "java.lang.NoClassDefFoundError"

    def __init__(self, what: str, package: str, extra: str) -> None:
        super().__init__(
            f"{what} needs the package {package}, which is not installed: "
            f"pip install '{package}', or 'flowrt[{extra}]'"
        )


def load(module: str, what: str, package: str, extra: str) -> Any:
    """A module of a package that may be missing. Raises MissingPackage, which says what needs it."""
    from importlib import import_module

    try:
        return import_module(module)
    except ImportError:
        raise MissingPackage(what, package, extra) from None


PARTS: dict[str, tuple[str, ...]] = {
    "dask": ("clusters.dask",),
    "ray": ("clusters.ray",),
    "storage": ("services.remote",),
    "postgresql": ("store.postgresql",),
    "yaml": ("formats.yamlread",),
    "inputs": (
        "inputs.resolution",
        "inputs.conversion",
        "inputs.outputs",
        "inputs.checks",
        "inputs.sealing",
        "engine.flow_outputs",
    ),
    "files": (
        "services.storage",
        "services.keyvalues",
        "services.nsfiles",
        "services.tree",
        "worker.cache",
    ),
}
"""Parts of the runtime that a program, where it carries its runtime, has only if its flow uses them or somebody asks for
them, by the modules through which they are entered.

`flowc compile --with NAME` takes a part along. Modules are named without the package, so that what follows imports does not
follow these texts.
"""


class MissingPart(MissingPackage):
    """The program came without a part of the runtime."""

    def __init__(self, name: str, asked: str) -> None:
        RawError.__init__(
            self,
            f"this program came without what {asked} needs: compile it again{name and f' `--with {name}`'}",
        )


def missing_part(error: ModuleNotFoundError) -> MissingPart | None:
    """What is said of a module that is not there; None when it is of others."""
    room, _, module = (error.name or "").partition(".")
    found = next((name for name, modules in PARTS.items() if module in modules), "")
    return MissingPart(found, "this command line") if room == "flowrt" else None


def part(name: str, asked: str) -> Any:
    """The module of a part that nothing imports; `asked` is the option that wants it. Raises MissingPart when the program
    came without it."""
    from importlib import import_module

    module = f"flowrt.{PARTS[name][0]}"
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not module.startswith(error.name):
            raise
        raise MissingPart(name, asked) from None
