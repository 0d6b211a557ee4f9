"""`--help` and the command `inputs`: how the program is called, and what its flow wants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.missing import absent_parts
from flowrt.program.arguments import COMMANDS, OPTIONS, RUN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowrt.inputs.declaration import Input
    from flowrt.model.flow import Flow
    from flowrt.program.arguments import Command

_EXIT_CODES = (
    "0 SUCCESS or WARNING, 1 FAILED, 2 wrong usage or input, 3 PAUSED, or waiting for one that is,"
    " 4 KILLED or CANCELLED"
)


def help_text(flow: Flow, program: str) -> str:
    """The whole help of a program."""
    lines = [f"usage: {program} [options]"]
    for command in COMMANDS.values():
        if command.hidden:
            continue
        if command is not RUN:
            needed = [f"{name} {OPTIONS[name].metavar}" for name in command.required]
            words = " ".join([command.name, *command.words, *needed])
            lines.append(f"       {program} {words:<24} {command.help}")
    title = f"{flow.namespace}.{flow.id}"
    if flow.description:
        title += ": " + " ".join(flow.description.split())
    lines += ["", title, "", "inputs:", *input_lines(flow.inputs), "", *_option_lines(RUN)]
    lines += ["", f"more about a command: {program} COMMAND --help"]
    absent = absent_parts()
    if absent:
        lines += [
            "",
            f"this program came without: {', '.join(absent)}",
            "(for one of them, compile it again `--with` its name)",
        ]
    lines += ["", "exit codes: " + _EXIT_CODES, ""]
    return "\n".join(lines)


def command_text(command: Command, program: str) -> str:
    """The help of one command."""
    words = " ".join([command.name, *command.words])
    said = command.help[0].upper() + command.help[1:]
    lines = [f"usage: {program} {words} [options]", "", f"{said}.", ""]
    return "\n".join([*lines, *_option_lines(command), ""])


def _option_lines(command: Command) -> list[str]:
    lines = ["options:"]
    for name in command.options:
        option = OPTIONS[name]
        again = "; repeatable" if option.many else ""
        again += " (required)" if name in command.required else ""
        lines.append(f"  {f'{name} {option.metavar}':<26} {option.help}{again}")
    return lines


def input_lines(declared: Sequence[Input]) -> list[str]:
    """The inputs of a flow, one a line, with their descriptions below."""
    if not declared:
        return ["  none"]
    from flowrt.inputs.declaration import leaves

    inputs = leaves(declared)
    ids = max(len(each.id) for each in inputs)
    types = {each.id: _type(each) for each in inputs}
    width = max(map(len, types.values()))
    lines = []
    for each in inputs:
        lines.append(f"  {each.id:<{ids}}  {types[each.id]:<{width}}  {_terms(each)}".rstrip())
        for text in (each.display_name, each.description):
            if text:
                lines.append(f"  {'':<{ids}}  {' '.join(text.split())}")
    return lines


def input_documents(declared: Sequence[Input]) -> list[dict[str, Any]]:
    """The inputs of a flow for machines."""
    found: list[dict[str, Any]] = []
    if not declared:
        return found
    from flowrt.inputs.declaration import leaves

    for each in leaves(declared):
        document: dict[str, Any] = {"id": each.id, "type": each.type, "required": each.required}
        if each.default is not None:
            document["defaults"] = _shown_default(each)
        for key, value in (
            ("displayName", each.display_name),
            ("description", each.description),
            ("itemType", each.item_type),
            ("values", list(each.values) if each.values is not None else None),
        ):
            if value is not None:
                document[key] = value
        found.append(document)
    return found


def source(value: Any) -> Any:
    """A literal as it is, an expression as its text."""
    if isinstance(value, dict):
        return {source(key): source(item) for key, item in value.items()}
    if isinstance(value, list):
        return [source(item) for item in value]
    if value is None or isinstance(value, (str, int, float)):
        return value
    return value.source


def _type(declared: Input) -> str:
    from flowrt.inputs.declaration import LIST_TYPES

    if declared.type in LIST_TYPES:
        return f"{declared.type} of {declared.element_type}"
    return declared.type


def _terms(declared: Input) -> str:
    terms = []
    if declared.default is not None:
        terms.append(f"default {_literal(_shown_default(declared))}")
    else:
        terms.append("required" if declared.required else "optional")
    choices = declared.values if declared.values is not None else declared.options
    if choices:
        more = ", …" if declared.allow_custom_value else ""
        terms.append("one of " + ", ".join(map(str, choices)) + more)
    for word, bound in (
        ("at least", declared.min),
        ("at most", declared.max),
        ("not before", declared.after),
        ("not after", declared.before),
        ("matches", declared.validator),
    ):
        if bound is not None:
            terms.append(f"{word} {bound}")
    if declared.allowed_file_extensions:
        terms.append(" ".join(declared.allowed_file_extensions))
    if declared.depends_on is not None and declared.depends_on.inputs:
        terms.append("depends on " + ", ".join(declared.depends_on.inputs))
    return ", ".join(terms)


def _shown_default(declared: Input) -> Any:
    return "******" if declared.type == "SECRET" else source(declared.default)


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return value if value and value == value.strip() else repr(value)
    import json

    return json.dumps(value, ensure_ascii=False)
