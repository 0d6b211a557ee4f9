"""`flowc check` and `flowc explain`, and the formats of findings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from flowc.commands import check, explain
from flowc.diag.codes import CODES

BAD = "id: f\nnamespace: a.b\ntasks:\n- {id: t, type: io.kestra.plugin.core.log.Log, mesage: hi}\n"
GOOD = BAD.replace("mesage", "message").replace("id: f", "id: g")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.yaml").write_text(BAD)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "good.yml").write_text(GOOD)
    (tmp_path / "suite.yaml").write_text("id: s\nnamespace: a.b\nflowId: f\ntestCases: []\n")
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(check.command, arguments)


def test_exit_codes(folder: Path) -> None:
    assert run("sub").exit_code == 0
    assert "1 flow read" in run("sub").stdout
    assert run(".").exit_code == 1
    assert run("missing.yaml").exit_code == 1


@pytest.mark.parametrize(
    "text",
    [
        '"id": g\n"namespace": a.b\n\'tasks\': TASKS\n',
        '{"id": "g", "namespace": "a.b", "tasks": TASKS}',
        "--- {id: g, namespace: a.b, tasks: TASKS}\n",
        "  id: g\n  namespace: a.b\n  tasks: TASKS\n",
        "? id\n: g\n? namespace\n: a.b\n? tasks\n: TASKS\n",
        "id: g\rnamespace: a.b\rtasks: TASKS\r",
    ],
)
def test_flows_of_a_folder_are_written_in_any_way(folder: Path, text: str) -> None:
    (folder / "sub" / "good.yml").write_text(
        text.replace("TASKS", "[{id: t, type: io.kestra.plugin.core.log.Log, message: hi}]")
    )
    assert "1 flow read" in run("sub").stdout
    for other in ("- hosts: a\n  tasks: []\n", "a: {id: x, namespace: y, tasks: []}\n", "tasks"):
        (folder / "sub" / "good.yml").write_text(other)
        assert "0 flows read" in run("sub").stdout


def test_text(folder: Path) -> None:
    text = run("bad.yaml").stdout
    assert "bad.yaml:4:48" in text
    assert "did you mean `message`?" in text
    assert text.rstrip().endswith("Found 1 error.")


def test_what_a_terminal_would_obey_is_shown_as_a_picture(folder: Path) -> None:
    Path("x.yaml").write_text(
        "id: x\nnamespace: a.b\ntasks:\n"
        '- {id: a, type: io.kestra.plugin.core.log.Log, message: "{{ x \\e[2J }}", "k\\a": 1}\n'
    )
    said = run("x.yaml").output
    assert "\u241b" in said and "no property `k\u2407`" in said
    assert not any(ord(char) < 32 and char != "\n" for char in said)


def test_what_is_long_is_told_by_its_ends_to_people_and_whole_to_programs(folder: Path) -> None:
    long = "ab" * 3000
    Path("x.yaml").write_text(
        f"id: x\nnamespace: a.b\ninputs: [{{id: n, type: INT, defaults: {long}}}]\n"
        "tasks:\n- {id: a, type: io.kestra.plugin.core.log.Log, message: m}\n"
    )
    said = run("x.yaml").output
    assert "…" in said.splitlines()[0] and "ab` is not a valid default" in said
    assert max(map(len, said.splitlines())) < 400
    (found,) = json.loads(run("--format", "json", "x.yaml").stdout)
    assert long in found["message"]


def test_json(folder: Path) -> None:
    found = json.loads(run("--format", "json", ".").stdout)
    assert [(each["code"], each["line"]) for each in found] == [("FC201", 4)]
    assert found[0]["column"] == 48
    assert found[0]["endColumn"] == 54
    assert json.loads(run("--format", "json", "sub").stdout) == []


def test_github(folder: Path) -> None:
    lines = run("--format", "github", ".").stdout.splitlines()
    assert lines[0].startswith(
        "::error file=bad.yaml,line=4,col=48,endLine=4,endColumn=54,title=FC201::"
    )


def test_sarif(folder: Path) -> None:
    (log,) = json.loads(run("--format", "sarif", ".").stdout)["runs"]
    rules = log["tool"]["driver"]["rules"]
    for result in log["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    (location,) = log["results"][0]["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "bad.yaml"
    assert location["physicalLocation"]["region"]["startColumn"] == 48


def test_explain() -> None:
    for code, known in CODES.items():
        text = CliRunner().invoke(explain.command, [code.lower()]).stdout
        assert text.startswith(f"{code}: {known.title}")
        assert "Example:" in text
    assert CliRunner().invoke(explain.command, ["FC999"]).exit_code == 2
    assert len(CliRunner().invoke(explain.command, []).stdout.splitlines()) == len(CODES)
