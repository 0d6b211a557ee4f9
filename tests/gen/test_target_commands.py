"""`--target` of the commands."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from flowc.cli import main

FLOW = """
id: ask_maybe
namespace: company.team
tasks:
  - id: maybe
    type: io.kestra.plugin.core.flow.AllowFailure
    tasks:
      - {id: ask, type: io.kestra.plugin.core.flow.Pause}
"""


@pytest.fixture
def flow(tmp_path: Path) -> Path:
    path = tmp_path / "flow.yaml"
    path.write_text(FLOW, "utf-8")
    return path


def test_check_says_what_an_engine_cannot(flow: Path) -> None:
    found = CliRunner().invoke(main, ["check", str(flow), "--target", "airflow"])
    assert found.exit_code == 1
    assert "error[FC603]: ask:" in found.output
    assert CliRunner().invoke(main, ["check", str(flow), "--target", "prefect"]).exit_code == 0
    assert "FC60" not in CliRunner().invoke(main, ["check", str(flow)]).output


def test_a_flow_that_an_engine_cannot_run_is_not_written(flow: Path) -> None:
    output = flow.with_name("out.py")
    found = CliRunner().invoke(
        main, ["compile", str(flow), "--target", "airflow", "-o", str(output)]
    )
    assert found.exit_code == 1
    assert not output.exists()


def test_engines_take_no_runtime_along(flow: Path) -> None:
    found = CliRunner().invoke(
        main, ["compile", str(flow), "--target", "prefect", "--standalone", "-o", "-"]
    )
    assert found.exit_code == 2
    assert "--standalone" in found.output


def test_a_task_runner_is_chosen_for_prefect_alone(flow: Path) -> None:
    words = ["compile", str(flow), "-o", "-", "--runner", "dask"]
    found = CliRunner().invoke(main, [*words, "--target", "prefect"])
    assert "task_runner=DaskTaskRunner()" in found.output
    assert '"prefect-dask"' in found.output
    assert CliRunner().invoke(main, words).exit_code == 2


NAMED = """
id: {id}
namespace: {namespace}
tasks:
  - {{id: hello, type: io.kestra.plugin.core.log.Log, message: hello}}
"""


@pytest.mark.parametrize(("target", "code"), [("airflow", 1), ("prefect", 1), ("python", 0)])
def test_no_flow_takes_the_name_of_another_one(tmp_path: Path, target: str, code: int) -> None:
    flows, written = tmp_path / "flows", tmp_path / "written"
    flows.mkdir()
    (flows / "first.yaml").write_text(NAMED.format(id="c", namespace="a.b"))
    (flows / "second.yaml").write_text(NAMED.format(id="b.c", namespace="a"))
    words = ["compile", str(flows), "--target", target, "-o", str(written)]
    found = CliRunner().invoke(main, words)
    assert found.exit_code == code
    assert ("`a.b.c` stands for two flows" in found.output) is bool(code)
    assert (written / "first.py").exists()
    assert (written / "second.py").exists() is not bool(code)
