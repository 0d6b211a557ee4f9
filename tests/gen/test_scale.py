"""Work in proportion to the size of a flow, counted rather than timed."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from running import analysed, executed

from flowc.driver import Sources, analyse, generate
from flowc.source import SourceFile


def _flow(tasks: int) -> str:
    lines = ["id: big", "namespace: company.team", "tasks:"]
    for number in range(tasks):
        lines.append(
            f"  - {{id: task-{number}, type: io.kestra.plugin.core.log.Log,"
            f' message: "{{{{ flow.id }}}} {number} {{{{ inputs ?? 1 }}}}"}}'
        )
    return "\n".join(lines)


def _text(message: str) -> str:
    return (
        "id: big\nnamespace: company.team\ninputs: [{id: x, type: STRING}]\ntasks:\n"
        f"  - {{id: note, type: io.kestra.plugin.core.log.Log, message: '{message}'}}\n"
    )


def _calls(flow: str) -> int:
    """Function calls of a compilation without black."""
    sources = Sources(SourceFile("flow.yaml", flow))
    count = 0

    def counted(frame: Any, event: str, arg: Any) -> None:
        nonlocal count
        count += 1

    sys.setprofile(counted)
    try:
        generate(analyse(sources).require(), formatted=False)
    finally:
        sys.setprofile(None)
    return count


def test_linear() -> None:
    _calls(_flow(10))
    small, large = _calls(_flow(100)), _calls(_flow(400))
    assert large < small * 4.6


@pytest.mark.parametrize(
    ("part", "between", "marks"),
    [
        ("inputs.x", " ~ ", "{{ %s }}"),
        ("inputs.x == 1", " or ", "{{ %s }}"),
        ("{{ inputs.x }}", " and ", "%s"),
        ("words of a text", " ", "%s"),
        ("[inputs.x, 1]", ", ", "{{ [%s] }}"),
    ],
)
def test_expressions_and_texts_are_linear_too(part: str, between: str, marks: str) -> None:
    def calls(parts: int) -> int:
        return _calls(_text(marks % between.join([part] * parts)))

    calls(10)
    small, large = calls(400), calls(1_600)
    assert large < small * 4.6


def test_two_thousand_tasks() -> None:
    source = generate(
        analyse(Sources(SourceFile("flow.yaml", _flow(2000)))).require(), formatted=False
    )
    assert source.count("flow.task(") == 2000


@pytest.mark.parametrize("branches", [99, 100, 101, 3_000])
@pytest.mark.parametrize("otherwise", ["", "{% else %}none"])
def test_long_chains_of_branches(branches: int, otherwise: str) -> None:
    tests = [
        f"{{% {'elseif' if number else 'if'} taskrun.value == '{number}' %}}{number}"
        for number in range(branches)
    ]
    flow = {
        "id": "f",
        "namespace": "a.b",
        "tasks": [
            {
                "id": "t",
                "type": "io.kestra.plugin.core.flow.ForEach",
                "values": [0, 1, branches - 1, branches],
                "tasks": [
                    {
                        "id": "r",
                        "type": "io.kestra.plugin.core.debug.Return",
                        "format": "".join(tests) + otherwise + "{% endif %}.",
                    }
                ],
            }
        ],
    }
    runs = executed(analysed(flow))["taskRunList"]
    found = [each["outputs"]["value"] for each in runs if each["taskId"] == "r"]
    assert found == ["0.", "1.", f"{branches - 1}.", "none." if otherwise else "."]
