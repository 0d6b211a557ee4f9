"""Parts of the runtime that a program has only where somebody asks for them.

They are named here without the package, so that what follows imports, to make a program that needs no installed runtime, leaves
them out: `flowc compile --with NAME` takes them along.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from flowrt.inputs.errors import Refusal

PARTS = {
    "dask": "clusters.dask",
    "ray": "clusters.ray",
}
"""What can be asked for, and the module that has it."""


def part(name: str, asked: str) -> Any:
    """The module of a part; `asked` is the option that wants it. Raises `Refusal` when the program came without it."""
    module = f"flowrt.{PARTS[name]}"
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not module.startswith(error.name):
            raise
        raise Refusal(
            f"this program came without what {asked} needs: compile it with `--with {name}`"
        ) from None
