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
    "dask": ("clusters.dask", "worker.child"),
    "ray": ("clusters.ray", "worker.child"),
    "storage": ("services.remote",),
    "store": (
        "store.opening",
        "verbs.durable",
        "verbs.resume",
        "verbs.restart",
        "verbs.replay",
        "verbs.change_state",
        "verbs.kill",
        "program.look",
    ),
    "postgresql": ("store.postgresql",),
    "executors": ("worker.pool", "worker.processes", "worker.child"),
    "report": ("program.report",),
    "yaml": ("formats.yamlread",),
    "inputs": (
        "inputs.resolution",
        "inputs.declaration",
        "inputs.errors",
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


NEEDS = {"postgresql": "store"}
"""What comes along with a part."""


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
    found = next((name for name, modules in PARTS.items() if _has(modules, module)), "")
    return MissingPart(found, "this command line") if room == "flowrt" else None


def _has(modules: tuple[str, ...], name: str) -> bool:
    """Whether a module is one of these, or the folder of one: it may be missing as a whole."""
    return any(each == name or each.startswith(f"{name}.") for each in modules)


def absent_parts() -> list[str]:
    """The names of the parts that the program came without."""
    from importlib.util import find_spec

    def is_here(module: str) -> bool:
        try:
            return find_spec(f"flowrt.{module}") is not None
        except ModuleNotFoundError:  # the folder that it would be in
            return False

    return [name for name, (entered, *_) in PARTS.items() if not is_here(entered)]


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


def lent(home: str | None, name: str) -> Any:
    """What a façade lends: what has this name in a module, when somebody asks for it.

    Ends a program whose folder of the runtime was made for another program: it has no such module, or knows of none.
    """
    from importlib import import_module

    if home is not None:
        try:
            return getattr(import_module(home), name)
        except ModuleNotFoundError as error:
            if not (error.name or "").startswith("flowrt."):
                raise
    raise SystemExit(f"error: {MissingPart('', f'`{name}`')}")
