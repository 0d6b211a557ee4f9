"""The printed form of the intermediate form: stable, one fact a line, without places."""

from __future__ import annotations

from typing import assert_never

from flowc.ir.nodes import (
    Arg,
    Batch,
    Block,
    Branch,
    Call,
    Const,
    Disabled,
    Expr,
    Fork,
    Graph,
    Group,
    ListOf,
    Loop,
    MapOf,
    Module,
    Object,
    Step,
    Switch,
    TaskRef,
    Until,
    Value,
)
from flowc.literal import literal


def print_module(module: Module) -> str:
    """The whole flow as text."""
    printer = _Printer()
    printer.module(module)
    return "\n".join(printer.lines) + "\n"


def print_step(step: Step) -> str:
    """One step and what is below it."""
    printer = _Printer()
    printer.step(step, 0)
    return "\n".join(printer.lines) + "\n"


def value_text(value: Value) -> str:
    """A value on one line: constants as literals, expressions between `${` and `}`."""
    match value:
        case Const():
            known = isinstance(value.value, str | int | float | None)
            return (
                literal(value.value) if known else repr(value.value)
            )  # repr: of what verify refuses
        case Expr():
            return f"{'typed' if value.typed else 'text'}<{literal(value.text)}>"
        case ListOf():
            return "[" + ", ".join(map(value_text, value.items)) + "]"
        case MapOf():
            pairs = (f"{value_text(key)}: {value_text(item)}" for key, item in value.items)
            return "{" + ", ".join(pairs) + "}"
        case Object():
            parts = [value_text(item) for item in value.positional]
            parts += [f"{arg.name}={value_text(arg.value)}" for arg in value.args]
            return f"{value.op.name}({', '.join(parts)})"
        case TaskRef():
            return f"@{value.step.id}"
        case _ as never:
            assert_never(never)


def _kind(step: Step) -> str:
    kinds: dict[type[Step], str] = {
        Call: "call",
        Batch: "batch",
        Group: "group",
        Branch: "branch",
        Switch: "switch",
        Loop: "loop",
        Until: "until",
        Fork: "fork",
        Graph: "graph",
    }
    return kinds[type(step)]


class _Printer:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def put(self, depth: int, text: str) -> None:
        self.lines.append("  " * depth + text)

    def module(self, module: Module) -> None:
        self.put(0, f"flow {module.namespace}.{module.id}")
        self.args(module.args, 1, "with")
        for name, block in module.blocks():
            self.block(name, block, 1)
        for listener in module.listeners:
            for condition in listener.conditions:
                self.put(1, f"listener when {value_text(condition)}")

    def args(self, args: tuple[Arg, ...], depth: int, mark: str) -> None:
        for arg in args:
            if isinstance(arg.value, ListOf) and any(
                isinstance(item, Object) for item in arg.value.items
            ):
                self.put(depth, f"{mark} {arg.name}")
                for item in arg.value.items:
                    self.put(depth + 1, value_text(item))
            else:
                self.put(depth, f"{mark} {arg.name} = {value_text(arg.value)}")

    def block(
        self, name: str, block: Block, depth: int, after: dict[str, tuple[str, ...]] | None = None
    ) -> None:
        self.put(depth, f"{_one_line(name)}:")
        if not block.entries:
            self.put(depth + 1, "empty")
        for entry in block.entries:
            if isinstance(entry, Disabled):
                self.put(depth + 1, f"disabled {entry.id}")
                continue
            self.step(entry, depth + 1, (after or {}).get(entry.id, ()))

    def step(self, step: Step, depth: int, after: tuple[str, ...] = ()) -> None:
        suffix = f" after {', '.join(after)}" if after else ""
        spread = " spread" if isinstance(step, Loop) and step.spread else ""
        self.put(depth, f"{_kind(step)} {step.id}: {step.op.name}{spread}{suffix}")
        self.args(step.args, depth + 1, "with")
        self.args(step.policy.args, depth + 1, "policy")
        waits = dict(step.after) if isinstance(step, Graph) else None
        if isinstance(step, Switch) and step.cases is None:
            self.put(depth + 1, "no cases")
        for other in step.referenced():
            self.step(other, depth + 1)
        for name, block in step.blocks():
            self.block(name, block, depth + 1, waits)


def _one_line(name: str) -> str:
    """A block name; the text of a case is a literal."""
    head, space, text = name.partition(" ")
    return f"{head} {literal(text)}" if space else head
