"""What a program looks like, so that a change between two processes of one execution is seen."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from flowrt.engine.execution import AFTER, ERRORS, FINALLY, LISTENER, MAIN
from flowrt.engine.flowable import works
from flowrt.engine.lines import Line, body_line, line_of, steps
from flowrt.model.blocks import BlockTask

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flowrt.model.blocks import Block, Root
    from flowrt.model.flow import Flow
    from flowrt.model.task import Task

_OF_FLOW = ("variables", "outputs", "retry", "concurrency", "sla")
_seen: dict[int, tuple[Flow, dict[str, str]]] = {}


def described(flow: Flow) -> dict[str, str]:
    """A short text for each task (`kind:` and what it is told and runs), for the lists of the flow (`""`), and for what
    it declares (`" outputs"`)."""
    found = _seen.get(id(flow))
    if found is None or found[0] is not flow:
        texts = {"": _digest(_lists(flow, flow.root, MAIN, ERRORS, FINALLY, LISTENER, AFTER))}
        texts |= {f" {name}": _digest([_text(getattr(flow, name))]) for name in _OF_FLOW}
        for name, task in flow.declared.items():
            block = task.block if isinstance(task, BlockTask) else None
            lists = [] if block is None else _lists(flow, block, MAIN, ERRORS, FINALLY)
            texts[name] = f"{kind_of(task)}:{_digest([_text(task), *lists])}"
        found = _seen[id(flow)] = (flow, texts)
    return found[1]


def kind_of(task: Task) -> str:
    """What a task is to the engine: its class, or nothing of one for workers, who may do another in its place."""
    return "" if works(task) else type(task).__name__


def comparable(before: dict[str, str] | None) -> dict[str, str]:
    """A description that was stored; nothing when an older flowrt has made it, which told of less."""
    return before if before and f" {_OF_FLOW[0]}" in before else {}


def differences(before: dict[str, str], now: dict[str, str]) -> list[str]:
    """What changed between two descriptions, a line each."""
    lines = [f"task {name} is gone" for name in before if name not in now]
    lines += [f"task {name} is new" for name in now if name not in before]
    for name, text in before.items():
        if now.get(name, text) != text:
            of_flow = not name or name[0] == " "
            what = f"the{name or ' lists of tasks'} of the flow" if of_flow else f"task {name}"
            lines.append(f"{what} changed")
    return lines


def _digest(texts: Iterable[str]) -> str:
    return blake2b("\n".join(texts).encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def _main(task: BlockTask) -> Iterator[Line]:
    """The main lists of a block: of an If and a Switch one for each way."""
    cases = getattr(task, "cases", None) or ()
    ways = [True, False] if task.shape == "branch" else [*cases, "\0"]
    return (line_of(task.block, way) for way in ways)


def lines_of(flow: Flow, block: Block | Root, role: int) -> Iterable[Line]:
    """The lists of a block, or of the flow itself, in which runs have a role."""
    root = flow.root
    if role == MAIN:
        return [body_line(block.main_body)] if block.task is None else _main(block.task)
    if role in (ERRORS, FINALLY):
        return [body_line(block.errors_body if role == ERRORS else block.finally_body)]
    bodies = root.after_bodies if role == AFTER else [body for _, body in root.listeners]
    return map(body_line, bodies)


def _lists(flow: Flow, block: Block | Root, *roles: int) -> list[str]:
    """What lists name, and what the tasks of a Dag wait for."""
    return [
        ",".join(f"{each.task.id}{getattr(each, 'depends_on', '')}" for each in steps(line))
        for role in roles
        for line in lines_of(flow, block, role)
    ]


_UNTOLD = ("block", "description", "display_name")
"""What an execution does not depend on, and the lists of a block, which are told by themselves."""


def _text(value: Any) -> str:
    """A declared value as text: of an expression what was written, of functions nothing."""
    source = getattr(value, "source", None)
    if isinstance(source, str):
        return repr(source)
    if isinstance(value, dict):
        return "{" + ",".join(f"{_text(k)}:{_text(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(_text, value)) + "]"
    if value is None or isinstance(value, (str, int, float, bool)):
        return repr(value)
    slots = (name for cls in type(value).__mro__ for name in getattr(cls, "__slots__", ()))
    names = [name for name in (*slots, *getattr(value, "__dict__", ())) if name not in _UNTOLD]
    return type(value).__name__ + _text(
        {name: getattr(value, name, None) for name in names if name[0] != "_"}
    )
