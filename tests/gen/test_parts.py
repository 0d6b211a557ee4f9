"""What comes along of the runtime only where it is asked for."""

from __future__ import annotations

import pytest

from flowc.gen.python.vendor import needed_modules
from flowrt.packages import PARTS

MODULE = "from flowrt import Flow, main\nfrom flowrt.tasks import Log\n"


def files(parts: list[str]) -> set[str]:
    return set(needed_modules([MODULE], parts))


def test_programs_have_no_part_that_nobody_asked_for() -> None:
    found = files([])
    for module in PARTS.values():
        assert f"flowrt/{module.replace('.', '/')}.py" not in found
    assert not any("clusters" in path for path in found)


@pytest.mark.parametrize("part", PARTS)
def test_a_part_comes_with_all_that_it_imports(part: str) -> None:
    added = files([part]) - files([])
    assert f"flowrt/{PARTS[part].replace('.', '/')}.py" in added
    assert ("flowrt/clusters/remote.py" in added) == (part in ("dask", "ray"))
