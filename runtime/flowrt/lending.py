"""How the façades lend a name: from the module that has it, when somebody asks for it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from flowrt.missing import MissingPart


def lent(home: str, name: str) -> Any:
    """What has this name in a module. Ends a program whose folder of the runtime was made for another program."""
    try:
        return getattr(import_module(home), name)
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("flowrt."):
            raise
        raise SystemExit(f"error: {MissingPart('', f'`{name}`')}") from None
