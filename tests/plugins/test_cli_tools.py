"""Ansible on this machine, and dbt with DuckDB."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from plugins.servers import ARCHIVES
from tasks.fake import FakeRun

from flowrt.catalog import find
from flowrt.model.failures import TaskFailure
from flowrt.worker.perform import Outcome

pytestmark = pytest.mark.services


@pytest.fixture(autouse=True)
def tools(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The tools are found on the path."""
    if not (ARCHIVES / "cli" / "complete").exists():
        pytest.skip("ansible and dbt are not there (tools/servers.sh)")
    monkeypatch.setenv("PATH", f"{ARCHIVES / 'cli' / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")


def done(run: FakeRun, name: str, **properties: Any) -> Any:
    cls: Any = find(f"io.kestra.plugin.{name}")
    return run.run(cls("t", **properties))


PLAYBOOK = """
- hosts: localhost
  connection: local
  gather_facts: false
  vars: {ansible_python_interpreter: "{{ ansible_playbook_python }}"}
  tasks:
    - name: write
      ansible.builtin.copy: {content: "hello", dest: "{{ playbook_dir }}/made.txt", mode: "600"}
    - name: say
      ansible.builtin.debug: {msg: "made it"}
"""


def test_a_playbook_runs_on_this_machine(tmp_path: Path) -> None:
    run = FakeRun(tmp_path)
    found = done(
        run,
        "ansible.cli.AnsibleCLI",
        input_files={"play.yml": PLAYBOOK},
        output_files=["made.txt"],
        commands=["ansible-playbook -i localhost, play.yml"],
    )
    assert run.content(found["outputFiles"]["made.txt"]) == "hello"
    assert found["exitCode"] == 0
    assert "made it" in str(found["vars"]["outputs"]) and len(found["playbooks"]) == 1


def test_a_playbook_that_fails_fails_the_task(tmp_path: Path) -> None:
    broken = PLAYBOOK.replace('ansible.builtin.debug: {msg: "made it"}', "ansible.builtin.fail: {}")
    with pytest.raises(TaskFailure):
        done(
            FakeRun(tmp_path),
            "ansible.cli.AnsibleCLI",
            input_files={"play.yml": broken},
            commands=["ansible-playbook -i localhost, play.yml"],
        )


PROJECT = {
    "dbt_project.yml": "name: shop\nversion: 1.0.0\nprofile: shop\nmodel-paths: [models]\n",
    "models/orders.sql": "select 1 as id union all select 2",
    "models/total.sql": "select count(*) as n from {{ ref('orders') }}",
    "models/schema.yml": (
        "version: 2\nmodels:\n  - name: orders\n    columns:\n"
        "      - {name: id, data_tests: [unique, not_null]}\n"
    ),
}
PROFILES = "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: shop.db}\n"


def built(run: FakeRun, **changed: str) -> Any:
    files = {**PROJECT, **changed}
    return done(run, "dbt.cli.DbtCLI", commands=["dbt build"], profiles=PROFILES, input_files=files)


def test_models_are_built_and_tested(tmp_path: Path) -> None:
    import duckdb

    run = FakeRun(tmp_path)
    found = built(run)
    found = found.outputs if isinstance(found, Outcome) else found
    assert found["exitCode"] == 0 and "manifest.json" in found["outputFiles"]
    database = duckdb.connect(str(tmp_path / "wd" / "shop.db"), read_only=True)
    assert database.sql("select n from total").fetchall() == [(2,)]


def test_a_test_of_dbt_that_fails_fails_the_task(tmp_path: Path) -> None:
    with pytest.raises(TaskFailure):
        built(FakeRun(tmp_path), **{"models/orders.sql": "select 1 as id union all select 1"})
