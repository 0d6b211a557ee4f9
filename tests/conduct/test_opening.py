"""Where executions on engines keep their files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flowrt import Flow
from flowrt.conduct.opening import open_loop_host
from flowrt.verbs.options import RunOptions


def test_files_lie_by_the_address_that_the_environment_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLOWRT_STORAGE", f"file://{tmp_path}/shared")
    hands: Any = None
    host = open_loop_host(Flow("f", "n"), RunOptions(store=str(tmp_path / "store")), hands)
    host.services.storage.write("kestra:///a/b", b"seen")
    assert (tmp_path / "shared" / "a" / "b").read_bytes() == b"seen"
