"""dbt's environment: a stand-in for Python makes it, and keeps what its pip is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tasks.fake import FakeRun, t, task

from flowrt.formats.yamlread import parse_yaml
from flowrt.model.failures import TaskFailure

PYTHON = """#!/bin/sh
echo "$@" > asked.txt
mkdir -p "$4/bin"
printf '#!/bin/sh\\nfor each in "$@"; do echo "$each" >> pip.txt; done\\nexit ${PIP:-0}\\n' > "$4/bin/pip"
chmod +x "$4/bin/pip"
"""
PROFILES = {"shop": {"target": "dev", "outputs": {"dev": {"type": "duckdb", "path": "x.db"}}}}


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, version="1.7")


def setup(run: FakeRun, **properties: Any) -> Any:
    python = run.root / "a python"
    python.write_text(PYTHON)
    python.chmod(0o755)
    given = {"requirements": ["dbt-duckdb"], "profiles": PROFILES, **properties}
    return run.run(task("dbt.cli.Setup", python_path=str(python), **given))


def test_an_environment_is_made(run: FakeRun) -> None:
    wanted = [t("dbt-core>={{ version }}"), "dbt-duckdb --pre"]
    found = setup(run, requirements=wanted, input_files={"seeds/a.csv": "a"})
    folder = run.working_dir
    assert found["exitCode"] == 0
    assert (folder / "asked.txt").read_text() == f"-m venv --system-site-packages {folder}\n"
    assert (folder / "pip.txt").read_text().split() == [
        "install", "pip", "--upgrade", "install", "dbt-core>=1.7", "dbt-duckdb", "--pre",
    ]  # fmt: skip
    profiles = (folder / ".profile/profiles.yml").read_text()
    assert parse_yaml(profiles) == PROFILES
    assert (folder / "seeds/a.csv").read_text() == "a"


def test_profiles_as_text(run: FakeRun) -> None:
    setup(run, profiles="shop: {target: dev}\n")
    path = run.working_dir / ".profile/profiles.yml"
    assert path.read_text() == "shop: {target: dev}\n"
    with pytest.raises(TaskFailure, match="must be a String or a Map"):
        setup(run, profiles=[1])


def test_packages_that_cannot_be_had(run: FakeRun) -> None:
    with pytest.raises(TaskFailure, match="exit code 4"):
        setup(run, env={"PIP": "4"})
    asked = (run.working_dir / "pip.txt").read_text().split()
    assert asked == ["install", "pip", "--upgrade"]  # the first that fails ends it
