"""Rules that meet each other, as flows that were executed on the engine showed them."""

from __future__ import annotations

from typing import Any

import pytest
from running import analysed, executed

CORE = "io.kestra.plugin.core."


def log(id: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "type": f"{CORE}log.Log", "message": id, **more}


def done(*tasks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return executed(analysed({"id": "f", "namespace": "a.b", "tasks": list(tasks), **more}))


def run_of(document: dict[str, Any], task: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in document["taskRunList"] if each["taskId"] == task)
    return found


def states(run: dict[str, Any]) -> list[str]:
    return [each["state"] for each in run["state"]["histories"]]


def messages(document: dict[str, Any], task: str) -> list[str]:
    return [each["message"] for each in document["logs"] if each.get("taskId") == task]


EMPTY = {"id": "e", "type": f"{CORE}flow.ForEach", "values": [], "tasks": [log("r")]}
IDLE = {"id": "e", "type": f"{CORE}flow.Sequential", "tasks": [log("r", disabled=True)]}
INNER = {"id": "f", "type": f"{CORE}flow.Sequential", "tasks": [log("i")]}


@pytest.mark.parametrize("block", [EMPTY, IDLE, {**IDLE, "type": f"{CORE}flow.Parallel"}])
@pytest.mark.parametrize("last", [log("f"), INNER])
@pytest.mark.parametrize("condition", ["{{ false }}", "false"])
def test_run_if_counts_where_a_block_has_nothing_to_run(
    block: dict[str, Any], last: dict[str, Any], condition: str
) -> None:
    document = done({**block, "finally": [{**last, "runIf": condition}]}, log("then"))
    run = run_of(document, "f")
    assert states(run) == ["CREATED", "SKIPPED"]
    assert [each["state"]["current"] for each in run["attempts"]] == ["SKIPPED"]
    assert messages(document, "f") == [] and states(run_of(document, "then"))[-1] == "SUCCESS"


def test_a_run_if_that_fails_there_fails_the_task() -> None:
    document = done({**EMPTY, "finally": [log("f", runIf="{{ zz.y }}")]})
    assert states(run_of(document, "f")) == ["CREATED", "FAILED"]
    [said] = messages(document, "f")
    assert said.startswith("Failed to evaluate the runIf condition for task f. Cause: ")


@pytest.mark.parametrize("timeout", ["PT0S", "-PT1S", "{{ 'PT0S' }}"])
def test_a_timeout_that_grants_nothing_is_refused_before_the_work(timeout: str) -> None:
    document = done(log("c", timeout=timeout, allowFailure=True))
    assert messages(document, "c") == ["timeout must be > 0"]
    assert states(run_of(document, "c"))[-1] == "WARNING"


def test_in_a_loop_a_working_directory_sees_the_outputs_of_its_own_round() -> None:
    folder = {
        "id": "w",
        "type": f"{CORE}flow.WorkingDirectory",
        "tasks": [
            {"id": "r", "type": f"{CORE}debug.Return", "format": "{{ taskrun.value }}"},
            log("l", message="{{ outputs.r }} {{ outputs.l ?? '-' }}"),
            log("m", message="{{ outputs.r }} {{ outputs.l }}"),
        ],
    }
    inner = {"id": "i", "type": f"{CORE}flow.ForEach", "values": ["1", "2"], "tasks": [folder]}
    outer = {"id": "o", "type": f"{CORE}flow.ForEach", "values": ["a", "b"]}
    document = done({**outer, "tasks": [folder]})
    assert messages(document, "l") == ['{"a":{"value":"a"}} -', '{"b":{"value":"b"}} {}']
    assert messages(document, "m") == [
        '{"a":{"value":"a"}} {"a":{}}',
        '{"b":{"value":"b"}} {"b":{}}',
    ]
    nested = done({**outer, "tasks": [inner]})
    assert messages(nested, "m") == [
        f'{{"{x}":{{"{y}":{{"value":"{y}"}}}}}} {{"{x}":{{"{y}":{{}}}}}}'
        for x in "ab"
        for y in "12"
    ]


def test_bytes_in_an_input_of_yaml_are_their_base64() -> None:
    given = [{"id": "y", "type": "YAML", "defaults": "{a: !!binary aGk=, b: [!!binary aGl0]}"}]
    document = done(log("t", message="{{ inputs.y }}"), inputs=given)
    assert document["inputs"] == {"y": {"a": "aGk=", "b": ["aGl0"]}}
    assert messages(document, "t") == ['{"a":"aGk=","b":["aGl0"]}']


def test_a_secret_without_a_sign_is_not_sealed() -> None:
    given = [{"id": "s", "type": "SECRET", "defaults": ""}]
    sealed = {"value": "", "type": "io.kestra.datatype:aes_encrypted"}
    outputs = [{"id": "o", "type": "SECRET", "value": "{{ inputs.s }}"}]
    document = done(log("t", message="<{{ inputs.s }}>"), inputs=given, outputs=outputs)
    assert document["inputs"] == {"s": sealed} and document["outputs"] == {"o": sealed}
    assert messages(document, "t") == ["<>"]


def test_a_file_of_the_machine_that_may_not_be_read_is_not_said_to_be_missing() -> None:
    document = done(log("t", message="{{ fileExists('file:///etc/hostname') }}"))
    [said] = messages(document, "t")
    assert "The path /etc/hostname is not authorized" in said


@pytest.mark.parametrize(
    ("before", "shown"),
    [
        (1, ["wd pre_1", "wd pre_1 z", "y pre_1 z wd", "y pre_1 z x3 wd", "y pre_1 z x3 w2 wd"]),
        (2, ["pre_2 wd pre_1", "pre_2 pre_1 z wd", "pre_2 y pre_1 z wd", "pre_2 y pre_1 z x3 wd"]),
    ],
)
def test_children_of_a_folder_see_outputs_in_maps_copied_after_each_of_them(
    before: int, shown: list[str]
) -> None:
    keys = "{{ outputs | keys | join(' ') }}"
    folder = {
        "id": "wd",
        "type": f"{CORE}flow.WorkingDirectory",
        "tasks": [log(each, message=keys) for each in ("z", "y", "x3", "w2", "v1")],
    }
    document = done(*(log(f"pre_{number + 1}") for number in range(before)), folder)
    found = [messages(document, each)[0] for each in ("z", "y", "x3", "w2", "v1")]
    assert found[: len(shown)] == shown


def labels(given: Any) -> dict[str, Any]:
    return {"id": "l", "type": f"{CORE}execution.Labels", "labels": given}


def test_numbers_in_json_stay_as_written_where_texts_are_wanted() -> None:
    document = done(labels('{"a": 1.50, "b": true, "c": 1e3, "d": -0, "e": "1.50"}'))
    found = {each["key"]: each["value"] for each in document["labels"]}
    found.pop("system.correlationId")
    assert found == {"a": "1.50", "b": "true", "c": "1e3", "d": "-0", "e": "1.50"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([{"value": "x"}], []),
        ([{"key": "a"}], []),
        ([{"key": 3, "value": "x"}], ["class java.lang.Integer cannot be cast to class"]),
        ([{"key": "a", "value": "{{ null }}"}], ["Label values cannot be empty"]),
        (["a"], ["Unknown value type: class java.lang.String"]),
    ],
)
def test_labels_that_cannot_be_read_fail_the_task(given: Any, said: list[str]) -> None:
    document = done(labels(given), log("then"))
    assert document["state"]["current"] == "FAILED"
    assert [each["taskId"] for each in document["taskRunList"]] == ["l"]
    found = [each["message"] for each in document["logs"] if each["level"] == "ERROR"]
    assert [each.startswith(begin) for each, begin in zip(found, said, strict=True)] == [
        True for _ in said
    ]


def test_what_is_asked_of_a_stored_file() -> None:
    def stored(id: str, content: str) -> dict[str, Any]:
        return {"id": id, "type": f"{CORE}storage.Write", "content": content}

    asked = "{{ fileSize(f) }} {{ fileExists(f) }} {{ isFileEmpty(f) }}"
    gone = {"id": "d", "type": f"{CORE}storage.Delete", "uri": "{{ outputs.w.uri }}"}
    document = done(
        stored("w", "abc"),
        stored("e", ""),
        log("a", message="{% set f = outputs.w.uri %}" + asked),
        log("b", message="{% set f = outputs.e.uri %}" + asked),
        gone,
        log("c", message="{{ fileExists(outputs.w.uri) }}"),
        log("s", message="{{ fileSize(outputs.w.uri) }}", allowFailure=True),
    )
    assert messages(document, "a") == ["3 true false"]
    assert messages(document, "b") == ["0 true true"]
    assert messages(document, "c") == ["false"]
    [said] = messages(document, "s")
    assert ".tmp ({{ fileSize(outputs.w.uri) }}:1)" in said and "No such file" not in said


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (1, "java.lang.Integer"),
        (1.5, "java.lang.Double"),
        (True, "java.lang.Boolean"),
        (["a"], "java.util.ArrayList"),
        ({"a": 1}, "java.util.LinkedHashMap"),
    ],
)
def test_input_files_are_texts(given: Any, kind: str) -> None:
    folder = {
        "id": "w",
        "type": f"{CORE}flow.WorkingDirectory",
        "inputFiles": {"a.txt": given},
        "tasks": [log("t")],
    }
    document = done(folder)
    [said] = messages(document, "w")
    assert said.startswith(
        f"Failed preExecuteTasks on WorkingDirectory: class {kind} cannot be cast to class java.lang.String"
    )
    assert states(run_of(document, "w")) == ["CREATED", "FAILED"]


def test_in_a_folder_the_outputs_of_a_child_are_in_a_map_of_their_size() -> None:
    script = {"id": "a", "type": "io.kestra.plugin.scripts.shell.Commands", "commands": ["true"]}
    runner = {"taskRunner": {"type": f"{CORE}runner.Process"}}
    tasks = [{**script, **runner}, log("l", message="{{ outputs.a }}")]
    document = done({"id": "w", "type": f"{CORE}flow.WorkingDirectory", "tasks": tasks})
    assert messages(document, "l") == ['{"exitCode":0,"outputFiles":{},"vars":{}}']
