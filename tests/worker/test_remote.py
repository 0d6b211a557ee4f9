"""Programs on the machines of a cluster: written once, out of the reach of others, gone when they are old."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from flowrt.clusters.remote import KEPT, folder_of

FILES = {"flow.py": "main", "pack/inner.py": "inner"}


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def never() -> dict[str, str]:
    raise AssertionError("it was there already")


def test_a_program_is_fetched_once() -> None:
    folder = Path(folder_of("a1", lambda: FILES))
    assert (folder / "pack" / "inner.py").read_text() == "inner"
    assert folder_of("a1", never) == str(folder)
    assert folder.parent.stat().st_mode & 0o777 == 0o700
    assert [each.name for each in folder.parent.iterdir()] == ["a1"]


def test_old_programs_go() -> None:
    old = Path(folder_of("old", lambda: FILES))
    used = Path(folder_of("used", lambda: FILES))
    then = used.stat().st_mtime - KEPT - 60
    for folder in (old, used):
        os.utime(folder, (then, then))
    folder_of("used", never)
    folder_of("new", lambda: FILES)
    assert not old.exists()
    assert used.exists()


def test_a_folder_that_others_may_write_is_not_used(tmp_path: Path) -> None:
    theirs = tmp_path / f"flowrt-programs-{os.getuid()}"
    (theirs / "a1").mkdir(parents=True)
    theirs.chmod(0o777)
    folder = Path(folder_of("a1", lambda: FILES))
    assert theirs not in folder.parents
    assert (folder / "flow.py").read_text() == "main"
