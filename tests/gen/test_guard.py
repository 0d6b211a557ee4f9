"""The guard refuses modules that hold more than the generator writes, and lets real ones pass."""

from pathlib import Path

import pytest

from flowc.gen.python.guard import GuardError, guard

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "code",
    [
        "import subprocess",
        "from os import system",
        "from .sibling import flow",
        "x = eval('1')",
        "x = [__import__('os')]",
        "x = lambda v: v.__class__",
        "class X: ...",
        "def f():\n    global x\n    del x",
    ],
)
def test_foreign_code_is_refused(code: str) -> None:
    with pytest.raises(GuardError):
        guard(code)


@pytest.mark.parametrize("path", sorted((ROOT / "golden/ok").glob("*/flow.py"))[:12], ids=str)
def test_generated_modules_pass(path: Path) -> None:
    guard(path.read_text("utf-8"), {"company_team_my_subflow"})


def test_modules_of_other_flows_may_be_imported() -> None:
    guard("from company_team_other import flow", {"company_team_other"})
    with pytest.raises(GuardError):
        guard("from company_team_other import flow")
