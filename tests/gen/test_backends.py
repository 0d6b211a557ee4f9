"""The seam of the back ends: one that knows nothing but the intermediate form can be written."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowc.driver import Sources, analyse
from flowc.gen.backends import TARGETS, Backend, Request, Written, backend
from flowc.ir.nodes import Block, Branch, Call, Const, Expr, Loop, Step, Value
from flowc.source import SourceFile

FLOW = """
id: f
namespace: a.b
tasks:
  - {id: first, type: io.kestra.plugin.core.log.Log, message: hi}
  - id: each
    type: io.kestra.plugin.core.flow.ForEach
    values: "{{ inputs.x }}"
    concurrencyLimit: 2
    tasks:
      - id: check
        type: io.kestra.plugin.core.flow.If
        condition: "{{ taskrun.value == 'a' }}"
        then:
          - {id: say, type: io.kestra.plugin.core.log.Log, message: "{{ taskrun.value }}"}
"""


class Outline:
    """Writes a flow as an indented list."""

    suffix = ".txt"

    def stem(self, name: str) -> str:
        return name

    def write(self, request: Request) -> Written:
        lines: list[str] = []
        self._block(request.program.main.tasks, 0, lines)
        return Written({request.output: "\n".join(lines)})

    def _block(self, block: Block, depth: int, lines: list[str]) -> None:
        for step in block.steps:
            lines.append("  " * depth + self._line(step))
            for _, inner in step.blocks():
                self._block(inner, depth + 1, lines)

    def _line(self, step: Step) -> str:
        match step:
            case Loop():
                limit = step.limit.value if step.limit else None
                return f"for each of {_text(step.values.value)}, {_text(limit)} at once"
            case Branch():
                return f"if {_text(step.condition.value)}"
            case Call():
                return f"{step.type.rpartition('.')[2]} {_text(step.get('message'))}"
        raise AssertionError(step)


def _text(value: Value | None) -> str:
    if isinstance(value, Expr):
        return " ".join(".".join(each.path) for each in value.tree.references)
    return str(value.value) if isinstance(value, Const) else "?"


def test_another_back_end() -> None:
    target: Backend = Outline()
    program = analyse(Sources(SourceFile("flow.yaml", FLOW))).require()
    (text,) = target.write(Request(program, Path("x.txt"), {})).files.values()
    assert text == (
        "Log hi\nfor each of inputs.x, 2 at once\n  if taskrun.value\n    Log taskrun.value"
    )


@pytest.mark.parametrize("name", TARGETS)
def test_every_target_is_there(name: str) -> None:
    found = backend(name)
    program = analyse(Sources(SourceFile("flow.yaml", FLOW))).require()
    assert found.write(Request(program, Path("-"), {})).files


def test_names_of_the_runtime_stand_in_one_back_end_alone() -> None:
    """No stage before the back end holds Python text: classes are asked for their traits, never named."""
    root = Path(__file__).parents[2] / "compiler" / "flowc"
    for folder in ("ir", "lower", "link", "sema"):
        for path in sorted((root / folder).glob("*.py")):
            text = path.read_text("utf-8")
            assert "flowc.gen" not in text, path
            assert "flowrt.control" not in text and "lambda v:" not in text, path
