"""From the properties of a script task to an argument vector."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from flowrt.services.folders import temporary_name

if TYPE_CHECKING:
    from pathlib import Path

    from flowrt.model.context import RunContext

_ADDRESS = re.compile(r"kestra://[-\w.+~#=/,:;]*")


def localize(run: RunContext, folder: Path, text: str) -> str:
    """The text with each address of a stored file replaced by the path of a copy in the folder.

    Raises TaskFailure for a text that is no address, FileNotFoundError when there is no such file.
    """

    def copy(match: re.Match[str]) -> str:
        from flowrt.services.uris import whole_path

        data = run.storage.read(whole_path(match.group()))
        path = folder / temporary_name()
        path.write_bytes(data)
        return str(path)

    return _ADDRESS.sub(copy, text) if "kestra://" in text else text


def line_separator(target_os: str | None) -> str:
    """How the lines of a command are joined."""
    if target_os == "WINDOWS":
        return "\r\n"
    return os.linesep if target_os == "AUTO" else "\n"


def argument_vector(
    interpreter: list[str],
    before: list[str],
    commands: list[str],
    strict: list[str],
    target_os: str | None,
) -> list[str]:
    """The words of the interpreter and one argument with all lines: `strict`, what runs before, the commands.

    With neither interpreter nor lines before, the commands are the arguments themselves.
    """
    if not interpreter and not before:
        return commands
    lines = [*strict, *before, *commands]
    return [*interpreter, line_separator(target_os).join(lines)]
