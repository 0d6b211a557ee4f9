"""Generated modules pass the tools that written ones pass."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from goldens import ROOT, Case, cases

from flowc.driver import Sources, analyse, generate
from flowc.gen.python.finish import format_source, is_laid_out
from flowc.gen.python.layout import WIDTH
from flowc.source import SourceFile

CASES = cases("golden/ok", "examples")
SHARED = ROOT.parent / "shared" / "conformance"
FOLDERS = [
    ROOT / "tests" / "conformance" / "corpus",
    *(SHARED / name for name in ("flows", "real-world", "recorded")),
]


def _tool(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *words], capture_output=True, text=True, check=False, cwd=ROOT
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_black(case: Case) -> None:
    source = (case.folder / "flow.py").read_text("utf-8")
    assert format_source(source) == source


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_own_layout_is_that_of_black(folder: Path) -> None:
    """What the generator takes for laid out, black leaves alone; a line is too long only where black cannot help."""
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    changed, wide = [], []
    for path in sorted(folder.rglob("*.y*ml")):
        if path.name == "case.yaml":
            continue
        try:
            source = SourceFile(path.name, path.read_text("utf-8"))
        except UnicodeDecodeError:
            continue
        program = analyse(Sources(source)).program
        if program is None:
            continue
        written = generate(program, formatted=False)
        if is_laid_out(written):
            if format_source(written) != written:
                changed.append(str(path))
        else:
            wide.append(str(path))
            written = format_source(written)
        too_wide = [line for line in written.split("\n") if len(line) > WIDTH]
        # one word alone, which may be a piece of a text with the blank behind it, or with the mark of one
        words = (line.strip().removeprefix("# ").strip("\"' ↩") for line in too_wide)
        assert all(" " not in word for word in words), path
    assert not changed
    assert len(wide) <= 20, wide


def test_ruff() -> None:
    ran = _tool("ruff", "check", "golden", "examples")
    assert ran.returncode == 0, ran.stdout


def test_mypy(tmp_path: Path) -> None:
    """Each module under a name of its own: type checkers take one `flow` only."""
    for case in CASES:
        name = re.sub(r"\W", "_", f"{case.folder.parent.name}_{case.name}")
        shutil.copy(case.folder / "flow.py", tmp_path / f"m_{name}.py")
    files = sorted(map(str, tmp_path.glob("*.py")))
    ran = _tool("mypy", "--strict", *files)
    places = [line for line in ran.stdout.splitlines() if line.startswith(str(tmp_path))]
    found = [line for line in places if ": error:" in line]
    assert not found, "\n".join(found)
    assert f"checked {len(files)} source files" in ran.stdout or "Success" in ran.stdout, ran.stdout
