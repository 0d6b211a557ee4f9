"""The program of this process as a value: the files that another machine needs to start it."""

from __future__ import annotations

import os
import sys
from hashlib import sha256
from pathlib import Path

MAIN = "flow.py"
"""What the module of the flow is called there."""
TOLD = ("SECRET_", "ENV_", "FLOWRT_")
"""How the environment variables begin that expressions and the runtime read; tasks see them as on this machine."""


class Bundle:
    """The module of the flow, the modules beside it that it has loaded, and the runtime if that lies beside it too.

    What else it imports must be installed there. `environment` is what its processes find in theirs.
    """

    def __init__(self, text: str = "") -> None:
        """`text` is the module of the flow; by default it is the program of this process."""
        self.files: dict[str, str] = {MAIN: text} if text else _program()
        self.environment = {
            name: value for name, value in os.environ.items() if name.startswith(TOLD)
        }
        # where machines share a file system, or are one, the runtime is found where it is here
        self.environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
        self.digest = sha256(repr(sorted(self.files.items())).encode()).hexdigest()


def _program() -> dict[str, str]:
    main = sys.modules["__main__"]
    path = Path(main.__file__ or "").absolute()
    home = path.parent
    files = {MAIN: path.read_text("utf-8")}
    for module in list(sys.modules.values()):
        place = getattr(module, "__file__", None)
        if place and place.endswith(".py") and module is not main:
            files.update(_below(home, Path(place)))
    runtime = Path(__file__).parents[1]
    if runtime.is_relative_to(home):
        for found in runtime.parent.rglob("*.py"):
            files.update(_below(home, found))
    return files


def _below(home: Path, path: Path) -> dict[str, str]:
    if not path.is_relative_to(home) or "site-packages" in path.parts or not path.is_file():
        return {}
    return {path.relative_to(home).as_posix(): path.read_text("utf-8")}
