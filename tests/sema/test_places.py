"""Expressions are found wherever they stand: a broken one is reported in any text of any flow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flowc.diag.model import Sink
from flowc.driver import Sources, analyse
from flowc.front.nodes import Mapping, Node, Scalar, Sequence
from flowc.front.yaml import parse
from flowc.source import SourceFile

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "conformance"
FOLDERS = [
    *(ROOT / name for name in ("golden/ok", "tests/conformance/corpus")),
    *(SHARED / name for name in ("flows/valid", "real-world", "recorded/data")),
]
BROKEN = "{{ 'x' | nosuchfilter }}"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_broken_expression_is_reported_anywhere(folder: Path) -> None:
    """Of each flow some texts in turn are replaced; together the flows cover every property that any of them has."""
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    missed = []
    tried: set[str] = set()
    for path in sorted(folder.rglob("*.y*ml")):
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        root = parse(SourceFile(path.name, text), Sink())
        if path.name == "case.yaml" or not isinstance(root, Mapping) or root.get("tasks") is None:
            continue
        for where, scalar in _named(root, ""):
            if where in tried:
                continue
            tried.add(where)
            start, end = scalar.span.start, scalar.span.end
            changed = f'{text[:start]}"{BROKEN}"\n{text[end:]}'
            if text[end : end + 1] in (",", "}", "]"):
                changed = f'{text[:start]}"{BROKEN}"{text[end:]}'
            found = analyse(Sources(SourceFile(path.name, changed))).diagnostics
            inside = [each for each in found if start <= each.span.start <= start + len(BROKEN) + 2]
            if not inside:
                missed.append(f"{path}: {where}")
    assert not missed, "\n".join(missed[:40])
    assert len(tried) > 20


def _named(node: Node, where: str) -> Iterator[tuple[str, Scalar]]:
    """The texts of a tree by the way of keys that leads to them; in a task its type stands for the way."""
    if isinstance(node, Scalar):
        if isinstance(node.value, str) and node.span.start < node.span.end:
            yield where, node
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _named(item, f"{where}[]")
    else:
        kind = node.get("type")
        if isinstance(kind, Scalar) and node.get("id") is not None:
            where = str(kind.value)
        for key, value in node.entries:
            yield from _named(value, f"{where}.{key.value}")
