"""The DAG of a flow: an operator for each task, a task group for each block that a DAG can say, edges between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from flowc.gen.airflow.capabilities import is_fused
from flowc.gen.airflow.params import params
from flowc.gen.airflow.policies import AirflowPolicies
from flowc.gen.capabilities import asks, grows, is_mapped, rounds_at_once
from flowc.gen.python.blocks import block_options
from flowc.gen.python.imports import Imports
from flowc.gen.python.layout import INDENT, WIDTH, Atom, Bracketed, Doc, Named, call, statement
from flowc.gen.python.module import FlowWriter
from flowc.gen.python.names import Names
from flowc.gen.python.prose import comment
from flowc.gen.python.symbols import Symbol
from flowc.gen.python.texts import text_doc
from flowc.ir.nodes import (
    Block,
    Branch,
    Disabled,
    Fork,
    Graph,
    Listener,
    Loop,
    Module,
    Step,
    Stored,
    Switch,
    Until,
    Wait,
    walk,
)
from flowc.ir.nodes import Group as GroupStep
from flowc.literal import literal
from flowrt.model.declare import ANY

HOME = "flowrt.targets.airflow"
STEP, GROUP, CHOICE, JOIN = (Symbol(HOME, name) for name in ("Step", "Group", "Choice", "Join"))
HANDLER, LAST, END = (Symbol(HOME, name) for name in ("Handler", "Last", "End"))
LISTENER = Symbol(HOME, "Listener")
FINISH, VERDICT = Symbol(HOME, "Finish"), Symbol(HOME, "Verdict")
BODY, VALUES = Symbol(HOME, "Body"), Symbol(HOME, "Values")
ROUNDS, TURNS, PASSES = (Symbol(f"{HOME}.loops", name) for name in ("Rounds", "Turns", "Passes"))
_TASK_GROUP = Symbol("airflow.sdk", "TaskGroup")
_ASK = Symbol("airflow.providers.standard.operators.hitl", "HITLOperator")
_CHAIN, _RULE = Symbol("airflow.sdk", "chain"), Symbol("airflow.sdk", "TriggerRule")


class Placed(NamedTuple):
    """A step in the DAG: the variable that edges name, the id by which a choice names it."""

    name: str
    id: str


class Inside(NamedTuple):
    """What stands in the group of a block: its lines, and the variables that its main list ends with."""

    lines: list[str]
    ends: list[str]


class DagWriter:
    """Writes what stands in the DAG. Blocks that run as one step are declared before it, by the writer of the flow."""

    def __init__(
        self,
        module: Module,
        writer: FlowWriter,
        imports: Imports,
        names: Names,
        steps: dict[int, str],
    ) -> None:
        self._module = module
        self._writer = writer
        self._imports = imports
        self._names = names
        self._steps = steps
        self._policies = AirflowPolicies(imports)
        self._outlined: list[Loop | Until] = []
        self._ids = {step.id for step in walk(module)}

    def _beside(self, step: Step, what: str) -> str:
        """The id of a task that stands beside a step: of none that the flow itself has."""
        return self._apart(f"{step.id}__{what}")

    def _apart(self, id: str) -> str:
        while id in self._ids:
            id += "_"
        return id

    def _closing(self, name: str, operator: Symbol, *more: str) -> str:
        """One of the tasks that a DAG ends with, under the name that they know unless the flow has it."""
        told = [f"task_id={literal(self._apart(name))}"] if name in self._ids else []
        return f"{self._imports.add(operator)}({', '.join([*told, *more])})"

    def body(self) -> list[str]:
        """The operators and their edges, at the depth of the DAG."""
        module = self._module
        lines, main = self._list(module.tasks, INDENT)
        lines += self._chain([each.name for each in main], INDENT)
        last = [main[-1].name] if main else []
        ends = list(last)
        if module.errors is not None and module.errors.steps and main:
            lines += [""]
            lines += self._handlers(module.errors, [each.name for each in main], INDENT, ends)
        if module.finally_ is not None and module.finally_.steps:
            lines += [""]
            extra: list[Doc] = [Named("role=", Atom('"finally"')), self._all_done()]
            more, found = self._list(module.finally_, INDENT, extra)
            lines += more
            lines += self._edge(ends, [found[0].name], INDENT)
            lines += self._chain([each.name for each in found], INDENT)
            ends = [found[-1].name]
        lines += ["", *self._end(ends)]
        return lines

    def _end(self, ends: list[str]) -> list[str]:
        module = self._module
        lines: list[str] = []
        following: list[Placed] = []
        for listener in module.listeners:
            lines += self._listener(listener, following)
        if module.after_execution is not None:
            extra: list[Doc] = [Named("role=", Atom('"after"')), self._all_done()]
            more, found = self._list(module.after_execution, INDENT, extra)
            lines += more
            following += found
        name = self._names.give("finish")
        told = ["verdict=False"] if following else []
        finish = self._closing("finish", FINISH, *told)
        head = [f"{INDENT}{name} = {finish}", *self._edge(ends, [name], INDENT), *lines]
        if not following:
            return head
        verdict = self._names.give("verdict")
        chain = [name, *(each.name for each in following), verdict]
        return [
            *head,
            f"{INDENT}{verdict} = {self._closing('verdict', VERDICT)}",
            *self._chain(chain, INDENT),
        ]

    def _listener(self, listener: Listener, following: list[Placed]) -> list[str]:
        """The tasks of a listener, which all look at its conditions."""
        lines: list[str] = []
        extra: list[Doc] = []
        if listener.conditions and listener.body.steps:
            name = self._names.give("conditions")
            given = [self._writer.values.doc(each, ANY, "listener") for each in listener.conditions]
            lines += statement(f"{name} = ", Bracketed("[", given, "]"), INDENT)
            extra.append(Named("conditions=", Atom(name)))
        more, found = self._list(listener.body, INDENT, extra, LISTENER)
        following += found
        return [*lines, *more]

    def _all_done(self) -> Doc:
        return Named("trigger_rule=", Atom(f"{self._imports.add(_RULE)}.ALL_DONE"))

    def _handlers(self, block: Block, before: list[str], indent: str, ends: list[str]) -> list[str]:
        """What runs when a main list has failed; the last of it is one more end."""
        lines: list[str] = []
        found = []
        for number, step in enumerate(block.steps):
            # a handler that fails stops no other
            extra = [self._all_done()] if number else []
            more, placed = self._step(step, indent, extra, HANDLER)
            lines += more
            found.append(placed.name)
        ends.append(found[-1])
        return [*lines, *self._edge(before, found, indent), *self._chain(found, indent)]

    def bodies(self) -> list[str]:
        """The DAGs of the loops, each before those of the loops in it."""
        lines: list[str] = []
        waiting, self._outlined = self._outlined, []
        while waiting:
            step = waiting.pop(0)
            name = self._steps[id(step)]
            head = call(self._imports.add(BODY), [self._body_id(step), Named("loop=", Atom(name))])
            opening = statement("with ", head)
            body = self._listed(step, step.body, INDENT).lines
            lines += ["", *opening[:-1], f"{opening[-1]}:", *body]
            waiting, self._outlined = [*self._outlined, *waiting], []
        return lines

    def _body_id(self, step: Step) -> Doc:
        return Atom(literal(body_name(self._module, step)))

    # ---- steps ----------------------------------------------------------------------------------------------------

    def _list(
        self, block: Block, indent: str, extra: Iterable[Doc] = (), operator: Symbol = STEP
    ) -> tuple[list[str], list[Placed]]:
        lines: list[str] = []
        placed = []
        for entry in block.entries:
            if isinstance(entry, Disabled):
                lines += comment([*entry.comments, f"disabled: {entry.id}"], indent, WIDTH)
                continue
            more, found = self._step(entry, indent, extra, operator)
            lines += more
            placed.append(found)
        lines += comment(block.comments, indent, WIDTH)
        return lines, placed

    def _step(
        self, step: Step, indent: str, extra: Iterable[Doc] = (), operator: Symbol = STEP
    ) -> tuple[list[str], Placed]:
        name = self._steps[id(step)]
        below = list(step.body_blocks())
        extra = list(extra)
        if isinstance(step, Wait) and step.on_pause is not None and not step.body.entries:
            # an argument of the declaration, so it must be there before
            self._writer.blocks.step(step.on_pause)
        if isinstance(step, Wait) and asks(step) and operator is STEP and not extra:
            return self._pause(step, name, indent)
        if not any(block.entries for _, block in below) and not (step.errors or step.finally_):
            taken = self._policies.of(step)
            declared = self._writer.values.declaration(step, name, without=taken.keys)
            told = [Named("task=", declared), *_told("doc_md=", step), *taken.options, *extra]
            made = call(self._imports.add(operator), told)
            lines = comment(step.comments, indent, WIDTH)
            lines += statement(f"{name} = ", made, indent)
            return lines, Placed(name, step.id)
        if extra or operator is not STEP or is_fused(step) or _does_nothing(step):
            return self._fused(step, name, indent, extra, operator)
        return self._group(step, name, indent)

    def _fused(
        self, step: Step, name: str, indent: str, extra: list[Doc], operator: Symbol
    ) -> tuple[list[str], Placed]:
        self._writer.blocks.step(step)
        variable = self._names.give(f"run_{name}")
        made = call(self._imports.add(operator), [Named("task=", Atom(name)), *extra])
        return statement(f"{variable} = ", made, indent), Placed(variable, step.id)

    def _pause(self, step: Wait, name: str, indent: str) -> tuple[list[str], Placed]:
        """A task that asks somebody, and the step that goes on with the answer."""
        group, ask = self._names.give(f"{name}_pause"), self._names.give(f"{name}_ask")
        asked = self._beside(step, "ask")
        declared: Doc = self._writer.values.declaration(step, name)
        described = _told("doc_md=", step)
        if any(block.entries for _, block in step.blocks()):
            self._writer.blocks.step(step)
            declared, name = Atom(name), self._names.give(f"run_{name}")
            described = []  # its declaration has it
        inner = indent + INDENT
        form: list[Doc] = [
            Named("task_id=", Atom(literal(asked))),
            Named("subject=", text_doc(f"Resume {step.id}?")),
            Named("options=", Atom('["Resume"]')),
        ]
        if step.inputs:
            # a form has no value before somebody answers; the step refuses what is missing
            form.append(Named("params=", params(step.inputs, self._imports, optional=True)))
        answer = Named("answer=", Atom(literal(asked)))
        resumed = call(self._imports.add(STEP), [Named("task=", declared), *described, answer])
        head = call(
            self._imports.add(_TASK_GROUP),
            [Atom(literal(self._beside(step, "pause"))), Named("prefix_group_id=", Atom("False"))],
        )
        lines = [*comment(step.comments, indent, WIDTH), *statement("with ", head, indent)]
        lines[-1] += f" as {group}:"
        lines += statement(f"{ask} = ", call(self._imports.add(_ASK), form), inner)
        lines += statement(f"{name} = ", resumed, inner)
        lines += self._chain([ask, name], inner)
        return lines, Placed(group, asked)

    def _group(self, step: Step, name: str, indent: str) -> tuple[list[str], Placed]:
        declared = self._writer.values.declaration(step, name)
        told = [declared, *_told("tooltip=", step), *block_options(step)]
        head = call(self._imports.add(GROUP), told)
        lines = comment(step.comments, indent, WIDTH)
        first, *rest = statement("with ", head, indent)
        opening = [first, *rest]
        opening[-1] += f" as {name}:"
        inner = indent + INDENT
        if isinstance(step, Branch | Switch):
            inside = self._choice(step, name, inner)
        elif isinstance(step, Loop) and grows(step):
            inside = self._started(step, TURNS, f"{name}_turns", self._beside(step, "turns"), inner)
        elif isinstance(step, Loop):
            inside = self._loop(step, name, inner)
        elif isinstance(step, Until):
            inside = self._started(
                step, PASSES, f"{name}_passes", self._beside(step, "passes"), inner
            )
        else:
            assert isinstance(step, Fork | Graph | GroupStep | Stored)
            inside = self._listed(step, step.body, inner)
        body = inside.lines
        if step.errors is not None or step.finally_ is not None:
            body += self._handled(step, name, inside, inner)
        return [*lines, *opening, *body], Placed(name, step.id)

    def _listed(self, step: Step, block: Block, indent: str) -> Inside:
        """The steps of a block, one after the other or as it has them at the same time."""
        lines, placed = self._list(block, indent)
        names = [each.name for each in placed]
        if not placed:
            join = self._names.give(f"{self._steps[id(step)]}_join")
            return Inside([*lines, *self._join(step, join, indent)], [join])
        if isinstance(step, Graph):
            return Inside([*lines, *self._graph(step, placed, indent)], names)
        if isinstance(step, Fork) or (isinstance(step, Loop) and step.spread):
            return Inside(lines, names)
        return Inside([*lines, *self._chain(names, indent)], names[-1:])

    def _join(self, step: Step, name: str, indent: str) -> list[str]:
        return self._made(name, JOIN, self._beside(step, "join"), indent)

    def _made(self, name: str, operator: Symbol, task_id: str, indent: str) -> list[str]:
        """An operator that needs no more than its id."""
        told = [Named("task_id=", Atom(literal(task_id)))]
        return statement(f"{name} = ", call(self._imports.add(operator), told), indent)

    def _handled(self, step: Step, name: str, inside: Inside, indent: str) -> list[str]:
        """The handlers of a block, and where it ends, which is as its main list did."""
        lines: list[str] = []
        ends = list(inside.ends)
        if step.errors is not None and step.errors.steps:
            lines += self._handlers(step.errors, inside.ends, indent, ends)
        if step.finally_ is not None and step.finally_.steps:
            more, placed = self._list(step.finally_, indent, operator=LAST)
            last = [each.name for each in placed]
            lines += [*more, *self._edge(ends, last, indent), *self._chain(last, indent)]
            ends = last[-1:]
        end = self._names.give(f"{name}_end")
        lines += self._made(end, END, self._beside(step, "end"), indent)
        return [*lines, *self._edge(ends, [end], indent)]

    def _graph(self, step: Graph, placed: list[Placed], indent: str) -> list[str]:
        names = {each.id: each.name for each in placed}
        lines = []
        for after, before in step.after:
            others = [names[each] for each in before if each in names]
            if after in names and others:
                lines += self._edge(others, [names[after]], indent)
        return lines

    def _choice(self, step: Branch | Switch, name: str, indent: str) -> Inside:
        choice, join = self._names.give(f"{name}_choice"), self._names.give(f"{name}_join")
        lists = self._cases(step)
        lines: list[str] = []
        chains: list[list[str]] = []
        pairs: list[Doc] = []
        for key, block in lists:
            more, placed = self._list(block, indent) if block is not None else ([], [])
            lines += more
            chains.append([choice, *(each.name for each in placed), join])
            first = placed[0].id if placed else self._beside(step, "join")
            pairs.append(Named(f"{key}: ", Atom(f"[{literal(first)}]")))
        made = call(
            self._imports.add(CHOICE),
            [
                Named("task_id=", Atom(literal(self._beside(step, "choice")))),
                Named("cases=", Bracketed("{", pairs, "}")),
            ],
        )
        head = [*statement(f"{choice} = ", made, indent), *lines]
        head += self._join(step, join, indent)
        for chain in chains:
            if len(chain) > 2:
                head += self._chain(chain, indent)
        # the join hears of the choice itself too: so it tells a list that was not chosen from a block never entered
        head += [f"{indent}{choice} >> {join}"]
        return Inside(head, [join])

    def _loop(self, step: Loop, name: str, indent: str) -> Inside:
        """A step for each value, or a run of the body. Where there is no value, its handlers or a join go on."""
        values = self._names.give(f"{name}_values")
        if is_mapped(step):
            [only] = step.body.steps
            taken = self._policies.of(only)
            self._writer.blocks.step(only, without=taken.keys)
            operator, variable, task_id = STEP, f"each_{self._steps[id(only)]}", only.id
            options = [*taken.options]
        else:
            self._outlined.append(step)
            operator, variable, task_id = ROUNDS, f"{name}_rounds", self._beside(step, "rounds")
            options = [Named("trigger_dag_id=", self._body_id(step))]
        limit = rounds_at_once(step)
        if limit:
            options.append(Named("max_active_tis_per_dagrun=", Atom(str(limit))))
        mapped = self._names.give(variable)
        lines = self._made(values, VALUES, self._beside(step, "values"), indent)
        options = [Named("task_id=", Atom(literal(task_id))), *options]
        lines += self._expanded(mapped, operator, options, f"{values}.output", indent)
        inside = Inside(lines, [values, mapped])
        if step.errors is None and step.finally_ is None:
            join = self._names.give(f"{name}_join")
            lines += self._join(step, join, indent)
            lines += self._edge(inside.ends, [join], indent)
        return inside

    def _expanded(
        self, name: str, operator: Symbol, options: list[Doc], items: str, indent: str
    ) -> list[str]:
        partial = f"{self._imports.add(operator)}.partial"
        expand = f".expand(item={items})"
        lines = statement(f"{name} = ", call(partial, options), indent)
        lines[-1] += expand
        if len(lines[-1]) > WIDTH:
            _, *rest = call("", options).lines(indent, 1)
            lines = [f"{indent}{name} = {partial}(", *rest[:-1], f"{indent}){expand}"]
        return lines

    def _started(
        self, step: Loop | Until, operator: Symbol, variable: str, task_id: str, indent: str
    ) -> Inside:
        """An operator that starts the runs of a body, one after the other."""
        self._outlined.append(step)
        name = self._names.give(variable)
        options: list[Doc] = [Named("task_id=", Atom(literal(task_id)))]
        options.append(Named("trigger_dag_id=", self._body_id(step)))
        made = call(self._imports.add(operator), options)
        return Inside(statement(f"{name} = ", made, indent), [name])

    def _cases(self, step: Branch | Switch) -> list[tuple[str, Block | None]]:
        if isinstance(step, Branch):
            return [("True", step.then), ("False", step.orelse)]
        found: list[tuple[str, Block | None]] = [
            (literal(text), block) for text, block in step.cases or ()
        ]
        return [*found, ("None", step.default)] if step.default is not None else found

    # ---- edges ----------------------------------------------------------------------------------------------------

    def _chain(self, names: list[str], indent: str) -> list[str]:
        if len(names) < 2:
            return []
        line = f"{indent}{' >> '.join(names)}"
        if len(line) <= WIDTH:
            return [line]
        return statement("", call(self._imports.add(_CHAIN), map(Atom, names)), indent)

    def _edge(self, before: list[str], after: list[str], indent: str) -> list[str]:
        if not before:
            return []
        left = before[0] if len(before) == 1 else Bracketed("[", list(map(Atom, before)), "]")
        if isinstance(left, str):
            return [f"{indent}{left} >> {after[0]}"]
        lines = statement("", left, indent)
        lines[-1] += f" >> {after[0]}"
        return lines


def _does_nothing(step: Step) -> bool:
    """Whether all tasks of a block are disabled: a group of operators would have none that leaves its task run."""
    return isinstance(step, Fork | Graph | GroupStep | Stored) and not step.body.steps


def _told(option: str, step: Step) -> list[Doc]:
    """The description of a step, where Airflow shows it."""
    text = (step.description or "").strip()
    return [Named(option, text_doc(text))] if text else []


def body_name(module: Module, step: Step) -> str:
    """What the DAG for the body of a loop is called."""
    return f"{module.full_name}__{step.id}"


def dag_names(module: Module) -> Iterator[str]:
    """What the DAGs of a flow are called: its own, and one for each loop that may have one."""
    yield module.full_name
    yield from (body_name(module, step) for step in walk(module) if isinstance(step, Loop | Until))
