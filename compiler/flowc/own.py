"""Task classes of a file, given to the compiler with `--tasks`."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from flowrt.catalog import lend
from flowrt.model.task import Task

COPY = "# A copy, made by flowc"
"""How a copy begins that stands beside a module; a file that begins in another way is never overwritten."""


class UnfitTasks(Exception):
    """A file that offers no task types; the message says why."""


_given: dict[str, Path] = {}


def use(path: Path) -> list[str]:
    """Take the task types of a file, for the life of the process; answers their names.

    Generated modules import the file by its name, so that must be one of Python.

    Raises:
        UnfitTasks: the file cannot be loaded, or has no task class.
    """
    name = path.stem
    if path.suffix != ".py" or not name.isidentifier() or name in sys.stdlib_module_names:
        raise UnfitTasks(f"{path}: rename it, generated modules cannot import a file of this name")
    known = sys.modules.get(name)
    if known is not None and getattr(known, "__file__", None) != str(path.resolve()):
        raise UnfitTasks(f"{path}: rename it, there is another module `{name}`")
    module = _load(name, path)
    places = {cls.type_name: f"{name}:{cls.__name__}" for cls in _classes(module)}
    if not places:
        raise UnfitTasks(f"{path}: no class with `@task_type` in it")
    lend(places)
    _given[name] = path.resolve()
    return sorted(places)


def files(modules: Iterator[str]) -> Iterator[Path]:
    """The files that were given, of some modules."""
    return (_given[name] for name in modules if name in _given)


def _load(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path.resolve())
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise UnfitTasks(f"{path}: {type(error).__name__}: {error}") from error
    return module


def _classes(module: ModuleType) -> Iterator[type[Task]]:
    for value in vars(module).values():
        mine = isinstance(value, type) and value.__module__ == module.__name__
        if mine and issubclass(value, Task) and "type_name" in vars(value):
            yield value
