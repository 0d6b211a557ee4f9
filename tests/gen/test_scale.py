"""Work in proportion to the size of a flow, counted rather than timed."""

from __future__ import annotations

import sys
from typing import Any

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


def _calls(tasks: int) -> int:
    """Function calls of a compilation without black."""
    sources = Sources(SourceFile("flow.yaml", _flow(tasks)))
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
    _calls(10)
    small, large = _calls(100), _calls(400)
    assert large < small * 4.6


def test_two_thousand_tasks() -> None:
    source = generate(
        analyse(Sources(SourceFile("flow.yaml", _flow(2000)))).require(), formatted=False
    )
    assert source.count("flow.task(") == 2000
