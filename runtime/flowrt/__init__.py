"""flowrt: the runtime library that compiled flows call. Standard library only.

The names below are what generated modules import; each is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowrt.flow import (
        Assertion,
        Check,
        Concurrency,
        Flow,
        MaxDuration,
        Run,
        after,
    )
    from flowrt.inputs.declaration import DependsOn, Input, Output

__version__ = "1.0.0"

_HOMES = {
    "Assertion": "flowrt.flow",
    "Check": "flowrt.flow",
    "Concurrency": "flowrt.flow",
    "DependsOn": "flowrt.inputs.declaration",
    "Flow": "flowrt.flow",
    "Input": "flowrt.inputs.declaration",
    "MaxDuration": "flowrt.flow",
    "Output": "flowrt.inputs.declaration",
    "Run": "flowrt.flow",
    "after": "flowrt.flow",
}

__all__ = [
    "Assertion",
    "Check",
    "Concurrency",
    "DependsOn",
    "Flow",
    "Input",
    "MaxDuration",
    "Output",
    "Run",
    "after",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'flowrt' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(home), name)
    globals()[name] = value
    return value
