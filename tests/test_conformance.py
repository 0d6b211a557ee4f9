"""The comparisons with the real engine, as their commands run them: recorded executions and expressions.

The corpus of the project runs case by case in `engine/test_recordings.py`. Where a larger one lies beside the repository
(`../shared/conformance`), that one is run too; where it does not, those tests are skipped by name.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOOLS = ROOT / "tests" / "conformance"
CORPUS = TOOLS / "corpus"
SHARED = ROOT.parent / "shared" / "conformance"

LAST_LINE = re.compile(r"(\d+) of (\d+) equal")


def _run(tool: str, *arguments: str) -> tuple[int, int]:
    """How many cases are equal, of how many; fails for a difference that no list names."""
    done = subprocess.run(
        [sys.executable, str(TOOLS / tool), *arguments, "--list", "-v"],
        capture_output=True,
        text=True,
        check=False,
    )
    found = LAST_LINE.search(done.stdout.strip().rpartition("\n")[2])
    assert found, f"{done.stdout}\n{done.stderr}"
    assert done.returncode == 0, done.stdout
    return int(found[1]), int(found[2])


def _recorded(*folders: Path) -> tuple[int, int]:
    return _run("run_recorded.py", *map(str, folders), "--jobs", "4")


@pytest.mark.parametrize("folder", ["recorded", "flows"])
def test_recorded_shared(folder: str) -> None:
    if not (SHARED / folder).is_dir():
        pytest.skip(f"{SHARED / folder} is not there")
    _, total = _recorded(SHARED / folder)
    assert total >= 100


def test_corpus_is_the_recorded_one() -> None:
    """The copy here has every file of the recordings, byte for byte."""
    if not (SHARED / "recorded").is_dir():
        pytest.skip(f"{SHARED / 'recorded'} is not there")
    for group in sorted(path.name for path in CORPUS.iterdir()):
        theirs = _files(SHARED / "recorded" / group)
        assert theirs
        assert _files(CORPUS / group) == theirs


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_expressions() -> None:
    equal, total = _run(
        "run_expressions.py", str(ROOT / "tests" / "recorded" / "expressions.jsonl.xz")
    )
    assert equal == total == 4574
