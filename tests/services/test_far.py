"""Services of a process on another machine, which may see the folder of the engine or not."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowrt.engine.services import Services
from flowrt.model.failures import TaskFailure


def test_a_folder_that_is_not_the_engine_s_is_not_used(tmp_path: Path) -> None:
    services = Services(tmp_path / "store", mark=str(tmp_path / "store" / "wd" / "gone"))
    for ask in (lambda: services.storage, lambda: services.kv, lambda: services.files):
        with pytest.raises(TaskFailure, match="does not see the folder"):
            ask()
    assert not (tmp_path / "store").exists()


def test_folders_to_work_in_are_the_machine_s_own(tmp_path: Path) -> None:
    near = Services(tmp_path / "store")
    far = Services(tmp_path / "store", mark=str(near.workplace.path))
    try:
        assert far.storage.path("kestra:///a") == near.storage.path("kestra:///a")
        assert not far.workplace.path.is_relative_to(tmp_path / "store")
    finally:
        far.close()
        near.close()
