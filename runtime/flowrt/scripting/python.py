"""Python for scripts: the interpreter, packages, and the module `kestra`."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from flowrt.model.failures import TaskFailure

if TYPE_CHECKING:
    from flowrt.model.context import RunContext

PRELUDE = "true = True\nfalse = False\nnull = None\n"
"""What a rendered JSON value needs to be Python."""


@cache
def _scratch() -> Path:
    """A folder for as long as this program runs."""
    import atexit
    from tempfile import TemporaryDirectory

    folder = TemporaryDirectory(prefix="flowrt-python-")
    atexit.register(folder.cleanup)
    return Path(folder.name)


@cache
def stand_in() -> str:
    """The folder that holds the module `kestra` for scripts."""
    beside = Path(__file__).with_name("stand_in")
    if (beside / "kestra.py").is_file():
        return str(beside)
    from pkgutil import get_data

    source = get_data("flowrt.scripting", "stand_in/kestra.py")
    folder = _scratch() / "stand_in"
    folder.mkdir(exist_ok=True)
    (folder / "kestra.py").write_bytes(source or b"")
    return str(folder)


@cache
def python_on_path() -> str | None:
    """A folder with a program `python`, when the search path has none."""
    import shutil

    if shutil.which("python"):
        return None
    folder = _scratch() / "bin"
    folder.mkdir(exist_ok=True)
    (folder / "python").symlink_to(sys.executable)
    return str(folder)


def base_environment() -> dict[str, str]:
    """The environment of this program, with what scripts may expect of it."""
    environment = dict(os.environ)
    paths = [path for path in environment.get("PYTHONPATH", "").split(os.pathsep) if path]
    environment["PYTHONPATH"] = os.pathsep.join([*paths, stand_in()])
    extra = python_on_path()
    if extra is not None:
        environment["PATH"] = os.pathsep.join([environment.get("PATH", os.defpath), extra])
    return environment


async def install(run: RunContext, requirements: list[str], manager: str) -> str | None:
    """Install packages into a folder that is kept for the next time; answers the folder.

    None when there is nothing to install, or when `FLOWRT_DEPENDENCIES=installed` says that all is there. Raises
    TaskFailure when the installation fails.
    """
    if not requirements or os.environ.get("FLOWRT_DEPENDENCIES") == "installed":
        return None
    import hashlib
    import shutil

    from flowrt.scripting.process import run_process

    key = "\n".join((sys.version, *sorted(requirements)))
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = home / "flowrt" / "python" / hashlib.sha256(key.encode()).hexdigest()[:32]
    if (folder / ".complete").exists():
        return str(folder)
    uv = shutil.which("uv") if manager == "UV" else None
    head = (
        [uv, "pip", "install", "--python", sys.executable]
        if uv
        else [sys.executable, "-m", "pip", "install", "--quiet"]
    )
    folder.mkdir(parents=True, exist_ok=True)
    call = [*head, "--target", str(folder), *requirements]
    code = await run_process(
        run, call, folder, dict(os.environ), lambda line, _: run.log("DEBUG", line)
    )
    if code != 0:
        shutil.rmtree(folder, ignore_errors=True)
        raise TaskFailure(f"The dependencies cannot be installed: exit code {code}")
    (folder / ".complete").touch()
    return str(folder)
