"""Spark: the words of the command, and a program that Spark runs on this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from plugins.servers import ARCHIVES, program
from tasks.fake import FakeRun, t, task

from flowrt.model.failures import TaskFailure

ECHO = """#!/bin/sh
printf '::{"outputs":{"words":['
before=
for each in "$@"; do printf '%s"%s"' "$before" "$each"; before=,; done
echo ']}}::'
exit ${CODE:-0}
"""
"""A program that tells the words it was called with."""


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, word="hello")


@pytest.fixture
def submit(tmp_path: Path) -> str:
    path = tmp_path / "submit"
    path.write_text(ECHO)
    path.chmod(0o755)
    return str(path)


def words(run: FakeRun, kind: str, submit: str, /, **properties: Any) -> list[str]:
    given = {"master": "local[1]", "spark_submit_path": submit, **properties}
    found = run.run(task(f"spark.{kind}", **given))
    assert found["exitCode"] == 0
    return [each.replace(str(run.working_dir), "WD") for each in found["vars"]["words"]]


def test_the_words_for_a_jar(run: FakeRun, submit: str) -> None:
    app, lib = run.store("app", "a.jar"), run.store("lib", "l.jar")
    found = words(
        run, "JarSubmit", submit, main_resource=app, main_class="a.B", verbose=True, name="my app",
        configurations={"spark.ui.enabled": "false"}, jars={"one.jar": lib, "two.jar": lib},
        app_files={"deep/f.txt": app}, args=["x", t("{{ word }} you")], deploy_mode="CLUSTER",
    )  # fmt: skip
    assert found == [
        "--verbose", "--master", "local[1]", "--deploy-mode", "cluster", "--name", "my app",
        "--conf", "spark.ui.enabled=false", "--jars", "WD/one.jar,WD/two.jar", "--files", "WD/deep/f.txt",
        "--class", "a.B", "file://WD/app.jar", "x", "hello you",
    ]  # fmt: skip
    assert (run.working_dir / "app.jar").read_text() == "app"
    assert (run.working_dir / "two.jar").read_text() == "lib"
    assert run.messages("INFO")[0] == "cluster"


@pytest.mark.parametrize(("name", "suffix"), [("PythonSubmit", ".py"), ("RSubmit", ".R")])
def test_the_words_for_a_script(run: FakeRun, submit: str, name: str, suffix: str) -> None:
    *found, script = words(run, name, submit, main_script=t("print('{{ word }}')"))
    assert found == ["--master", "local[1]", "--deploy-mode", "client"]
    assert script.startswith("file://WD/") and script.endswith(suffix)
    path = run.working_dir / script.removeprefix("file://WD/")
    assert path.read_text() == "print('hello')"


def test_modules_of_a_script(run: FakeRun, submit: str) -> None:
    more = {"m.py": run.store("M = 1", "m.py")}
    found = words(run, "PythonSubmit", submit, main_script="", python_files=more)
    assert found[4:6] == ["--py-files", "WD/m.py"]
    with pytest.raises(TaskFailure):
        words(run, "PythonSubmit", submit, main_script="", python_files={"../m.py": more["m.py"]})
    assert not (run.working_dir.parent / "m.py").exists()


def test_a_program_that_fails(run: FakeRun, submit: str) -> None:
    with pytest.raises(TaskFailure, match="exit code 3"):
        words(run, "RSubmit", submit, main_script="", env={"CODE": "3"})


def test_all_that_its_programs_say_is_information(run: FakeRun) -> None:
    lines = ["echo out", "echo err >&2", 'echo \'::{"outputs":{"a":1}}::\'', "echo $PATH"]
    found = run.run(task("spark.SparkCLI", commands=lines))
    assert found["vars"] == {}  # as in Kestra, whose task looks at no line
    told = run.messages("INFO")
    assert {"out", "err", '::{"outputs":{"a":1}}::'} <= set(told)
    assert [each for each in told if each.endswith(":/opt/spark/bin")]
    run.logs.clear()
    run.run(
        task("spark.SparkCLI", commands=["echo $PATH"], before_commands=["export PATH=$PATH:/x"])
    )
    assert [each for each in run.messages("INFO") if each.endswith(":/x")]
    assert not run.messages("ERROR")


SCRIPT = """
import sys
from pyspark.sql import SparkSession
from numbers_of import COUNT
spark = SparkSession.builder.getOrCreate()
print('::{"outputs":{"rows":%d,"given":"%s"}}::' % (spark.range(COUNT).count(), sys.argv[1]))
"""


@pytest.mark.services
def test_spark_runs_a_program(run: FakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    program("java")
    if not (ARCHIVES / "spark" / "complete").exists():
        pytest.skip("Spark is not there (tools/servers.sh)")
    monkeypatch.setenv("PATH", f"{ARCHIVES / 'spark/bin'}{os.pathsep}{os.environ['PATH']}")
    module = run.store("COUNT = 11", "n.py")
    found = run.run(
        task(
            "spark.PythonSubmit",
            master="local[1]",
            main_script=SCRIPT,
            args=["a b"],
            python_files={"numbers_of.py": module},
            configurations={"spark.ui.enabled": "false"},
        )
    )
    assert found["vars"] == {"rows": 11, "given": "a b"}
