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


CANCEL = "{id: p, type: io.kestra.plugin.core.flow.Pause, pauseDuration: PT1S, behavior: CANCEL}"


def test_a_pause_that_cancels_in_a_block() -> None:
    block = f"\n- id: b\n  type: {CORE}Sequential\n  tasks: [{CANCEL}]\n"
    assert hanging(block) == ["FC401"]
    assert hanging(block.replace("CANCEL", "FAIL")) == []
    assert hanging(f"\n- {CANCEL}\n") == []
    # the engine goes on for these, and ends the blocks
    assert hanging(block, f"afterExecution: [{LOG.replace('ID', 'z')}]\n") == []


EXIT = "{id: e, type: io.kestra.plugin.core.execution.Exit, state: SUCCESS}"
IN_BLOCK = "{id: s, type: io.kestra.plugin.core.flow.Sequential, tasks: [CHILD]}"


@pytest.mark.parametrize(
    ("block", "at_once"),
    [
        ("type: {core}ForEach\n  values: [1, 2]\n  concurrencyLimit: 0\n  tasks: [CHILD]", True),
        ("type: {core}ForEach\n  values: [1, 2]\n  concurrencyLimit: 1\n  tasks: [CHILD]", False),
        ("type: {core}ForEach\n  values: [1, 2]\n  tasks: [CHILD]", False),
        ("type: {core}Parallel\n  tasks: [CHILD]", True),
        ("type: {core}Dag\n  tasks: [{{task: CHILD}}]", True),
        ("type: {core}Sequential\n  tasks: [CHILD]", False),
    ],
)
def test_an_exit_in_a_block_that_others_run_beside(block: str, at_once: bool) -> None:
    text = f"\n- id: b\n  {block.format(core=CORE)}\n"
    assert hanging(text.replace("CHILD", IN_BLOCK).replace("CHILD", EXIT)) == (
        ["FC401"] if at_once else []
    )
    assert hanging(text.replace("CHILD", EXIT)) == []


@pytest.mark.parametrize("handler", ["errors", "finally"])
@pytest.mark.parametrize("behavior", ["RETRY_FAILED_TASK", "CREATE_NEW_EXECUTION"])
def test_a_retry_around_a_block_with_handlers(handler: str, behavior: str) -> None:
    retry = f"{{type: constant, interval: PT1S, maxAttempts: 2, behavior: {behavior}}}"
    inner = IN_BLOCK.replace(
        "CHILD]", f"{LOG.replace('ID', 'l')}], {handler}: [{LOG.replace('ID', 'h')}]"
    )
    again = behavior == "RETRY_FAILED_TASK"
    assert hanging(f"\n- {inner}\n", f"retry: {retry}\n") == (["FC402"] if again else [])
    around = f"\n- id: b\n  type: {CORE}Sequential\n  retry: {retry}\n  tasks: [{inner}]\n"
    assert hanging(around) == (["FC402"] if again else [])
    assert hanging(f"\n- {inner}\n") == []
