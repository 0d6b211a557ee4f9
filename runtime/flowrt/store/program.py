"""What a program looks like, so that a change between two processes of one execution is seen."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from flowrt.model.blocks import BlockTask
from flowrt.model.declare import Declared

if TYPE_CHECKING:
    from flowrt.model.blocks import Block, Root
    from flowrt.model.flow import Flow

_LISTS = ("main_body", "errors_body", "finally_body")
_seen: dict[int, tuple[Flow, dict[str, str]]] = {}


def described(flow: Flow) -> dict[str, str]:
    """A short text for each task (what it is told and what it runs) and, under `""`, for the flow."""
    found = _seen.get(id(flow))
    if found is None or found[0] is not flow:
        whole = [
            _shape(flow.root),
            _text(flow.variables),
            _text([o.id for o in flow.outputs or ()]),
        ]
        texts = {"": _digest("\n".join(whole))}
        for name, task in flow.declared.items():
            shape = _shape(task.block) if isinstance(task, BlockTask) else ""
            texts[name] = _digest(f"{_text(task)}\n{shape}")
        found = _seen[id(flow)] = (flow, texts)
    return found[1]


def differences(before: dict[str, str], now: dict[str, str]) -> list[str]:
    """What changed between two descriptions, a line each."""
    lines = [f"task {name} is gone" for name in before if name not in now]
    lines += [f"task {name} is new" for name in now if name not in before]
    for name, text in before.items():
        if now.get(name, text) != text:
            what = f"task {name}" if name else "the lists of tasks or the variables of the flow"
            lines.append(f"{what} changed")
    return lines


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def _shape(block: Block | Root) -> str:
    """The tasks that the lists of a block name, in order."""
    bodies = [getattr(block, name) for name in _LISTS] + list(getattr(block, "after_bodies", ()))
    parts = []
    for body in bodies:
        code = getattr(body, "__code__", None)
        parts.append(",".join((*code.co_names, *code.co_freevars)) if code is not None else "-")
    return "|".join(parts)


def _text(value: Any) -> str:
    """A declared value as text: of an expression what was written, of functions nothing."""
    source = getattr(value, "source", None)
    if isinstance(source, str):
        return repr(source)
    if isinstance(value, Declared):
        given = {k: v for k, v in vars(value).items() if k != "block"}
        return f"{type(value).__name__}{_text(given)}"
    if isinstance(value, dict):
        return "{" + ",".join(f"{_text(k)}:{_text(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(_text, value)) + "]"
    if value is None or isinstance(value, (str, int, float, bool)):
        return repr(value)
    if hasattr(value, "id") and hasattr(value, "type"):
        return f"{value.id}:{value.type}"
    return type(value).__name__
