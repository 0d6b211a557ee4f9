"""What a command line is told beyond the engine's messages."""

from __future__ import annotations

import base64

import pytest
from running import analysed, loaded

from flowrt.model.flow import Flow
from flowrt.program.main import run as main

INPUTS = """
id: asks
namespace: company.team
inputs:
  - {id: day, type: DATE, required: false}
  - {id: at, type: DATETIME, required: false}
  - {id: hour, type: TIME, required: false}
  - {id: took, type: DURATION, required: false}
  - {id: list, type: ARRAY, itemType: STRING, required: false}
  - {id: some, type: MULTISELECT, values: [x, y], required: false}
  - {id: document, type: JSON, required: false}
  - {id: file, type: FILE, required: false}
tasks:
  - {id: said, type: io.kestra.plugin.core.log.Log, message: said}
"""


def load(text: str) -> Flow:
    return loaded(analysed(text))


@pytest.mark.parametrize(
    ("id", "wrong", "form", "right"),
    [
        ("day", "30.6.2024", "DATE; write 2024-06-30", "2024-06-30"),
        ("at", "2024-13-01", "DATETIME; write 2024-06-30T22:00:00Z", "2024-06-30T22:00:00Z"),
        ("hour", "25:00", "TIME; write 22:00:00", "22:00:00"),
        ("took", "90m", "DURATION; write PT1H30M", "PT1H30M"),
        ("list", "1,2", 'ARRAY; write ["a", "b"]', '["a", "b"]'),
        ("some", "x", 'MULTISELECT; write ["a", "b"]', '["x"]'),
        ("document", "{bad", 'JSON; write {"key": "value"}', '{"key": "value"}'),
        ("file", "/nowhere.csv", "FILE; write a path of a file that can be read", None),
    ],
)
def test_a_value_that_cannot_be_read_is_named_with_one_that_can(
    capsys: pytest.CaptureFixture[str], id: str, wrong: str, form: str, right: str | None
) -> None:
    assert main(load(INPUTS), ["--input", f"{id}={wrong}"]) == 2
    first, cause, *_ = capsys.readouterr().err.split("\n")
    assert first == f"Invalid value for input `{id}`: '{wrong}' cannot be read as {form}"
    assert cause.startswith("  ") and "```" not in cause
    if right is not None:
        assert main(load(INPUTS), ["--input", f"{id}={right}"]) == 0


def test_what_a_failed_start_lacked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(message: str) -> str:
        flow = load(
            "{id: told, namespace: company.team, tasks: [{id: a, type: io.kestra.plugin.core.log.Log,"
            f' message: "{message}"}}]}}'
        )
        main(flow, [])
        return "".join(
            line + "\n" for line in capsys.readouterr().err.split("\n") if line.startswith("hint: ")
        )

    hint = "hint: the values of a trigger are given with --trigger FILE.json\n"
    assert told("{{ trigger.date }}") == hint
    assert told("{{ nothing.date }}") == told("{{ secret('KEY') }}") == ""
    monkeypatch.setenv("SECRET_KEY", "plain!text")
    assert told("{{ secret('key') }}").startswith(
        "hint: SECRET_KEY is set, but its value is not the base64"
    )
    monkeypatch.setenv("SECRET_KEY", base64.b64encode(b"text").decode())
    assert told("{{ secret('key') }}") == ""


def test_rows_of_the_log_without_an_option_that_keeps_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    flow = load("""
id: fetches
namespace: company.team
tasks:
  - {id: one, type: io.kestra.plugin.core.log.Log, message: one}
  - {id: rows, type: io.kestra.plugin.core.log.Fetch}
  - {id: said, type: io.kestra.plugin.core.log.Log, message: "{{ outputs.rows.size }} {{ read(outputs.rows.uri) }}"}
""")
    assert main(flow, []) == 0
    said = capsys.readouterr().err
    assert "said: 1 {" in said and 'message:"one"' in said


@pytest.mark.parametrize(
    ("type", "default", "said"),
    [
        ("JSON", "'{\"a\": '", "'{\"a\": ' cannot be read as JSON; write {\"key\": \"value\"}\n  Unexpected end-of-input"),
        ("JSON", "\"{{ '[1, ' }}\"", "'[1, ' cannot be read as JSON; write {\"key\": \"value\"}\n  Unexpected end-of-input"),
        ("YAML", "'a: b: c'", "'a: b: c' cannot be read as YAML; write key: value\n  mapping values are not allowed here"),
        ("YAML", "'[a'", "'[a' cannot be read as YAML; write key: value\n  while parsing a flow sequence: expected ',' or ']'"),
    ],
)  # fmt: skip
def test_a_default_that_cannot_be_read_is_shown_with_the_reason(
    capsys: pytest.CaptureFixture[str], type: str, default: str, said: str
) -> None:
    flow = INPUTS.replace("type: JSON, required: false", f"type: {type}, defaults: {default}")
    assert main(load(flow), []) == 2
    assert f"Invalid value for input `document`: {said}" in capsys.readouterr().err
