"""Which changes can be made to the rules, and which of them change nothing. The changes are those of cosmic-ray."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import unified_diff
from functools import cache
from itertools import pairwise
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

Position = tuple[int, int]
"""Line, from 1, and column."""

SAME = {
    ("", " is None", " == None"): "nothing here says of itself that it equals None",
    ("", " is not None", " != None"): "nothing here says of itself that it equals None",
    ("", "GrowingMap(1", "GrowingMap(2"): "the table of a map has two places from its first key on",
    ("engine/frames.py", "role == MAIN", "role <= MAIN"): "no list comes before the main one",
    ("", "type(value) is int", "type(value) == int"): "types are equal to themselves alone",
    (
        "engine/outputs.py",
        "version == self.version",
        "version > self.version",
    ): "built anew it is the same",
    (
        "engine/outputs.py",
        "version == self.version",
        "version >= self.version",
    ): "none comes after the latest",
    (
        "engine/outputs.py",
        "version == self.version",
        "version is self.version",
    ): "built anew it is the same",
    (
        "engine/changing.py",
        "version == self.version",
        "version > self.version",
    ): "undoing nothing gives the same",
    (
        "engine/changing.py",
        "version == self.version",
        "version >= self.version",
    ): "none comes after the latest",
    (
        "engine/changing.py",
        "version == self.version",
        "version is self.version",
    ): "undoing nothing gives the same",
    (
        "engine/outputs.py",
        "self.version += 1",
        "self.version += 2",
    ): "versions only follow one another",
    (
        "engine/outputs.py",
        "self.version = 0",
        "self.version = 1",
    ): "versions only follow one another",
    (
        "engine/outputs.py",
        "self.version = 0",
        "self.version = -1",
    ): "versions only follow one another",
    (
        "",
        'sla.behavior == "',
        'sla.behavior is "',
    ): "a constant of the program, and there is one object of it",
    (
        "",
        'run_if == "true"',
        'run_if is "true"',
    ): "a constant of the program, and there is one object of it",
    (
        "",
        'condition != "true"',
        'condition is not "true"',
    ): "a constant of the program, and there is one object of it",
    (
        "",
        'task.restart_behavior != "RETRY_FAILED"',
        'task.restart_behavior is not "RETRY_FAILED"',
    ): "a constant of the program, and there is one object of it",
    ("", "history[at + 1", "history[at ^ 1"): "states stand at even places",
    ("", "history[at + 1", "history[at | 1"): "states stand at even places",
    ("engine/conditions.py", 'how == "SUFFIX"', 'how >= "SUFFIX"'): "it is the last of three words",
    (
        "control/",
        "concurrent: Integer = prop(INTEGER, default=0)",
        "concurrent: Integer = prop(INTEGER, default=-1)",
    ): "no limit is any below one",
    (
        "engine/executor.py",
        "self.execution.state == RETRYING else []",
        "self.execution.state >= RETRYING else []",
    ): "it is RETRYING or RETRIED there",
    (
        "engine/document.py",
        'key == "children"',
        'key <= "children"',
    ): "of the members that are lists it is the first",
    (
        "engine/document.py",
        'key == "children"',
        'key is "children"',
    ): "the names of members are constants, of which there is one object each",
    (
        "engine/host.py",
        "len(logs) < MOST_ERRORS",
        "len(logs) != MOST_ERRORS",
    ): "each record adds one",
    (
        "control/subflow.py",
        "executor.execution.depth() >= executor.host.deepest",
        "executor.execution.depth() == executor.host.deepest",
    ): "each start is one deeper",
    (
        "control/dag.py",
        "self._first < len(wants)",
        "self._first != len(wants)",
    ): "it ends at their number",
    (
        "control/dag.py",
        "self._first < len(wants)",
        "self._first is not len(wants)",
    ): "it ends at their number",
    (
        "control/loop_until.py",
        "range(0, len(history), 2)",
        "range(0, len(history), 1)",
    ): "no time is the name of a state",
    (
        "engine/assignments.py",
        "run.history is self.history",
        "run.history == self.history",
    ): "a history that was parted from has one more state",
    (
        "engine/executor.py",
        "if state == FAILED and retryable(run.task)",
        "if state >= FAILED and retryable(run.task)",
    ): "what has not failed is passed over when its turn comes",
    (
        "engine/executor.py",
        "if state == FAILED and retryable(run.task)",
        "if state <= FAILED and retryable(run.task)",
    ): "what has not failed is passed over when its turn comes",
    (
        "control/working_directory.py",
        "View(child, 0, self._seen)",
        "View(child, 1, self._seen)",
    ): "a folder says itself how often a child was tried",
    (
        "control/working_directory.py",
        "View(child, 0, self._seen)",
        "View(child, -1, self._seen)",
    ): "a folder says itself how often a child was tried",
    (
        "control/subflow.py",
        "found[0] if len(found) == 1",
        "found[-1] if len(found) == 1",
    ): "one is the first and the last",
    (
        "control/",
        "context_of(frame).integer(self.concurrent) or 0",
        "context_of(frame).integer(self.concurrent) or -1",
    ): "no limit is any below one",
    (
        "engine/takeup.py",
        "execution.outcome is execution",
        "execution.outcome == execution",
    ): "an execution is equal to itself alone",
    ("engine/lifecycle.py", "at is not own", "at != own"): "a run is equal to itself alone",
    ("engine/lifecycle.py", "at is not last", "at != last"): "a run is equal to itself alone",
    (
        "engine/lifecycle.py",
        "frame.block is block",
        "frame.block == block",
    ): "a block is equal to itself alone",
    (
        "engine/turns.py",
        "self._host.turn == turn",
        "self._host.turn <= turn",
    ): "no turn comes after the latest",
    (
        "engine/retries.py",
        "made >= policy.max_attempts",
        "made == policy.max_attempts",
    ): "each execution adds one",
    (
        "java/time/duration.py",
        "fraction > 0",
        "fraction != 0",
    ): "the rest of a division is not negative",
    (
        "java/time/duration.py",
        "effective < 0",
        "effective < 1",
    ): "only hours and minutes have the sign",
    (
        "java/time/duration.py",
        "effective < 0",
        "effective < -1",
    ): "only hours and minutes have the sign",
}
"""Changes after which a rule is the same as before: module, what its line had and has; and why that is so."""

SINGLE = frozenset(
    {"GONE", "NONE", "MAIN", "ERRORS", "FINALLY", "AFTER", "LISTENER", "ASIDE", "NEW_EXECUTION"}
)
"""Names of small numbers, and of a word that programs hold as a constant. There is one object of each, so what equals one of
them is it."""
LEAST = frozenset({"GONE", "NONE", "CANCELLED", "NEW_EXECUTION"})
"""Before these no other list comes, and no other state or behavior in the order of texts."""
GREATEST = frozenset({"ASIDE", "WARNING"})
"""Behind these none comes."""
ALIKE = {
    "Eq_Is": SINGLE,
    "NotEq_IsNot": SINGLE,
    "Eq_LtE": LEAST,
    "NotEq_Gt": LEAST,
    "Eq_GtE": GREATEST,
    "NotEq_Lt": GREATEST,
}
"""Comparisons that say the same, where one of these names stands at the right."""


@dataclass(frozen=True)
class Change:
    """One thing that is different in one module."""

    path: Path
    module: str
    operator: str
    occurrence: int
    start: Position
    end: Position

    @property
    def name(self) -> str:
        """Says which change this is, for as long as the module stays as it is."""
        line, column = self.start
        kind = self.operator.partition("/")[2]
        return f"{self.module}:{line}:{column} {kind} {self.occurrence} {_digest(self.path)}"

    def text(self) -> str:
        """The whole module, changed."""
        changed = mutate_code(_text(self.path), get_operator(self.operator)(), self.occurrence)
        assert changed is not None, self
        return str(changed)

    def difference(self) -> str:
        """The lines that are gone and those that stand there now."""
        texts = (_text(self.path).splitlines(), self.text().splitlines())
        return "\n".join(line for line in list(unified_diff(*texts, n=0))[3:])

    def lines(self) -> Iterator[range]:
        """The lines that tell who reaches the change: its own, then those of ever larger parts of its statement."""
        yield range(self.start[0], self.end[0] + 1)
        around = [
            node
            for node in ast.walk(_tree(self.path))
            if isinstance(node, ast.expr) and _within(self.start, _span(node))
        ]
        for node in reversed(around):
            yield range(node.lineno, (node.end_lineno or node.lineno) + 1)

    def in_function(self) -> bool:
        """Whether it only changes what a function does when it is called."""
        return any(_within(self.start, span) for span in _bodies(self.path))


def changes(root: Path, modules: Iterable[str]) -> Iterator[Change]:
    """All changes of these modules and folders of modules, but for those that change nothing."""
    for place in modules:
        path = root / place
        for file in sorted(path.glob("*.py")) if path.is_dir() else [path]:
            for one in _of_module(file, file.relative_to(root).as_posix()):
                if not _changes_nothing(one):
                    yield one


def _of_module(path: Path, module: str) -> Iterator[Change]:
    nodes = list(ast_nodes(get_ast(_text(path))))
    for name in operator_names():
        kind = get_operator(name)
        if kind.arguments():
            continue
        places = (place for node in nodes for place in kind().mutation_positions(node))
        for occurrence, (start, end) in enumerate(places):
            yield Change(path, module, name, occurrence, tuple(start), tuple(end))


def _changes_nothing(change: Change) -> bool:
    """Whether it is where nothing is computed, or makes of a comparison one that says the same."""
    if any(_within(change.start, span) for span in _types(change.path)):
        return True
    alike = ALIKE.get(change.operator.rpartition("ReplaceComparisonOperator_")[2], frozenset())
    if any(name in alike and _within(change.start, span) for name, span in _named(change.path)):
        return True
    return "BinaryOperator" in change.operator and not any(
        _within(change.start, span) for span in _between(change.path)
    )


def same(change: Change) -> bool:
    """Whether a rule is known to be the same after a change."""
    line = _text(change.path).splitlines()[change.start[0] - 1]
    known = [
        after
        for module, before, after in SAME
        if module in change.module and before in line and after not in line
    ]
    if not known:
        return False
    changed = _plain(change.text().splitlines()[change.start[0] - 1])
    return any(_plain(after) in changed for after in known)


def _plain(line: str) -> str:
    """Without the blanks, of which cosmic-ray leaves more or less."""
    return line.replace(" ", "")


# ---- the text of a module, read once -------------------------------------------------------------------------------


@cache
def _text(path: Path) -> str:
    return path.read_text("utf-8")


@cache
def _digest(path: Path) -> str:
    return hashlib.sha256(_text(path).encode()).hexdigest()[:8]


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(_text(path))


Span = tuple[Position, Position]


@cache
def _bodies(path: Path) -> list[Span]:
    """Where the bodies of functions are."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = (node for node in ast.walk(_tree(path)) if isinstance(node, functions))
    return [(_span(node.body[0])[0], _span(node.body[-1])[1]) for node in nodes]


@cache
def _types(path: Path) -> list[Span]:
    """Where only type checkers read: annotations, which stay texts, imports for them, protocols."""
    found: list[ast.expr | ast.stmt] = []
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation:
            found.append(node.annotation)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns:
            found.append(node.returns)
        elif (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING") or (
            isinstance(node, ast.ClassDef) and "Protocol" in map(ast.unparse, node.bases)
        ):
            found.append(node)
    return [_span(node) for node in found]


@cache
def _between(path: Path) -> list[Span]:
    """Where operators stand between two values. Other stars are those of arguments, for which nothing else can stand."""
    found = []
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.BinOp):
            found.append((_span(node.left)[1], _span(node.right)[0]))
        elif isinstance(node, ast.AugAssign):
            found.append((_span(node.target)[1], _span(node.value)[0]))
    return found


@cache
def _named(path: Path) -> list[tuple[str, Span]]:
    """The names at the right of comparisons, and where the operators before them are."""
    found = []
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Compare):
            values = [node.left, *node.comparators]
            for left, right in pairwise(values):
                if isinstance(right, ast.Name):
                    found.append((right.id, (_span(left)[1], _span(right)[0])))
    return found


def _span(node: ast.expr | ast.stmt) -> Span:
    end = (node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)
    return (node.lineno, node.col_offset), end


def _within(place: Position, span: Span) -> bool:
    return span[0] <= place < span[1]
