"""Expressions of a flow: their own problems, and whether what they refer to can be there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from flowc.atlas import Nowhere, Unsupported
from flowc.diag.model import Fix, Sink
from flowc.expr import Problem, Reference, read_template
from flowc.expr.builtins import FUNCTIONS
from flowc.expr.parser import LIMITS
from flowc.front import model
from flowc.front.nodes import Mapping, Node, Scalar
from flowc.front.suggest import did_you_mean, nearest
from flowc.sema.scopes import Place, Ran, constant_values, places, ran_before
from flowc.sema.sites import Rendered, Site, sites
from flowc.sema.slips import Slip, slip
from flowc.source import Span

MEMBERS: dict[str, tuple[str, ...]] = {
    "flow": ("id", "namespace", "revision", "tenantId"),
    "execution": ("id", "state", "startDate", "originalId", "outputs"),
    "task": ("id", "type"),
    "taskrun": ("id", "startDate", "attemptsCount", "parentId", "value", "iteration", "items"),
}
"""The variables whose members are fixed."""

NAMES = frozenset(
    [
        "flow",
        "execution",
        "inputs",
        "outputs",
        "tasks",
        "task",
        "taskrun",
        "parents",
        "parent",
        "vars",
        "labels",
        "trigger",
        "schedule",
        "envs",
        "globals",
        "kestra",
        "workerTaskrun",
        "workingDir",
        "outputDir",
        "inputFiles",
        "outputFiles",
        "files",
        "addSecretConsumer",
    ]
)
_OF_A_RUN = frozenset({"task", "taskrun", "parent", "parents"})
_ROUND = frozenset({"item", "value", "each", "it"})
"""How people call the value of a loop."""
_CODES = {"syntax": "FC301", "name": "FC302", "arguments": "FC303"}
_PARTS = ("_split", "_items", "_merge")


def check_references(flow: model.Flow, sink: Sink) -> None:
    """Check every expression of the flow."""
    _Checker(flow, sink).run()


class _Checker:
    def __init__(self, flow: model.Flow, sink: Sink) -> None:
        self._flow = flow
        self._sink = sink
        self._places = places(flow)
        self._inputs = _input_tree(flow.inputs)
        tasks = [place.task for place in self._places.values()]
        self._open_tasks = any(
            task.cls.shape == "template" or task.cls in (Unsupported, Nowhere) for task in tasks
        )
        self._vars_change = any(task.cls.changes_variables for task in tasks)
        self._parts = {
            task.id + part for task in tasks if task.cls.shape == "batch" for part in _PARTS
        }

    def run(self) -> None:
        """All expressions. What was found in a text before is not said again of its expressions."""
        said = {(id(each.span.file), each.span.start) for each in self._sink}
        dashes = [each.span for each in self._sink if each.code == "FC213"]
        for site in sites(self._flow):
            span = site.text.span
            if (id(span.file), span.start) not in said:
                self._site(site, [each for each in dashes if span.start <= each.start < span.end])

    def _site(self, site: Site, dashes: list[Span]) -> None:
        text = str(site.text.value)
        parsed = read_template(text)
        for problem in parsed.problems:
            self._problem(site, problem)
        if site.rendered in (Rendered.PERHAPS, Rendered.BY_TRIGGER):
            return
        # of `outputs.one-two.value` both sides of the minus are wrong, for one reason
        joined: set[int] = set()
        said: set[Finding] = set()
        for reference in parsed.references:
            place = site.text.place(reference.offset, 1).start
            if reference.guarded or any(each.start <= place < each.end for each in dashes):
                continue
            found = list(self._reference(reference, site))
            if found and reference.offset not in joined:
                joined |= _behind_dashes(text, reference.offset)
                for each in found:
                    if each not in said:
                        self._report(each, reference, site)
                said.update(found)

    def _problem(self, site: Site, problem: Problem) -> None:
        span = site.text.place(problem.offset, max(problem.length, 1))
        warning = site.rendered is Rendered.PERHAPS
        if problem.kind != "syntax":
            hint = problem.hint or None
            self._sink.report(
                _CODES[problem.kind], problem.message, span, hint=hint, warning=warning
            )
            return
        if problem.message.startswith(LIMITS):
            message = f"{problem.message[0].lower()}{problem.message[1:]}"
            hint = "Kestra has no such limit; `variables` may hold a part of it"
            self._sink.report("FC301", message, span, hint=hint, warning=warning)
            return
        meant = slip(str(site.text.value), problem.offset)
        message = "this expression cannot be parsed" if meant is None else meant.message
        self._sink.report(
            "FC301",
            message,
            span,
            hint=problem.hint or None if meant is None else meant.hint,
            warning=warning,
            kestra=problem.message,
            fix=None if meant is None else _fix(site.text, meant),
        )

    def _report(self, found: Finding, reference: Reference, site: Site) -> None:
        length = _written_length(str(site.text.value), reference)
        span = site.text.place(reference.offset, length)
        warning = reference.conditional or found.warning
        code = "FC313" if found.code == "FC307" and warning else found.code
        self._sink.report(
            code, found.message, span, label=found.label, hint=found.hint, warning=warning
        )

    # ---- one reference --------------------------------------------------------------------------------------------

    def _reference(self, reference: Reference, site: Site) -> Iterator[Finding]:
        root, path = reference.path[0], reference.path
        if root not in NAMES:
            if site.place is None or not _has_own_names(site.place):
                hint = self._instead(reference, site)
                yield Finding("FC311", f"unknown name `{root}`", "no such variable", hint)
        elif root in _OF_A_RUN and site.place is None:
            yield Finding("FC311", f"`{root}` exists in tasks only", "outside of a task")
        elif root in MEMBERS and len(path) > 1 and path[1] not in MEMBERS[root]:
            hint = did_you_mean(path[1], MEMBERS[root])
            yield Finding("FC312", f"`{root}` has no `{path[1]}`", "no such member", hint)
        elif root == "inputs":
            yield from self._input(reference)
        elif root == "vars":
            yield from self._variable(reference)
        elif root == "outputs" and len(path) > 1:
            yield from self._output(reference, site)
        elif root == "tasks" and len(path) > 1 and not self._known(path[1]):
            yield Finding(
                "FC306", f"unknown task `{path[1]}`", "no such task", self._meant(path[1])
            )
        elif root == "taskrun" and site.place is not None and path[1:2] == ("value",):
            yield from self._loop_value(site.place)
        elif root == "parent" and site.place is not None and not site.place.in_working_directory:
            yield from self._parent(reference, site.place)

    def _instead(self, reference: Reference, site: Site) -> str | None:
        """What a name that is no variable stands for: the value of a round, an id of the flow, a function, a slip."""
        root, path = reference.path[0], ".".join(reference.path)
        if root in _ROUND and site.place is not None and site.place.sees_value():
            return "write `taskrun.value`"
        variables = self._flow.variables
        if root in self._inputs:
            return f"write `inputs.{path}`"
        if isinstance(variables, Mapping) and variables.get(root) is not None:
            return f"write `vars.{path}`"
        if root in self._places:
            return f"the outputs of a task are in `outputs`: `outputs.{path}`"
        if root in ("id", "namespace", "revision"):
            return f"write `flow.{path}`"
        if root in FUNCTIONS:
            return f"a function is called with parentheses: `{root}()`"
        return did_you_mean(root, NAMES)

    def _input(self, reference: Reference) -> Iterator[Finding]:
        tree: dict[str, object] | None = self._inputs
        if not self._inputs and len(reference.path) > 1:
            yield Finding("FC304", "the flow declares no inputs", "no such input")
            return
        for depth, step in enumerate(reference.path[1:], 1):
            if tree is None:
                return
            if step not in tree:
                name = ".".join(reference.path[1 : depth + 1])
                dashed = next((each for each in tree if each.startswith(step + "-")), None)
                hint = f"write inputs['{dashed}']" if dashed else did_you_mean(step, tree)
                yield Finding("FC304", f"unknown input `{name}`", "no such input", hint)
                return
            below = tree[step]
            tree = below if isinstance(below, dict) else None

    def _variable(self, reference: Reference) -> Iterator[Finding]:
        node: Node | None = self._flow.variables
        if self._vars_change or len(reference.path) < 2:
            return
        if node is None:
            yield Finding("FC305", "the flow declares no variables", "no such variable")
            return
        for depth, step in enumerate(reference.path[1:], 1):
            if not isinstance(node, Mapping):
                return
            below = node.get(step)
            if below is None:
                name = ".".join(reference.path[1 : depth + 1])
                hint = did_you_mean(step, (str(key.value) for key, _ in node.entries))
                yield Finding("FC305", f"unknown variable `{name}`", "no such variable", hint)
                return
            node = below

    def _loop_value(self, place: Place) -> Iterator[Finding]:
        if place.sees_value():
            return
        hint = None
        entry = next((i for i, each in enumerate(place.parents()) if each[0]), None)
        if entry is not None:
            hint = f"write {'parent' if entry == 0 else f'parents[{entry}]'}.taskrun.value"
        message = f"`{place.task.id}` is not a direct child of a loop, so its run has no value"
        yield Finding("FC315", message, "no loop value here", hint)

    def _parent(self, reference: Reference, place: Place) -> Iterator[Finding]:
        parents = place.parents()
        step = reference.path[1] if len(reference.path) > 1 else ""
        if not parents:
            hint = "write taskrun.value" if place.sees_value() else None
            yield Finding(
                "FC310", "no enclosing task has a value or outputs", "no parent here", hint
            )
        elif step == "taskrun" and not parents[0][0]:
            entry = next((i for i, each in enumerate(parents) if each[0]), None)
            hint = f"write parents[{entry}].taskrun.value" if entry is not None else None
            yield Finding(
                "FC310", "the nearest parent has outputs, but no loop value", "no value", hint
            )
        elif step == "outputs" and not parents[0][1]:
            yield Finding(
                "FC310", "the nearest parent has a loop value, but no outputs", "no outputs"
            )

    # ---- outputs --------------------------------------------------------------------------------------------------

    def _known(self, name: str) -> bool:
        return name in self._places or name in self._parts or self._open_tasks

    def _meant(self, name: str) -> str | None:
        dashed = next((each for each in self._places if each.startswith(name + "-")), None)
        if dashed:
            return f"ids with a dash need brackets: outputs['{dashed}']"
        found = nearest(name, [*self._places, *self._parts])
        return f"did you mean `outputs.{found}`?" if found else None

    def _output(self, reference: Reference, site: Site) -> Iterator[Finding]:
        name = reference.path[1]
        other = self._places.get(name)
        if other is None:
            if not self._known(name):
                yield Finding("FC306", f"unknown task `{name}`", "no such task", self._meant(name))
            return
        here = site.place
        if here is not None:
            ran, why = ran_before(other, here)
            if ran is Ran.NEVER:
                message = f"`{name}` has not run when this is rendered"
                yield Finding("FC307", message, why)
                return
            if ran is Ran.MAYBE:
                message = f"`{name}` may not have run when this is rendered"
                hint = "guard the lookup with `??`"
                yield Finding("FC307", message, why, hint, warning=True)
                if here.task is other.task:
                    return
        yield from self._field(reference, other)

    def _field(self, reference: Reference, other: Place) -> Iterator[Finding]:
        task, path = other.task, reference.path
        outputs = task.cls.outputs
        if len(path) < 3:
            return
        at = 2
        for loop in other.levels:
            if at >= len(path):
                return
            known = constant_values(loop)
            step = path[at]
            if known is not None and step in known:
                at += 1
                continue
            if outputs and step in outputs:
                message = f"`{task.id}` is inside the loop `{loop.id}`, so its outputs need the loop value"
                hint = f"write outputs.{task.id}[taskrun.value].{step} in the loop"
                yield Finding("FC309", message, "loop value missing", hint)
                return
            if known is not None:
                message = f"the loop `{loop.id}` has no value `{step}`"
                yield Finding("FC308", message, "no such value", did_you_mean(step, known))
                return
            at += 1
        if outputs is None or at >= len(path) or path[at] in outputs:
            return
        kind = task.type.rpartition(".")[2]
        known_names = ", ".join(outputs) if outputs else "none"
        message = f"`{task.id}` ({kind}) has no output `{path[at]}`"
        hint = did_you_mean(path[at], outputs) or f"outputs of {kind}: {known_names}"
        yield Finding("FC308", message, "no such output", hint)


class Finding(NamedTuple):
    """What is wrong with a reference."""

    code: str
    message: str
    label: str = ""
    hint: str | None = None
    warning: bool = False


def _input_tree(inputs: tuple[model.Input, ...]) -> dict[str, object]:
    """Inputs by the steps of their ids; a leaf is None."""
    tree: dict[str, object] = {}
    paths = [
        path
        for each in inputs
        for path in (
            [f"{each.id}.{child.id}" for child in each.children]
            if each.type == "FORM"
            else [each.id]
        )
    ]
    for path in paths:
        level = tree
        *above, last = path.split(".")
        for step in above:
            below = level.get(step)
            if not isinstance(below, dict):
                below = level[step] = {}
            level = below
        level.setdefault(last, None)
    return tree


def _fix(text: Scalar, meant: Slip) -> Fix | None:
    """The change in the file, where the text stands there as it is."""
    span = text.place(meant.start, meant.end - meant.start)
    written = span.file.text[span.start : span.end]
    same = written == str(text.value)[meant.start : meant.end]
    return Fix(span, meant.instead) if same else None


def _has_own_names(place: Place) -> bool:
    """Whether the task may see more variables than the usual ones."""
    if any(issubclass(step.task.cls, Unsupported) for step in place.steps):
        return True
    return bool(place.task.cls.adds_variables)


def _written_length(text: str, reference: Reference) -> int:
    """How long the path is as it is written, from its offset."""
    at = reference.offset
    found = re.compile(r"\w+(?:\.\w+|\[\s*(?:'[^']*'|\"[^\"]*\")\s*\])*").match(text, at)
    return len(found[0]) if found else len(reference.path[0])


_DASHED = re.compile(r"[\w.]*(?:-[\w.]+)+")


def _behind_dashes(text: str, offset: int) -> set[int]:
    """The offsets of the words that a name with dashes falls into, if there is one at an offset."""
    found = _DASHED.match(text, offset)
    return {offset + each.end() for each in re.finditer("-", found[0])} if found else set()
