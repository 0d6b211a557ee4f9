"""Soda: checks of a DuckDB, by the library itself; and what becomes of its result."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from plugins.servers import ARCHIVES
from tasks.fake import FakeRun, task

from flowrt.model.failures import Outcome, TaskFailure
from flowrt.plugins.cli.soda import _scrubbed


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path)


@pytest.fixture
def soda(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The library is found by the `python` of the path."""
    if not (ARCHIVES / "soda" / "complete").exists():
        pytest.skip("soda is not there (tools/servers.sh)")
    monkeypatch.setenv("PATH", f"{ARCHIVES / 'soda/bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".soda").mkdir()
    (tmp_path / ".soda/config.yml").write_text("send_anonymous_usage_stats: false\n")


def scan(run: FakeRun, checks: dict[str, Any], **more: Any) -> Any:
    filled = "import duckdb; duckdb.connect('shop.db').execute('CREATE TABLE orders AS SELECT 1.5 AS price FROM range(3)')"
    python = ARCHIVES / "soda/bin/python"  # whose DuckDB is older than that of the other tests
    subprocess.run([str(python), "-c", filled], check=True, cwd=run.working_dir)
    source = {"type": "duckdb", "path": "shop.db", "api_key": "hidden"}
    given = {"configuration": {"data_source kestra": source}, "checks": checks, **more}
    return run.run(task("soda.Scan", **given))


@pytest.mark.services
@pytest.mark.usefixtures("soda")
def test_checks_that_hold(run: FakeRun) -> None:
    checks = {"checks for orders": ["row_count > 0", "avg(price) = ${price}"]}
    found = scan(run, checks, variables={"price": "1.5"}, verbose=True)
    assert found["exitCode"] == 0 and found["stdOutLineCount"] == found["stdErrLineCount"] > 0
    result = found["result"]
    assert [each["outcome"] for each in result["checks"]] == ["pass", "pass"]
    assert not (result["hasErrors"] or result["hasWarnings"] or result["hasFailures"])
    values = {each["metricName"]: each["value"] for each in result["metrics"]}
    assert values == {"row_count": 3, "avg": 1.5}
    assert [(kind, value) for kind, _, value in run.metrics if kind == "counter"] == [
        ("counter", 1.5)
    ]
    assert found["configuration"]["data_source kestra"] == {
        "type": "duckdb", "path": "shop.db", "api_key": "******",
    }  # fmt: skip
    assert "hidden" not in str(run.logs)


@pytest.mark.services
@pytest.mark.usefixtures("soda")
@pytest.mark.parametrize(
    ("check", "state", "code"),
    [("row_count > 5", "FAILED", 2), ({"row_count": {"warn": "when < 5"}}, "WARNING", 1), ("no check", "FAILED", 3)],
)  # fmt: skip
def test_checks_that_do_not_hold(run: FakeRun, check: Any, state: str, code: int) -> None:
    found = scan(run, {"checks for orders": [check]})
    assert isinstance(found, Outcome)
    assert (found.state, (found.outputs or {})["exitCode"]) == (state, code)


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A `python` that leaves a result without a look at what it should run."""
    path = tmp_path / "bin" / "python"
    path.parent.mkdir()
    monkeypatch.setenv("PATH", f"{path.parent}{os.pathsep}{os.environ['PATH']}")
    return path


def test_what_becomes_of_a_result(run: FakeRun, stand_in: Path) -> None:
    result = {
        "hasErrors": False,
        "checks": [{"name": "c", "more": 1}],
        "metrics": None,
        "logs": [1],
    }
    stand_in.write_text(
        "#!/bin/sh\ncat checks.yml\n"
        f"echo '{json.dumps(result)}' > result.json\necho '::{{\"outputs\":{{\"exitCode\":0}}}}::'\n"
    )
    stand_in.chmod(0o755)
    found = run.run(
        task("soda.Scan", checks={"a": ["b"]}, configuration={}, input_files={"x.txt": "x"})
    )
    assert (found["exitCode"], found["stdOutLineCount"]) == (0, 3)
    assert (
        found["result"]["checks"][0]["name"] == "c" and "more" not in found["result"]["checks"][0]
    )
    assert found["result"]["metrics"] == [] and "logs" not in found["result"]
    assert (run.working_dir / "x.txt").read_text() == "x"
    stand_in.write_text("#!/bin/sh\nrm -f result.json\n")
    with pytest.raises(TaskFailure, match="The scan left no result"):
        run.run(task("soda.Scan", checks={"a": ["b"]}, configuration={}))
    with pytest.raises(TaskFailure, match="`checks` must not be empty"):
        run.run(task("soda.Scan", checks={}, configuration={}))


def test_secrets_of_a_configuration() -> None:
    given = {
        "a": [{"Pass_Word": "x", "host": "h"}],
        "private-key": {"b": 1},
        "user": "u",
        "Auth": [1],
    }
    assert _scrubbed(given) == {
        "a": [{"Pass_Word": "******", "host": "h"}], "private-key": "******", "user": "u", "Auth": "******",
    }  # fmt: skip
