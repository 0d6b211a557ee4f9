"""What scripts ask for and a single process does not have: FC502, once for each cause; and what Kestra refuses at all."""

from __future__ import annotations

import pytest

from flowc.api import check, compile_text

SHELL = "io.kestra.plugin.scripts.shell.Commands"
PYTHON = "io.kestra.plugin.scripts.python.Script"
DOCKER = "{type: io.kestra.plugin.scripts.runner.docker.Docker, image: x}"
PROCESS = "{type: io.kestra.plugin.core.runner.Process}"


def flow(task: str) -> str:
    return f"id: f\nnamespace: a.b\ntasks:\n  - {{id: t, {task}}}\n"


@pytest.mark.parametrize(
    ("task", "named"),
    [
        (f"type: {SHELL}, commands: [ls], containerImage: x", "`containerImage` has"),
        (f"type: {SHELL}, commands: [ls], docker: {{image: x}}", "`docker` has"),
        (f"type: {SHELL}, commands: [ls], runner: DOCKER", "`runner` has"),
        (f"type: {SHELL}, commands: [ls], taskRunner: {DOCKER}", "`taskRunner` has"),
        (
            f"type: {SHELL}, commands: [ls], taskRunner: {DOCKER}, containerImage: x",
            "`taskRunner` and `containerImage` have",
        ),
        (f"type: {PYTHON}, script: x, pythonVersion: '3.12'", "`pythonVersion` has"),
        *(
            (
                f"type: {SHELL}, commands: [ls], taskRunner: {{type: {runner}, region: x}}",
                "`taskRunner`",
            )
            for runner in (
                "io.kestra.plugin.ee.aws.runner.Batch",
                "io.kestra.plugin.ee.kubernetes.runner.Kubernetes",
            )
        ),
    ],
)
def test_one_warning_for_what_has_no_effect(task: str, named: str) -> None:
    (found,) = check(flow(task))
    assert (found.code, found.is_error) == ("FC502", False)
    assert found.message.startswith(named)
    compile_text(flow(task))


@pytest.mark.parametrize(
    "task",
    [
        f"type: {SHELL}, commands: [ls]",
        f"type: {SHELL}, commands: [ls], runner: PROCESS",
        f"type: {SHELL}, commands: [ls], taskRunner: {PROCESS}, containerImage: x",
        f"type: {SHELL}, commands: [ls], containerImage: null",
    ],
)
def test_no_warning_where_a_process_is_asked_for(task: str) -> None:
    assert check(flow(task)) == []


def test_what_is_no_runner_is_still_refused() -> None:
    task = f"type: {SHELL}, commands: [ls], taskRunner: {{type: io.kestra.plugin.core.log.Log}}"
    assert [each.code for each in check(flow(task))] == ["FC205"]


ASSERT = "type: io.kestra.plugin.core.execution.Assert"
PURGE = "type: io.kestra.plugin.core.kv.PurgeKV"


@pytest.mark.parametrize(
    ("task", "codes"),
    [
        (f"{ASSERT}, conditions: ['{{{{ true }}}}', 1]", []),
        (f"{ASSERT}, conditions: '{{{{ [1] }}}}'", ["FC203"]),
        (f"{ASSERT}, conditions: [{{a: b}}]", ["FC203"]),
        (f"{PURGE}, behavior: {{type: key, expiredOnly: false}}", []),
        (f"{PURGE}, behavior: {{type: any, more: 1}}", []),
        (f"{PURGE}, behavior: '{{{{ vars.x }}}}'", ["FC305"]),
    ],
)
def test_kinds_of_single_properties(task: str, codes: list[str]) -> None:
    assert [each.code for each in check(flow(task))] == codes


def test_what_is_refused_at_all() -> None:
    text = flow("type: io.kestra.plugin.core.log.Log, message: x")
    trigger = "triggers: [{id: t, type: io.kestra.plugin.core.trigger.Flow, mode: ALL}]\n"
    (found,) = check(text + trigger)
    assert (found.code, found.is_error) == ("FC219", False) and "Kestra 2.0" in found.message
    pattern = 'inputs: [{id: w, type: STRING, validator: "[a"}]\n'
    assert [each.code for each in check(text + pattern)] == ["FC203"]
    listener = "listeners: [{tasks: []}]\n"
    assert [each.code for each in check(text + listener)] == ["FC209"]


def test_defaults_for_the_beginning_of_types_may_have_more_properties() -> None:
    text = flow("type: io.kestra.plugin.core.log.Log, message: x")
    default = "pluginDefaults: [{type: TYPE, values: {nosuch: 1, level: DEBUG}}]\n"
    assert check(text + default.replace("TYPE", "io.kestra.plugin.core.log")) == []
    write = flow("type: io.kestra.plugin.jdbc.access.Query, sql: x")
    found = check(write + default.replace("TYPE", "io.kestra.plugin.jdbc"))
    assert [each.code for each in found] == ["FC501"]
    name = "io.kestra.plugin.jdbc.access.Query"
    whole = check(write + default.replace("TYPE", name))
    assert "FC216" in [each.code for each in whole]


def test_a_pattern_that_only_flowc_cannot_use_is_said_to_be_one() -> None:
    text = (
        "id: f\nnamespace: n\ninputs:\n  - {id: x, type: STRING, validator: '(?<=ab?)c', defaults: abc}\n"
        "tasks:\n  - {id: t, type: io.kestra.plugin.core.log.Log, message: m}\n"
    )
    (found,) = check(text)
    assert found.code == "FC203"
    assert "flowc cannot use the pattern [(?<=ab?)c], which Kestra takes" in found.message
