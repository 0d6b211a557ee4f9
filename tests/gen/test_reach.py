"""What a program brings along is all that its runs come by: whatever the runtime imports while it works is among it."""

from __future__ import annotations

import builtins
import json
import lzma
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from running import modules_in

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "conformance")]

import harness  # noqa: E402
from run_expressions import decode, stock  # noqa: E402
from run_recorded import cases_of, spec_of  # noqa: E402

from flowc.driver import Sources, analyse, generate, load_program  # noqa: E402
from flowc.gen.python.vendor import needed_modules  # noqa: E402
from flowc.source import SourceFile  # noqa: E402
from flowrt.expr.context import Context  # noqa: E402
from flowrt.inputs.errors import InputError  # noqa: E402
from flowrt.java.errors import ExpressionError  # noqa: E402
from flowrt.verbs.options import RunOptions  # noqa: E402

RUNTIME = TESTS.parent / "runtime"
HANDLED = ("flowrt.engine.variables", "flowrt.java.time.temporal")
"""An import that may fail: the date is not asked for."""

Imports = set[tuple[str, str]]


@contextmanager
def imports_recorded() -> Iterator[Imports]:
    """Who imports what of the runtime inside of functions, by the names of modules."""
    found: Imports = set()
    real = builtins.__import__

    def record(
        name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0
    ) -> Any:
        importer = (globals or {}).get("__name__", "")
        within = sys._getframe(1).f_code.co_name != "<module>"
        if within and name.startswith("flowrt") and importer.startswith("flowrt"):
            found.update((importer, each) for each in _modules(name, fromlist or ()))
        return real(name, globals, locals, fromlist, level)

    builtins.__import__ = record
    try:
        yield found
    finally:
        builtins.__import__ = real


def _modules(name: str, imported: Any) -> Iterator[str]:
    yield name
    for each in imported:
        path = RUNTIME / name.replace(".", "/") / each
        if path.with_suffix(".py").is_file() or (path / "__init__.py").is_file():
            yield f"{name}.{each}"


def missing(found: Imports, texts: dict[str, str]) -> Imports:
    """What modules that come along have imported of those that do not."""
    present = modules_in(texts)
    return {
        (importer, module)
        for importer, module in found
        if importer in present and module not in present and (importer, module) != HANDLED
    }


def test_imports_are_seen() -> None:
    from flowrt.expr.attributes import member

    with imports_recorded() as found:
        assert member("abc", "length") == 3
    assert ("flowrt.expr.attributes", "flowrt.expr.members") in found
    texts = needed_modules(["from flowrt.expressions import expr\nf = lambda v: v['flow']['id']\n"])
    assert missing(found, texts) == {("flowrt.expr.attributes", "flowrt.expr.members")}


CASES = [case for case in cases_of(TESTS / "conformance" / "corpus") if "parallel" not in case.name]


class Program(harness.Harness):
    """A case that runs as a program does without a store."""

    def options(self, given: dict[str, Any]) -> RunOptions:
        options = super().options(given)
        options.store = None
        return options


@pytest.mark.parametrize("part", range(3))
def test_flows_have_all_that_they_come_by(
    part: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources: list[str] = []

    def load(source: str, name: str) -> Any:
        sources.append(source)
        return load_program(source, name)

    monkeypatch.setattr(harness, "load_program", load)
    ran = 0
    for case in CASES[part::3]:
        spec = spec_of(case)
        program = Program(case, spec, tmp_path, globals={}, url="http://127.0.0.1:18888/")
        if spec.get("actions") or spec.get("http"):
            continue
        try:
            program.compile()
        except harness.Refused:
            continue
        with imports_recorded() as found:
            try:
                program.alone(spec)
            except InputError:
                pass
        parts = ["files"] if spec.get("kv") or spec.get("namespace_files") else []
        parts += ["inputs"] if spec.get("inputs") else []
        assert missing(found, needed_modules([sources[-1]], parts)) == set(), case.name
        ran += 1
    assert ran > 10


EXPRESSIONS = [
    case
    for line in lzma.decompress(
        (TESTS / "recorded" / "expressions.jsonl.xz").read_bytes()
    ).splitlines()
    if isinstance((case := json.loads(line))["template"], str) and "property" not in case
]


@pytest.mark.parametrize("part", range(4))
def test_expressions_have_all_that_they_come_by(part: int) -> None:
    ran = 0
    for case in EXPRESSIONS[part::40]:
        task = {"id": "t", "type": "io.kestra.plugin.core.log.Log", "message": case["template"]}
        flow = yaml.safe_dump({"id": "f", "namespace": "n.m", "tasks": [task]})
        result = analyse(Sources(SourceFile("flow.yaml", flow), (), ()))
        if result.program is None:
            continue
        source = generate(result.program, formatted=False)
        message: Any = vars(load_program(source, "flow.py").declared["t"])["message"]
        if isinstance(message, str):
            continue
        v = Context(decode(case["variables"]), stock(case.get("secrets", {})))
        with imports_recorded() as found:
            try:
                message.text(v)
            except ExpressionError:
                pass
        assert missing(found, needed_modules([source])) == set(), case["id"]
        ran += 1
    assert ran > 50
