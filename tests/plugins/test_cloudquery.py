"""A sync of CloudQuery: the files and the words that the tool gets, and what is kept between two syncs.

The tool is a program that writes down how it was called, and adds to the file that has how far the sources came.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from tasks.fake import FakeRun, t, task

from flowrt.formats.yamlread import parse_yaml
from flowrt.model.failures import TaskFailure

TOOL = """#!/bin/sh
printf '%s\\n' "$@" > said
for each in "$@"; do case "$each" in *.yml) cat "$each"; echo ---;; esac; done > configs
if [ -f incrementaldb.sqlite ]; then printf x >> incrementaldb.sqlite; fi
"""
SOURCE = {"kind": "source", "spec": {"name": "hn", "tables": ["*"], "spec": {"start": "{{ day }}"}}}
DESTINATION = {"kind": "destination", "spec": {"name": "duckdb"}}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeRun:
    """A run of a machine that has the tool."""
    folder = tmp_path / "tools"
    folder.mkdir()
    tool = folder / "cloudquery"
    tool.write_text(TOOL, "utf-8")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return FakeRun(tmp_path, day="2024-01-02")


def source() -> Any:
    return {**SOURCE, "spec": {**SOURCE["spec"], "spec": {"start": t("{{ day }}")}}}  # type: ignore[dict-item]


def said(run: FakeRun) -> list[str]:
    return (run.working_dir / "said").read_text("utf-8").splitlines()


def configs(run: FakeRun) -> list[Any]:
    texts = (run.working_dir / "configs").read_text("utf-8").split("---\n")
    return [parse_yaml(each) for each in texts if each.strip()]


def test_sources_and_destinations_are_files(run: FakeRun) -> None:
    stored = run.store("kind: destination\nspec:\n  name: duckdb\n", "destination.yml")
    found = run.run(task("cloudquery.Sync", configs=[source(), stored]))
    assert found["exitCode"] == 0
    first, *files, last = said(run)
    assert (first, last, len(files)) == ("sync", "--log-console", 2)
    tables = {"name": "hn", "tables": ["*"], "spec": {"start": "2024-01-02"}}
    assert configs(run) == [{"kind": "source", "spec": tables}, DESTINATION]
    assert run.kv.keys("a.b") == []
    run.run(task("cloudquery.Sync", configs=[DESTINATION], log_console=False))
    assert "--log-console" not in said(run)


def test_a_sync_goes_on_where_the_last_one_ended(run: FakeRun) -> None:
    for times in (1, 2):
        run.run(task("cloudquery.Sync", configs=[source(), DESTINATION], incremental=True))
        (key,) = run.kv.keys("a.b")
        assert run.kv.get("a.b", key) == b"x" * times
    assert key == "my-flow_states_CloudQueryState"
    from_, to, backend = configs(run)
    assert from_["spec"]["backend_options"] == {
        "table_name": "kestra_incremental_table",
        "connection": "@@plugins.kestra_incremental_db.connection",
    }
    assert to == DESTINATION
    assert backend["spec"]["spec"] == {"connection_string": "incrementaldb.sqlite"}


def test_a_backend_of_the_flow_stays(run: FakeRun) -> None:
    own = {"kind": "source", "spec": {"name": "hn", "backend_options": {"table_name": "mine"}}}
    run.run(task("cloudquery.Sync", configs=[own], incremental=True))
    assert configs(run)[0] == own


def test_what_is_no_source(run: FakeRun) -> None:
    with pytest.raises(TaskFailure, match="Invalid configs type 'list'"):
        run.run(task("cloudquery.Sync", configs=[["a"]]))
