"""Comments of a flow file survive: all of them, at the place that they are about."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

import flowc
from flowc.diag.model import Sink
from flowc.driver import Sources, analyse, generate
from flowc.front.comments import Comments
from flowc.front.yaml import parse
from flowc.source import SourceFile

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "conformance"
FOLDERS = [
    *(ROOT / name for name in ("golden", "examples", "tests/conformance/corpus")),
    *(SHARED / name for name in ("flows", "real-world", "recorded")),
]


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text))


def written(source: str) -> Counter[str]:
    """The words of the comments of a module."""
    found: Counter[str] = Counter()
    for line in source.splitlines():
        if line.lstrip().startswith("#"):
            found += words(line)
    return found


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_no_comment_is_lost(folder: Path) -> None:
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    lost = []
    total = 0
    for path in sorted(folder.rglob("*.y*ml")):
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        if "#" not in text or path.name == "case.yaml":
            continue
        program = analyse(Sources(SourceFile(path.name, text))).program
        if program is None:
            continue
        file = SourceFile(path.name, text)
        comments = Comments(file, parse(file, Sink())).rest()
        total += len(comments)
        left = written(generate(program, formatted=False))
        for comment in comments:
            missing = words(comment) - left
            if missing:
                lost.append(f"{path}: {comment}")
            left -= words(comment)
    assert not lost, "\n".join(lost[:20])


FLOW = """\
# at the head
id: f # behind the id
namespace: a.b
inputs:
  # above an input
  - id: one # behind the input
    type: STRING
    # above its default
    defaults: x
variables:
  # above a variable
  v: 1
  deep:
    w: [a, b] # behind a list
tasks:
  # above a task
  - id: t
    type: io.kestra.plugin.core.log.Log # behind the type
    # above a property
    message:
      # above an item
      - hello
      - |
        # no comment
        text # nor this
  # behind the last task
  #   indented
errors:
  - {id: e, type: io.kestra.plugin.core.log.Log, message: "no # comment"} # in braces
outputs:
  # above an output
  - {id: o, type: STRING, value: x}
triggers:
  # above a trigger
  - {id: s, type: io.kestra.plugin.core.trigger.Schedule, cron: "0 1 * * *"}
# at the end
"""


def test_places(update_golden: bool) -> None:
    expected = Path(__file__).parent / "comments.txt"
    written = flowc.compile_text(FLOW, "flow.yaml")
    if update_golden:
        expected.write_text(written, "utf-8")
    assert written == expected.read_text("utf-8")


def test_events_agree() -> None:
    """What is taken for a comment, YAML does not read: without them the tree is the same."""
    found = Comments(SourceFile("f", FLOW), parse(SourceFile("f", FLOW), Sink())).rest()
    bare = FLOW
    for comment in sorted(found, key=len, reverse=True):
        bare = re.sub(rf"(^|\\s)#\\s*{re.escape(comment)}$", "", bare, count=1, flags=re.M)
    assert yaml.safe_load(bare) == yaml.safe_load(FLOW)
    assert len(found) == 17
