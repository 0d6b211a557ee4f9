"""What one flow says of another, against what that one declares."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diag.model import Note, Sink
from flowc.front.literals import value_misfit
from flowc.front.suggest import did_you_mean
from flowc.ir.nodes import (
    Const,
    Expr,
    Input,
    MapOf,
    Module,
    Start,
    constant,
    step_values,
    values_of,
    walk,
)
from flowc.source import Span


def check_inputs(step: Start, child: Module, sink: Sink) -> None:
    """The inputs that a step gives, against those that the flow declares."""
    given = step.inputs.value if step.inputs is not None else None
    if given is not None and not isinstance(given, MapOf):
        return  # one expression makes them all
    declared = dict(_leaves(child.inputs))
    names: dict[str, Span] = {}
    for key, value in given.items if given is not None else ():
        if not isinstance(key, Const):
            return
        name = str(key.value)
        names[name] = key.span
        known = declared.get(name)
        if known is None and not _is_above(name, declared):
            sink.report(
                "FC424",
                f"`{child.namespace}.{child.id}` has no input `{name}`",
                key.span,
                label="no such input",
                hint=did_you_mean(name, declared),
            )
        elif known is not None and isinstance(value, Const):
            rules = {
                each.key: constant(each.value)
                for each in known.properties
                if not any(isinstance(inner, Expr) for inner in values_of(each.value))
            }
            misfit = value_misfit(known.type, value.value, rules)
            if misfit is not None:
                sink.report(
                    "FC425",
                    f"`{value.value}` is not a valid value for input `{name}` of type {known.type}",
                    value.span,
                    label=misfit.plain,
                    notes=(Note("declared here", known.span),),
                )
    for name, known in declared.items():
        if known.must_be_given and not _is_given(name, names):
            sink.report(
                "FC423",
                f"`{child.namespace}.{child.id}` needs the input `{name}` ({known.type})",
                step.inputs.span if step.inputs is not None else step.flow_id.value.span,
                label="is not given",
                notes=(Note("declared here", known.span),),
            )


def _leaves(inputs: tuple[Input, ...]) -> Iterator[tuple[str, Input]]:
    for each in inputs:
        if each.type == "FORM":
            for child in each.children:
                yield f"{each.id}.{child.id}", child
        else:
            yield each.id, each


def _is_above(name: str, declared: dict[str, Input]) -> bool:
    """Whether inputs are nested under a name."""
    return any(each.startswith(f"{name}.") for each in declared)


def _is_given(name: str, names: dict[str, Span]) -> bool:
    """Whether a path of inputs is given, itself or as a map above it."""
    steps = name.split(".")
    return any(".".join(steps[: length + 1]) in names for length in range(len(steps)))


def check_outputs(module: Module, children: dict[str, Module], sink: Sink) -> None:
    """References to outputs of flows that steps start; `children` are those flows by the id of the step."""
    values = [*module.values()]
    for step in walk(module):
        values += step_values(step)
    for value in values:
        for each in values_of(value):
            if isinstance(each, Expr):
                _check_references(each, children, sink)


def _check_references(value: Expr, children: dict[str, Module], sink: Sink) -> None:
    for reference in value.tree.references:
        path = reference.path
        if reference.guarded or len(path) < 4 or path[0] != "outputs" or path[2] != "outputs":
            continue
        child = children.get(path[1])
        if child is None or any(each.id == path[3] for each in child.outputs):
            continue
        known = [each.id for each in child.outputs]
        sink.report(
            "FC426",
            f"`{child.namespace}.{child.id}` declares no output `{path[3]}`",
            value.place(reference.offset, len(".".join(path[:4]))),
            label="no such output",
            hint=did_you_mean(path[3], known),
            warning=reference.conditional,
        )
