"""Programs that carry their runtime: with the part `store` they do what others do, without it they say so first."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from flowc.cli import main

FLOW = """
id: carried
namespace: company.team
tasks:
  - {id: first, type: io.kestra.plugin.core.log.Log, message: "for {{ execution.id }}"}
  - {id: bad, type: io.kestra.plugin.core.execution.Fail}
"""
FORMS = ["--standalone", "--vendor"]


class Program:
    """A program in a folder, run by a Python that sees nothing else."""

    def __init__(self, folder: Path, form: str, *parts: str) -> None:
        (folder / "flow.yaml").write_text(FLOW)
        self.path = folder / "out" / "flow.py"
        words = ["compile", str(folder / "flow.yaml"), "-o", str(self.path), form]
        if form == "--vendor":
            words.append(str(self.path.parent))
        for part in parts:
            words += ["--with", part]
        result = CliRunner().invoke(main, words)
        assert result.exit_code == 0, result.output

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(self.path), *words],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.path.parent,
            env={"PATH": os.environ["PATH"], **environment},
        )
        assert "Traceback" not in done.stderr
        return done

    def states(self) -> list[str]:
        found = json.loads(self.run("list", "--json", "--store", "kept").stdout)
        return sorted(each["state"]["current"] for each in found)


@pytest.mark.parametrize("form", FORMS)
def test_a_program_with_a_store_does_all_that_others_do(tmp_path: Path, form: str) -> None:
    program = Program(tmp_path, form, "store")
    assert program.run("--store", "kept").returncode == 1
    [execution] = json.loads(program.run("list", "--json", "--store", "kept").stdout)
    id = execution["id"]
    assert program.run("restart", id, "--store", "kept").returncode == 1
    words = ("--task", "bad", "--state", "SUCCESS", "--store", "kept")
    assert program.run("change-status", id, *words).returncode == 0
    assert program.states() == ["SUCCESS"]
    assert program.run("replay", id, "--store", "kept").returncode == 1
    assert program.states() == ["FAILED", "SUCCESS"]
    assert f"INFO  first: for {id}" in program.run("logs", id, "--store", "kept").stdout
    assert "state:   SUCCESS" in program.run("show", id, "--store", "kept").stdout


@pytest.mark.parametrize("form", FORMS)
def test_a_program_without_a_store_says_so_before_it_begins(tmp_path: Path, form: str) -> None:
    program = Program(tmp_path, form)
    for words in (
        ["--store", "kept"],
        ["list"],
        ["show", "x"],
        ["logs", "x"],
        ["resume", "x"],
        ["restart", "x"],
        ["replay", "x"],
        ["kill", "x"],
        ["change-status", "x", "--task", "a", "--state", "SUCCESS"],
    ):
        done = program.run(*words)
        assert (done.returncode, done.stdout) == (1, "")
        asked = words[0] if words[0] == "--store" else f"`{words[0]}`"
        assert done.stderr == (
            f"this program came without what {asked} needs: compile it again `--with store`\n"
        )
    done = program.run(FLOWRT_STORE="kept")
    assert done.returncode == 1 and "`--with store`" in done.stderr
    assert not (program.path.parent / "kept").exists()


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--executor", "thread"], "executors"),
        (["--executor", "process"], "executors"),
        (["--executor", "dask"], "dask"),
        (["--report", "page.html"], "report"),
        (["--input", "a=1"], "inputs"),
        (["--storage", "file:///tmp/kept"], "files"),
        (["--inputs", "given.yaml"], "inputs"),
        (["--trigger", "given.yaml"], "yaml"),
    ],
)
def test_what_a_command_line_needs_is_told_by_name(
    tmp_path: Path, words: list[str], part: str
) -> None:
    program = Program(tmp_path, "--standalone")
    (program.path.parent / "given.yaml").write_text("a: 1\n")
    done = program.run(*words)
    assert done.returncode == 1 and "first:" not in done.stderr
    assert f"compile it again `--with {part}`" in done.stderr


def test_the_help_names_what_is_missing(tmp_path: Path) -> None:
    lean = Program(tmp_path, "--standalone").run("--help").stdout
    assert "came without: dask, ray, storage, store, postgresql, executors, report" in lean
    whole = Program(tmp_path, "--standalone", "store", "executors").run("--help").stdout
    missing = whole.partition("came without: ")[2].partition("\n")[0].split(", ")
    assert {"store", "executors", "report"}.isdisjoint(missing) and "dask" in missing
