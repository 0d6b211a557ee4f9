"""The printed form of the intermediate form: stable, one fact a line, without places."""

from __future__ import annotations

from flowc.ir.nodes import (
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
    Input,
    ListOf,
    Loop,
    MapOf,
    Module,
    Property,
    Record,
    Start,
    Step,
    Stored,
    Switch,
    Until,
    Value,
    Wait,
)
from flowc.literal import literal

_KINDS: dict[type[Step], str] = {
    Call: "call",
    Start: "start",
    Batch: "batch",
    Group: "group",
    Wait: "wait",
    Stored: "stored",
    Branch: "branch",
    Switch: "switch",
    Loop: "loop",
    Until: "until",
    Fork: "fork",
    Graph: "graph",
}


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
    """A value on one line: constants as literals, expressions between `<` and `>`."""
    match value:
        case Const():
            known = isinstance(value.value, str | int | float | None)
            return literal(value.value) if known else repr(value.value)  # of what verify refuses
        case Expr():
            return f"{'typed' if value.typed else 'text'}<{literal(value.text)}>"
        case ListOf():
            return "[" + ", ".join(map(value_text, value.items)) + "]"
        case MapOf():
            pairs = (f"{value_text(key)}: {value_text(item)}" for key, item in value.items)
            return "{" + ", ".join(pairs) + "}"
        case Record():
            return f"{value.type or ''}({_properties(value.properties)})"
    return repr(value)  # of what verify refuses


def _properties(properties: tuple[Property, ...]) -> str:
    return ", ".join(f"{each.key}={value_text(each.value)}" for each in properties)


class _Printer:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def put(self, depth: int, text: str) -> None:
        self.lines.append("  " * depth + text)

    def remarks(self, comments: tuple[str, ...], depth: int) -> None:
        for comment in comments:
            self.put(depth, f"# {literal(comment)}")

    def module(self, module: Module) -> None:
        self.remarks(module.comments, 0)
        self.put(0, f"flow {module.full_name}")
        if module.revision != 1:
            self.put(1, f"revision {module.revision}")
        if module.disabled:
            self.put(1, "disabled")
        for key, text in module.labels:
            self.put(1, f"label {literal(key)} = {literal(text)}")
        self.inputs(module.inputs, 1)
        if module.variables is not None:
            self.property("variables", module.variables, 1)
        for output in module.outputs:
            self.remarks(output.comments, 1)
            more = f" ({_properties(output.properties)})" if output.properties else ""
            self.put(
                1, f"output {output.id}: {output.type or '?'} = {value_text(output.value)}{more}"
            )
        for name, value in (("retry", module.retry), ("concurrency", module.concurrency)):
            if value is not None:
                self.property(name, value, 1)
        for name, records in (("sla", module.sla), ("check", module.checks)):
            for record in records:
                self.property(name, record, 1)
        for trigger in module.triggers:
            self.remarks(trigger.comments, 1)
            self.put(1, f"trigger {trigger.id}: {trigger.type}")
            self.properties("with", trigger.properties, 2)
        for name, block in module.blocks():
            self.block(name, block, 1)
        for listener in module.listeners:
            for condition in listener.conditions:
                self.put(1, f"listener when {value_text(condition)}")

    def inputs(self, inputs: tuple[Input, ...], depth: int) -> None:
        for given in inputs:
            self.remarks(given.comments, depth)
            self.put(depth, f"input {given.id}: {given.type}")
            self.properties("with", given.properties, depth + 1)
            self.inputs(given.children, depth + 1)

    def property(self, name: str, value: Value, depth: int) -> None:
        self.remarks(value.comments, depth)
        self.put(depth, f"{name} = {value_text(value)}")

    def properties(self, mark: str, properties: tuple[Property, ...], depth: int) -> None:
        for each in properties:
            self.remarks(each.comments, depth)
            self.put(depth, f"{mark} {each.key}: {each.kind} = {value_text(each.value)}")

    def block(
        self, name: str, block: Block, depth: int, after: dict[str, tuple[str, ...]] | None = None
    ) -> None:
        self.put(depth, f"{_one_line(name)}:")
        if not block.entries:
            self.put(depth + 1, "empty")
        for entry in block.entries:
            if isinstance(entry, Disabled):
                self.remarks(entry.comments, depth + 1)
                self.put(depth + 1, f"disabled {entry.id}")
                continue
            self.step(entry, depth + 1, (after or {}).get(entry.id, ()))
        self.remarks(block.comments, depth + 1)

    def step(self, step: Step, depth: int, after: tuple[str, ...] = ()) -> None:
        suffix = f" after {', '.join(after)}" if after else ""
        flags = " spread" if isinstance(step, Loop) and step.spread else ""
        flags += " missing" if isinstance(step, Stored) and step.missing else ""
        self.remarks(step.comments, depth)
        self.put(depth, f"{_KINDS[type(step)]} {step.id}: {step.type}{flags}{suffix}")
        self.properties("operand", step.operands, depth + 1)
        self.properties("with", step.properties, depth + 1)
        self.properties("policy", step.policy.properties, depth + 1)
        waits = dict(step.after) if isinstance(step, Graph) else None
        if isinstance(step, Switch) and step.cases is None:
            self.put(depth + 1, "no cases")
        if isinstance(step, Wait):
            self.inputs(step.inputs, depth + 1)
            if step.on_pause is not None:
                self.put(depth + 1, "on pause:")
                self.step(step.on_pause, depth + 2)
        for name, block in step.blocks():
            self.block(name, block, depth + 1, waits)


def _one_line(name: str) -> str:
    """A block name; the text of a case is a literal."""
    head, space, text = name.partition(" ")
    return f"{head} {literal(text)}" if space else head
