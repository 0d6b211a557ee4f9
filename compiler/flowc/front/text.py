"""The printed form of a flow as written: its model, with places."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from flowc.front.model import Flow
from flowc.front.nodes import Mapping, Scalar, Sequence, plain
from flowc.literal import literal
from flowc.source import SourceFile, Span


def print_flow(flow: Flow) -> str:
    """The flow as indented text, one property a line; what is absent or empty is left out."""
    lines: list[str] = []
    _put(lines, 0, "flow", flow)
    return "\n".join(lines) + "\n"


def _put(lines: list[str], depth: int, name: str, value: Any) -> None:
    margin = "  " * depth
    if isinstance(value, Scalar | Sequence | Mapping):
        place = f"{value.span.line}:{value.span.column}"
        lines.append(f"{margin}{name} = {literal(plain(value))}  @{place}")
    elif is_dataclass(value):
        span: Span = value.span  # type: ignore[union-attr]
        lines.append(f"{margin}{name}: {type(value).__name__}  @{span.line}:{span.column}")
        for field in fields(value):
            if field.name not in ("span", "root"):
                _put(lines, depth + 1, field.name, getattr(value, field.name))
    elif isinstance(value, Span | SourceFile) or value in (None, (), {}, False):
        return
    elif isinstance(value, type):
        lines.append(f"{margin}{name} = {value.__module__}.{value.__qualname__}")
    elif isinstance(value, dict):
        lines.append(f"{margin}{name}:")
        for key, item in value.items():
            _put(lines, depth + 1, literal(str(key)), item)
    elif isinstance(value, tuple):
        lines.append(f"{margin}{name}:")
        for item in value:
            _put(lines, depth + 1, "-", item)
    else:
        lines.append(f"{margin}{name} = {literal(value)}")
