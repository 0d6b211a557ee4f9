"""Imports of the runtime run one way: from a room only into those that stand in its row.

Every import counts: those inside functions and those for type checkers too, and the names of modules in tables of
texts. A room is a folder of `flowrt`; the rows stand in `docs/architecture.md` in words.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

RUNTIME = Path(__file__).resolve().parents[1] / "runtime" / "flowrt"

_OF_TASKS = frozenset(
    {
        "expr",
        "formats",
        "http",
        "java",
        "jq",
        "missing",
        "model",
        "packages",
        "scripting",
        "services",
    }
)

ROOMS: dict[str, frozenset[str]] = {
    "java": frozenset(),
    "packages": frozenset(),
    "missing": frozenset({"java"}),
    "formats": frozenset({"java", "missing", "packages"}),
    "jq": frozenset({"formats", "java"}),
    "http": frozenset({"java"}),
    "expr": frozenset({"formats", "http", "java", "jq", "missing", "packages"}),
    "model": frozenset({"expr", "java"}),
    "services": frozenset({"expr", "formats", "java", "missing", "model", "packages"}),
    "inputs": frozenset({"expr", "formats", "java", "missing", "model", "packages", "services"}),
    "engine": frozenset({"expr", "formats", "inputs", "java", "missing", "model", "services"}),
    "worker": frozenset({"engine", "expr", "formats", "java", "model", "services"}),
    "clusters": frozenset({"engine", "inputs", "missing", "model", "packages", "worker"}),
    "scripting": frozenset({"expr", "formats", "java", "model", "services"}),
    "tasks": _OF_TASKS,
    "control": frozenset(
        {"engine", "expr", "formats", "inputs", "java", "model", "services", "worker"}
    ),
    "store": frozenset({"engine", "inputs", "java", "missing", "model", "packages", "services"}),
    "plugins": _OF_TASKS | {"tasks"},
    "catalog": frozenset({"control", "model", "plugins", "tasks"}),
    "verbs": frozenset(
        {
            "catalog",
            "control",
            "engine",
            "expr",
            "inputs",
            "missing",
            "model",
            "services",
            "store",
            "worker",
        }
    ),
    "conduct": frozenset({"control", "engine", "model", "verbs", "worker"}),
    "targets": frozenset(
        {"conduct", "control", "engine", "inputs", "model", "program", "verbs", "worker"}
    ),
    "program": frozenset(
        {
            "engine",
            "formats",
            "inputs",
            "java",
            "missing",
            "model",
            "packages",
            "services",
            "store",
            "verbs",
            "worker",
        }
    ),
}
"""Room (a folder, or a module beside them) → the rooms it may import, itself apart."""

FACES = ("__init__.py", "expressions.py", "tasks/__init__.py")
"""What generated modules import from; they only say where each name lives."""

SEAM = "expr/render.py"
"""The one module that reaches the compiler: texts that exist only when a flow runs are compiled then."""


_MODULE = re.compile(r"\A(?:flowrt|flowc)(?:\.\w+)+\Z")


def imports(source: str) -> Iterator[str]:
    """Names of modules of this project that a source imports, in whatever way."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports name their module in full"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _MODULE.findall(node.value)


def forbidden(room: str, path: str, source: str) -> list[str]:
    """The imports of a module of a room that lead where they must not."""
    found = []
    for name in imports(source):
        package, _, rest = name.partition(".")
        if (package == "flowc" and path != SEAM) or (
            package == "flowrt" and rest.partition(".")[0] not in ROOMS[room] | {room}
        ):
            found.append(name)
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_imports_of_a_room_lead_down(room: str) -> None:
    wrong = [
        f"{path.relative_to(RUNTIME)}: {name}"
        for path in [*(RUNTIME / room).rglob("*.py"), *RUNTIME.glob(f"{room}.py")]
        if path.relative_to(RUNTIME).as_posix() not in FACES
        for name in forbidden(room, path.relative_to(RUNTIME).as_posix(), path.read_text("utf-8"))
    ]
    assert not wrong


def test_every_module_is_in_a_room() -> None:
    outside = [
        path.relative_to(RUNTIME).as_posix()
        for path in RUNTIME.rglob("*.py")
        if path.relative_to(RUNTIME).with_suffix("").parts[0] not in ROOMS
    ]
    assert sorted(outside) == sorted(set(FACES) - {"tasks/__init__.py"})


def test_rows_hold_no_circle() -> None:
    settled: set[str] = set()
    while len(settled) < len(ROOMS):
        free = {room for room, below in ROOMS.items() if below <= settled} - settled
        assert free, f"a circle among {sorted(ROOMS.keys() - settled)}"
        settled |= free


def test_modules_of_rooms_form_no_circle() -> None:
    """Within a room, too: each module can be read knowing those that it imports, and no more."""
    paths = {
        ".".join(path.relative_to(RUNTIME.parent).with_suffix("").parts): path
        for room in ROOMS
        for path in [*(RUNTIME / room).rglob("*.py"), *RUNTIME.glob(f"{room}.py")]
    }
    below = {
        name: {
            found
            for imported in imports(path.read_text("utf-8"))
            for found in (imported, imported.rpartition(".")[0])
            if found in paths and found != name
        }
        for name, path in paths.items()
    }
    settled: set[str] = set()
    while len(settled) < len(below):
        free = {name for name, needed in below.items() if needed <= settled} - settled
        assert free, f"a circle among {sorted(below.keys() - settled)}"
        settled |= free


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("java", "from flowrt.expr.ops import eq"),
        ("java", "def f():\n    import flowrt.jq"),
        (
            "formats",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from flowrt.jq import run",
        ),
        ("expr", "TABLE = {'kv': 'flowrt.services.keyvalues'}"),
        ("expr", "from flowc.expr.api import load"),
    ],
)
def test_an_import_upwards_is_seen(room: str, source: str) -> None:
    assert forbidden(room, f"{room}/module.py", source)
