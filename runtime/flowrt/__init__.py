"""flowrt: the runtime library that compiled flows call. Standard library only.

The names below are what generated modules import; each is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowrt.inputs.declaration import DependsOn, Input, Output
    from flowrt.model.blocks import Run, after
    from flowrt.model.flow import Concurrency, Flow
    from flowrt.model.promises import Assertion, Check, MaxDuration
    from flowrt.model.triggers import Trigger
    from flowrt.program.main import main

__version__ = "1.0.0"

_HOMES = {
    "Assertion": "flowrt.model.promises",
    "Check": "flowrt.model.promises",
    "Concurrency": "flowrt.model.flow",
    "DependsOn": "flowrt.inputs.declaration",
    "Flow": "flowrt.model.flow",
    "Input": "flowrt.inputs.declaration",
    "MaxDuration": "flowrt.model.promises",
    "Output": "flowrt.inputs.declaration",
    "Run": "flowrt.model.blocks",
    "Trigger": "flowrt.model.triggers",
    "after": "flowrt.model.blocks",
    "main": "flowrt.program.main",
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
    "Trigger",
    "after",
    "main",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'flowrt' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(home), name)
    globals()[name] = value
    return value
