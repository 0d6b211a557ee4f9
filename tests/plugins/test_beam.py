"""Beam: the words and files that the library gets, and what becomes of what it says.

The library is one of this test: it writes down how it was called.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tasks.fake import FakeRun, t, task

from flowrt.model.failures import TaskFailure

PROGRAM = """
import json, sys, time
from pathlib import Path

given = dict(zip(sys.argv[1::2], sys.argv[2::2]))
Path("said.json").write_text(json.dumps(sys.argv[1:]))
Path("result-00000").write_text(Path(given["--yaml_pipeline_file"]).read_text())
print("running", file=sys.stderr)
print("an Error of a worker", file=sys.stderr)
if "--sleep=1" in sys.argv:
    time.sleep(60)
sys.exit(3 if "--fail=1" in sys.argv else 0)
"""
YAML = "pipeline:\n  type: chain\n"


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    """A run in whose folder the library lies."""
    found = FakeRun(tmp_path, name="chain")
    package = found.working_dir / "apache_beam" / "yaml"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").touch()
    (package / "__init__.py").touch()
    (package / "main.py").write_text(PROGRAM)
    return found


def said(run: FakeRun) -> list[str]:
    found: list[str] = json.loads((run.working_dir / "said.json").read_text())
    return found


def beam(**properties: Any) -> Any:
    return task(
        "beam.RunPipeline", **{"definition": t(YAML.replace("chain", "{{ name }}")), **properties}
    )


def test_a_pipeline_is_run_here(run: FakeRun) -> None:
    found = run.run(beam(options={"input": "it's"}, output_files=["result*"]))
    path = run.working_dir / "pipeline.yaml"
    assert said(run) == [
        "--yaml_pipeline_file",
        str(path),
        "--runner",
        "DirectRunner",
        "--input=it's",
    ]
    assert (found["exitCode"], found["vars"]) == (0, {"state": "FINISHED"})
    assert run.content(found["outputFiles"]["result-00000"]) == YAML
    assert "running" in run.messages("INFO")
    assert run.messages("ERROR") == ["an Error of a worker"]


def test_a_pipeline_is_given_to_a_job_server(run: FakeRun) -> None:
    options = {"job_endpoint": "localhost:8099", "environment_type": "LOOPBACK"}
    flink = {
        "beam_runner": "FLINK",
        "runner_config": {"flinkRestUrl": "http://f", "parallelism": 2},
    }
    stored = run.store(YAML, "p.yaml")
    run.run(beam(definition=None, file=stored, options=options, **flink))
    assert said(run)[2:] == [
        "--runner", "PortableRunner", "--job_endpoint", "localhost:8099",
        "--job_endpoint=localhost:8099", "--environment_type=LOOPBACK", "--flink_master=http://f",
        "--parallelism=2",
    ]  # fmt: skip


def test_a_pipeline_that_ends_badly(run: FakeRun) -> None:
    with pytest.raises(TaskFailure, match="exit code 3"):
        run.run(beam(options={"fail": "1"}))
    with pytest.raises(TaskFailure, match="exit code 124"):
        run.run(beam(options={"sleep": "1"}, pipeline_timeout_seconds=1))


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"sdk": "JAVA"}, "`sdk: JAVA` runs in a Java"),
        ({"definition": None}, "No pipeline definition provided"),
        ({"options": {"environment_type": "DOCKER"}}, "environment_type is only valid"),
        ({"beam_runner": "SPARK"}, "environment_type is required"),
        (
            {"beam_runner": "SPARK", "options": {"environment_type": "LOOPBACK"}},
            "job_endpoint is required",
        ),
    ],
)
def test_what_is_refused(run: FakeRun, properties: dict[str, Any], message: str) -> None:
    with pytest.raises(TaskFailure, match=message):
        run.run(beam(**properties))
