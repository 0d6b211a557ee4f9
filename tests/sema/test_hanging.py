"""Shapes that hang in the engine, and neighbours of them that do not."""

from __future__ import annotations

import pytest

from flowc.api import check

LOG = "{id: ID, type: io.kestra.plugin.core.log.Log, message: x}"
OFF = "{id: ID, type: io.kestra.plugin.core.log.Log, message: x, disabled: true}"
CORE = "io.kestra.plugin.core.flow."

LOOP = """
- id: each
  type: {core}ForEach
  values: [p, q]
  tasks:
    - id: loop
      type: {core}LoopUntil
      condition: "{{{{ {condition} }}}}"
      tasks: [{log}]
      errors: [{err}]
"""


def hanging(tasks: str, rest: str = "") -> list[str]:
    found = check(f"id: f\nnamespace: a.b\ntasks:{tasks}{rest}")
    assert not [each for each in found if each.is_error]
    return [each.code for each in found if each.code in ("FC401", "FC402")]


def loop(condition: str, errors: bool = True) -> str:
    text = LOOP.format(
        core=CORE,
        condition=condition,
        log=LOG.replace("ID", "l"),
        err=LOG.replace("ID", "err"),
    )
    return text if errors else text.partition("      errors")[0]


def test_a_loop_whose_condition_fails_in_its_first_round() -> None:
    own = "outputs.loop[taskrun.value].iterationCount >= 2"
    assert hanging(loop(own)) == ["FC401"]
    assert hanging(loop(own, errors=False)) == []
    assert hanging(loop("outputs.l.x is defined")) == []


@pytest.mark.parametrize("kind", ["Sequential", "Parallel", "AllowFailure", "WorkingDirectory"])
def test_handlers_that_are_wholly_disabled(kind: str) -> None:
    block = (
        f"\n- id: b\n  type: {CORE}{kind}\n  tasks: [{LOG.replace('ID', 'l')}]\n  finally: [TASK]\n"
    )
    assert hanging(block.replace("TASK", OFF.replace("ID", "z"))) == (
        [] if kind == "WorkingDirectory" else ["FC401"]
    )
    assert hanging(block.replace("TASK", LOG.replace("ID", "z"))) == (
        ["FC401"] if kind == "WorkingDirectory" else []
    )


def test_a_folder_without_a_task_to_run_ends_at_once() -> None:
    off, log = OFF.replace("ID", "l"), LOG.replace("ID", "z")
    block = f"\n- id: b\n  type: {CORE}WorkingDirectory\n  tasks: [{off}]\n  finally: [{log}]\n"
    assert hanging(block) == []


def test_a_flow_whose_finally_is_wholly_disabled() -> None:
    tasks = f"\n- {LOG.replace('ID', 'l')}\n"
    assert hanging(tasks, f"finally: [{OFF.replace('ID', 'z')}]\n") == ["FC401"]
    assert hanging(tasks, f"finally: [{LOG.replace('ID', 'z')}]\n") == []
