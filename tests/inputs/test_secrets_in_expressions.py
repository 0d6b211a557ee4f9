"""A SECRET is a plain text for expressions, however it is kept: sealed with a key, or in the memory of its process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from running import analysed, loaded, options

from flowrt.engine.document import execution_document
from flowrt.verbs.start import execute

CORE = "io.kestra.plugin.core"
USES = {
    "{{ {'p': SECRET} | toJson }}": '{"p":"abc"}',
    "{{ [SECRET, 1] }}": '["abc",1]',
    "{{ [SECRET] | toJson }}": '["abc"]',
    "{{ SECRET | toJson }}": '"abc"',
    "{{ SECRET | toIon }}": '"abc"',
    "{{ {'p': SECRET} | yaml }}": "p: abc\n",
    "{{ {'p': SECRET} | jq('.p | length') }}": "[3]",
    "{{ {'p': SECRET} | jq('.p') | first }}": "abc",
    "{{ SECRET == 'abc' }} {{ 'abc' == SECRET }} {{ SECRET != 'abc' }}": "true true false",
    "{{ [SECRET] contains 'abc' }} {{ ['abc'] contains SECRET }} {{ SECRET contains 'b' }}": (
        "true true true"
    ),
    "{{ SECRET is iterable }} {{ SECRET is json }} {{ SECRET is empty }}": "false false false",
    "{{ SECRET | length }} {{ SECRET | upper }} {{ SECRET | first }}": "3 ABC a",
    "{{ SECRET ~ '!' }}{{ SECRET + '?' }}": "abc!abc?",
}
KEPT = ["memory", "store"]


def answers(flow: dict[str, Any], store: Path | None) -> dict[str, Any]:
    """The outputs of an execution whose SECRET is `abc`."""
    given = options(store)
    given.inputs = {"s": "abc"}
    document = execution_document(execute(loaded(analysed(flow)), given))
    assert document["state"]["current"] == "SUCCESS", document["logs"]
    outputs: dict[str, Any] = document["outputs"]
    return outputs


def at(kept: str, folder: Path) -> Path | None:
    return folder / "store" if kept == "store" else None


@pytest.mark.parametrize("kept", KEPT)
def test_tasks_see_a_secret_as_a_text(kept: str, tmp_path: Path) -> None:
    uses = [use.replace("SECRET", "inputs.s") for use in USES]
    outputs = [
        {"id": f"o{number}", "type": "STRING", "value": f"{{{{ outputs.t{number}.value }}}}"}
        for number in range(len(uses))
    ]
    flow = {
        "id": "f",
        "namespace": "a.b",
        "inputs": [{"id": "s", "type": "SECRET"}],
        "tasks": [
            {"id": f"t{number}", "type": f"{CORE}.debug.Return", "format": use}
            for number, use in enumerate(uses)
        ],
        "outputs": [
            *outputs,
            {"id": "inputs", "type": "JSON", "value": "{{ inputs | toJson }}"},
        ],
    }
    found = answers(flow, at(kept, tmp_path))
    assert found.pop("inputs") == {"s": "abc"}
    assert found == {f"o{number}": value for number, value in enumerate(USES.values())}


@pytest.mark.parametrize("kept", KEPT)
def test_inputs_that_depend_on_a_secret_see_it_as_a_text(kept: str, tmp_path: Path) -> None:
    depends = {"inputs": ["s"], "condition": "{{ inputs.s == 'abc' }}"}
    ids = [f"i{number}" for number in range(len(USES))]
    flow = {
        "id": "f",
        "namespace": "a.b",
        "inputs": [
            {"id": "s", "type": "SECRET"},
            *(
                {
                    "id": id,
                    "type": "STRING",
                    "defaults": use.replace("SECRET", "inputs.s"),
                    "dependsOn": depends,
                }
                for id, use in zip(ids, USES, strict=True)
            ),
        ],
        "tasks": [{"id": "t", "type": f"{CORE}.log.Log", "message": "hello"}],
        "outputs": [{"id": id, "type": "STRING", "value": f"{{{{ inputs.{id} }}}}"} for id in ids],
    }
    assert answers(flow, at(kept, tmp_path)) == dict(zip(ids, USES.values(), strict=True))


@pytest.mark.parametrize("kept", KEPT)
def test_the_default_of_a_secret_that_is_switched_off_stays_one(kept: str, tmp_path: Path) -> None:
    off = {"type": "SECRET", "dependsOn": {"inputs": ["sw"], "condition": "{{ inputs.sw }}"}}
    flow = {
        "id": "f",
        "namespace": "a.b",
        "inputs": [
            {"id": "sw", "type": "BOOLEAN", "defaults": False},
            {"id": "alone", "defaults": "hush-alone", **off},
            {
                "id": "group",
                "type": "FORM",
                "inputs": [
                    {"id": "plain", "type": "STRING", "defaults": "shown"},
                    {"id": "inner", "defaults": "hush-inner", **off},
                ],
            },
        ],
        "tasks": [
            {
                "id": "say",
                "type": f"{CORE}.log.Log",
                "message": "{{ inputs.alone | length }} {{ inputs.alone }} {{ inputs.group.inner }} {{ inputs }}",
            }
        ],
    }
    store = at(kept, tmp_path)
    document = execution_document(execute(loaded(analysed(flow)), options(store)))
    assert document["state"]["current"] == "SUCCESS", document["logs"]
    assert document["logs"][0]["message"].startswith("10 ****** ****** {")
    assert document["inputs"]["group"]["plain"] == "shown"
    assert "hush-" not in str(document)
    files = [] if store is None else [each for each in store.rglob("*") if each.is_file()]
    assert all(b"hush-" not in each.read_bytes() for each in files)
