"""Folders that processes have left which died: who finds them clears them away, one process of several."""

from __future__ import annotations

from pathlib import Path
from shutil import rmtree

import pytest

from flowrt.services import workplace
from flowrt.services.workplace import OWNER, Workplace, clear_away


def left_in(parent: Path, name: str) -> Path:
    folder = parent / name
    folder.mkdir()
    (folder / OWNER).touch()
    (folder / "file").touch()
    return folder


def test_what_is_left_goes_and_what_is_at_work_stays(tmp_path: Path) -> None:
    left, other = left_in(tmp_path, "own-1"), left_in(tmp_path, "other-1")
    at_work = Workplace(tmp_path, "own-")
    clear_away(tmp_path, "own-")
    assert not left.exists()
    assert other.exists()
    assert at_work.path.exists()
    at_work.close()
    assert not at_work.path.exists()


def test_another_process_may_have_cleared_a_folder_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = left_in(tmp_path, "own-1")
    take = workplace._take

    def too_late(lock: int) -> bool:
        rmtree(folder)
        return take(lock)

    monkeypatch.setattr(workplace, "_take", too_late)
    clear_away(tmp_path, "own-")
    assert list(tmp_path.iterdir()) == []
