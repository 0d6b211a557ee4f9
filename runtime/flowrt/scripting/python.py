"""Python for scripts: the interpreter, packages, and the module `kestra`."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path

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

    source = get_data(__name__, "stand_in/kestra.py")
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


def _is_secret(name: str, value: str) -> bool:
    """Whether a variable is none of a script's business: a secret, what opens them, an address with a password."""
    if not name.startswith("FLOWRT_"):
        return name.startswith("SECRET_")
    from flowrt.services.uris import without_password

    return name.startswith("FLOWRT_SEALING_KEY") or without_password(value) != value


def base_environment() -> dict[str, str]:
    """The environment of this program, with what scripts may expect of it, and without its secrets.

    A script sees a secret only where its flow says so, in `env`.
    """
    environment = {
        name: value for name, value in os.environ.items() if not _is_secret(name.upper(), value)
    }
    paths = [path for path in environment.get("PYTHONPATH", "").split(os.pathsep) if path]
    environment["PYTHONPATH"] = os.pathsep.join([*paths, stand_in()])
    extra = python_on_path()
    if extra is not None:
        environment["PATH"] = os.pathsep.join([environment.get("PATH", os.defpath), extra])
    return environment
