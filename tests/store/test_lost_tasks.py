"""An execution goes on with a changed program (`--accept-changes`), whose tasks are not those that it stands in."""

from __future__ import annotations

from pathlib import Path

import pytest
from programs import Program, runs, states

CORE = "io.kestra.plugin.core."
SOURCE = f"""
id: changing
namespace: company.team
tasks:
  - {{id: first, type: {CORE}log.Log, message: first}}
  - id: around
    type: {CORE}flow.Sequential
    tasks:
      - {{id: ask, type: {CORE}flow.Pause}}
      - {{id: inside, type: {CORE}log.Log, message: inside}}
  - {{id: last, type: {CORE}log.Log, message: last}}
"""
BLOCK = SOURCE[SOURCE.index("  - id: around") : SOURCE.index("  - {id: last")]
CHANGES = {
    "a block of another name": (SOURCE.replace("id: around", "id: beside"), "around, ask"),
    "a pause of another name": (SOURCE.replace("id: ask", "id: wait"), "ask"),
    "a task in place of the block": (
        SOURCE.replace(BLOCK, f"  - {{id: around, type: {CORE}log.Log, message: x}}\n"),
        "around, ask",
    ),
    "no block": (SOURCE.replace(BLOCK, ""), "around, ask"),
}


@pytest.fixture
def paused(tmp_path: Path) -> tuple[Program, str]:
    program = Program(tmp_path, SOURCE)
    assert program.run().returncode == 3
    return program, program.list()[0]["id"]


@pytest.mark.parametrize("change", CHANGES)
def test_it_does_not_go_on_in_tasks_that_are_gone(paused: tuple[Program, str], change: str) -> None:
    program, id = paused
    source, lost = CHANGES[change]
    program.compile(source)
    for _ in range(2):
        refused = program.run("resume", id, "--accept-changes")
        assert refused.returncode == 2
        assert f"stands in tasks that this program does not have as they were: {lost}." in (
            refused.stderr
        )
    program.compile(SOURCE)
    assert program.run("resume", id).returncode == 0, "nothing had been changed"
    assert states(program.show(id))[-1] == "SUCCESS"


@pytest.mark.parametrize("change", CHANGES)
def test_it_can_be_ended_all_the_same(paused: tuple[Program, str], change: str) -> None:
    program, id = paused
    program.compile(CHANGES[change][0])
    assert program.run("kill", id).returncode == 2, "that it has changed is told first"
    assert program.run("kill", id, "--accept-changes").returncode == 4
    document = program.show(id)
    assert document["state"]["current"] == "KILLED"
    assert dict(runs(document)) == {"first": "SUCCESS", "around": "KILLED", "ask": "KILLED"}


LOOP = SOURCE.replace("flow.Sequential", "flow.ForEach\n    values: [1, 2]")


def test_a_loop_does_not_go_on_with_another_list(tmp_path: Path) -> None:
    program = Program(tmp_path, LOOP)
    assert program.run().returncode == 3
    id = program.list()[0]["id"]
    program.compile(LOOP.replace("id: inside", "id: other"))
    refused = program.run("resume", id, "--accept-changes")
    assert refused.returncode == 2
    assert "does not have as they were: around, ask[1]." in refused.stderr
    program.compile(LOOP.replace("message: inside", "message: more").replace("id: last", "id: end"))
    for code in (3, 0):
        assert program.run("resume", id, "--accept-changes").returncode == code
    names = [name for name, _ in runs(program.show(id))]
    assert names == ["first", "around", "ask", "inside", "ask", "inside", "end"]


def test_a_loop_that_has_changed_can_be_ended(tmp_path: Path) -> None:
    program = Program(tmp_path, LOOP)
    assert program.run().returncode == 3
    id = program.list()[0]["id"]
    program.compile(LOOP.replace("id: inside", "id: other"))
    assert program.run("kill", id, "--accept-changes").returncode == 4
    assert runs(program.show(id)) == [("first", "SUCCESS"), ("around", "KILLED"), ("ask", "KILLED")]


FAILING = f"""
id: changing
namespace: company.team
tasks:
  - id: around
    type: {CORE}flow.Sequential
    tasks:
      - {{id: inside, type: {CORE}execution.Fail}}
"""


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["restart", "ID"], 1),
        (["replay", "ID", "--from", "inside"], 1),
        (["change-status", "ID", "--task", "inside", "--state", "SUCCESS"], 0),
    ],
)
def test_what_has_failed_is_not_run_again_in_tasks_that_are_gone(
    tmp_path: Path, words: list[str], code: int
) -> None:
    program = Program(tmp_path, FAILING)
    assert program.run().returncode == 1
    before = program.list()
    words = [before[0]["id"] if word == "ID" else word for word in words]
    program.compile(FAILING.replace("id: around", "id: beside"))
    refused = program.run(*words, "--accept-changes")
    assert refused.returncode == 2
    assert "does not have as they were: around" in refused.stderr
    assert program.list() == before
    program.compile(FAILING)
    assert program.run(*words).returncode == code


FIRST = f"  - {{id: first, type: {CORE}log.Log, message: first}}\n"


def test_a_program_that_was_accepted_is_followed_from_then_on(tmp_path: Path) -> None:
    asking = SOURCE.replace("log.Log, message: last", "flow.Pause")
    program = Program(tmp_path, asking)
    assert program.run().returncode == 3
    id = program.list()[0]["id"]
    program.compile(asking.replace(FIRST, FIRST + FIRST.replace("id: first", "id: then")))
    assert program.run("resume", id, "--accept-changes").returncode == 3
    assert program.run("resume", id).returncode == 0
    names = [name for name, _ in runs(program.show(id))]
    assert names == ["first", "around", "ask", "inside", "last"]


@pytest.mark.parametrize(
    "instead",
    [
        "",
        FIRST.replace("id: first", "id: begin"),
        FIRST.replace("id: first", "id: begin") + FIRST.replace("id: first", "id: then"),
        FIRST + FIRST.replace("id: first", "id: then"),
    ],
    ids=["taken out", "renamed", "two in its place", "one more"],
)
def test_what_has_ended_may_be_gone(paused: tuple[Program, str], instead: str) -> None:
    """What stands before a task that has run is behind, whether it has run or not."""
    program, id = paused
    program.compile(SOURCE.replace(FIRST, instead))
    done = program.run("resume", id, "--accept-changes")
    assert done.returncode == 0, done.stderr
    assert runs(program.show(id)) == [
        (name, "SUCCESS") for name in ("first", "around", "ask", "inside", "last")
    ]
