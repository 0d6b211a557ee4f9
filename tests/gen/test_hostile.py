"""Texts of users stay texts: whatever they hold, the module has the shape that harmless texts give it."""

from __future__ import annotations

import ast
import builtins
import random
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest

from flowc.diag.model import Sink
from flowc.front import model
from flowc.front.comments import Comments
from flowc.front.nodes import Mapping, Scalar, Sequence
from flowc.gen.python.finish import format_source
from flowc.gen.python.guard import guard
from flowc.gen.python.module import Options, emit_alone
from flowc.gen.python.prose import comment, docstring
from flowc.ir.verify import verify
from flowc.link.program import Program
from flowc.lower import lower_flow
from flowc.source import SourceFile, Span
from flowrt.control.if_ import If
from flowrt.control.switch import Switch
from flowrt.tasks.log import Log
from flowrt.tasks.output import OutputValues

NASTY = (
    *(
        '"',
        "'",
        '"""',
        "'''",
        "\\",
        "\\\\",
        '\\"',
        "\\'",
        '"""\\',
        "\n",
        "\r",
        "\r\n",
        "\f",
        "\v",
        "\t",
        "\0",
    ),
    *(
        "\x1c",
        "\x1d",
        "\x1e",
        "\x1f",
        "\x7f",
        "\x85",
        "\xa0",
        "\u200b",
        "\u202e",
        "\u2028",
        "\u2029",
        "\ufeff",
    ),
    *(
        "\ud800",
        "\udfff",
        "\U0001f600",
        "\U000e0001",
        "é",
        "#",
        "# type: ignore",
        "# noqa",
        "# fmt: off",
        "}",
        "{",
    ),
    *(
        "/// script",
        "# /// script",
        "# ///",
        "dependencies = ['evil']",
        "coding: latin-1",
        "-*- coding: x -*-",
    ),
    *(
        "evil()",
        "__import__('os').system('x')",
        "\nevil()\n",
        '"""\nevil()\n"""',
        "'''+str(evil())+'''",
    ),
    *(
        '")\nevil()\n("',
        "\\N{DASH}",
        "\\x41",
        "\\u0041",
        "%s",
        "{0}",
        "{evil()}",
        "${x}",
        "f'{evil()}'",
        " ",
        "a",
    ),
    *(
        "else:",
        "import os",
        "def evil(): pass",
        "@evil",
        "lambda: evil()",
        "*evil",
        "**evil",
        "!",
        "$",
        "`x`",
    ),
)
BATCH = 250
BATCHES = 40


def _texts(seed: int) -> Iterator[str]:
    """Nasty pieces joined at random."""
    chance = random.Random(seed)
    while True:
        yield "".join(chance.choices(NASTY, k=chance.randint(1, 6)))


class _Builder:
    """A flow with texts in all places that have any."""

    def __init__(self, texts: Iterator[str]) -> None:
        self.texts = texts
        self.used: list[str] = []
        self.file = SourceFile(self.text(), "x" * 10)
        self.span = Span(self.file, 1, 2)

    def text(self) -> str:
        text = next(self.texts)
        self.used.append(text)
        return text

    def prose(self) -> str:
        return f"x{self.text()}"

    def scalar(self, text: str) -> Scalar:
        return Scalar(text, self.span)

    def plain(self) -> Scalar:
        """A text without expressions."""
        return self.scalar(self.text().replace("{", "("))

    def task(self, cls: type[Any], properties: dict[str, Any], **children: Any) -> model.Task:
        return model.Task(
            id=f"{self.text()}{len(self.used)}",
            type=cls.type_name,
            cls=cls,
            span=self.span,
            properties=properties,
            children=children,
            description=self.prose(),
        )

    def flow(self) -> model.Flow:
        tasks = []
        while len(self.used) < BATCH:
            items = Sequence((self.plain(), self.plain()), self.span)
            table = Mapping(((self.plain(), self.plain()), (self.plain(), items)), self.span)
            log = self.task(Log, {"message": items})
            values = self.task(OutputValues, {"values": table})
            branch = self.task(If, {"condition": self.plain()}, then=(log,))
            cases = {f"case:{self.text()}{len(self.used)}": (values,)}
            tasks += [branch, self.task(Switch, {"value": self.plain()}, **cases)]
        return model.Flow(
            source=self.file,
            span=self.span,
            id=self.text(),
            namespace=self.text(),
            tasks=tuple(tasks),
            description=self.prose(),
            labels=((self.text(), self.text()),),
        )


def _emitted(texts: Iterator[str]) -> tuple[str, list[str]]:
    builder = _Builder(texts)
    flow = builder.flow()
    comments = [text for text in builder.used[:50] if "\n" not in text]
    with patch.object(Comments, "above", lambda self, start: tuple(comments)):
        module = lower_flow(flow, Sink())
    verify(module)
    return emit_alone(Program(module), Options("1")), builder.used


class _Plain(ast.NodeTransformer):
    """A text block is as good as a text."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        block = isinstance(node.func, ast.Name) and node.func.id == "text_block"
        return node.args[0] if block else node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
        return None if node.module == "flowrt.expressions" else node


def _shape(source: str) -> str:
    """The syntax tree without its texts, names numbered in the order in which they appear."""
    tree = _Plain().visit(ast.parse(source))
    numbers: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.MatchValue) and isinstance(
            getattr(node, "value", None), str
        ):
            node.value = ""
        if isinstance(node, ast.Name):
            node.id = numbers.setdefault(node.id, str(len(numbers)))
        if isinstance(node, ast.AsyncFunctionDef):
            node.name = numbers.setdefault(node.name, str(len(numbers)))
    return ast.dump(tree)


@pytest.fixture(scope="module")
def harmless() -> str:
    return _shape(_emitted(iter(["word"] * 100_000).__iter__())[0])


@pytest.mark.parametrize("seed", range(BATCHES))
def test_texts_are_literals(seed: int, harmless: str) -> None:
    source, _ = _emitted(_texts(seed))
    source.encode()
    guard(source)
    assert _shape(source) == harmless


@pytest.mark.parametrize("seed", range(4))
def test_texts_are_literals_after_black(seed: int, harmless: str) -> None:
    source, _ = _emitted(_texts(1000 + seed))
    formatted = format_source(source)
    guard(formatted)
    assert _shape(formatted) == harmless
    assert format_source(formatted) == formatted


def test_one_block_of_metadata() -> None:
    """Readers of inline metadata take the file line by line, strings and comments too."""
    for seed in range(20):
        source, _ = _emitted(_texts(2000 + seed))
        marks = [line for line in source.split("\n") if line.startswith("# ///")]
        assert marks == ["# /// script", "# ///"]


def test_expressions_name_nothing_unknown() -> None:
    """Texts inside expressions, valid or not, bring no name into the code."""
    chance = random.Random(7)
    span = Span(SourceFile("f", "x" * 10), 1, 2)
    for _ in range(60):
        messages = []
        for _ in range(15):
            inside = "".join(chance.choices(NASTY, k=3))
            form = chance.choice(
                (
                    "{{{{ '{}' }}}}",
                    '{{{{ "{}" | upper }}}}',
                    "a {{{{ {} }}}}",
                    "{{# {} #}}{{{{ x }}}}",
                    "{}{{{{ x }}}}{}",
                )
            )
            messages.append(
                Scalar(form.replace("{}", inside).replace("{{{{", "{{").replace("}}}}", "}}"), span)
            )
        task = model.Task(
            id="t",
            type=Log.type_name,
            cls=Log,
            span=span,
            properties={"message": Sequence(tuple(messages), span)},
            children={},
        )
        flow = model.Flow(source=span.file, span=span, id="f", namespace="n", tasks=(task,))
        source = emit_alone(Program(lower_flow(flow, Sink())), Options("1"))
        source.encode()
        tree = ast.parse(source)
        known = {"v", "out", "_", "__name__", "flow", "run", *(f"_{n}" for n in range(9))}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                known.update(alias.asname or alias.name for alias in node.names)
                assert str(node.module).startswith("flowrt")
            elif isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef):
                known.add(node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                known.add(node.id)
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert not {name for name in names - known if not hasattr(builtins, name)}
        assert not names & {"evil", "__import__", "eval", "exec"}


@pytest.mark.parametrize("text", [text for text in NASTY if text.strip()])
def test_prose(text: str) -> None:
    for given in (text, f"a{text}", f"{text}a", f"a\n{text}\nb", text * 3):
        lines = comment([given])
        assert all(len(line.splitlines()) == 1 and line.startswith("#") for line in lines)
        source = "\n".join(["def f():", *docstring(given, "    ")])
        (function,) = ast.parse(source).body
        assert isinstance(function, ast.FunctionDef) and len(function.body) == 1
        assert ast.get_docstring(function) is not None
