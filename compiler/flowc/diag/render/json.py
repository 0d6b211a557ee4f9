"""A JSON array of findings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from flowc.diag.model import Diagnostic
from flowc.source import Span


def render(found: Sequence[Diagnostic]) -> str:
    """One object a finding; places count from 1, the end is exclusive."""
    return json.dumps([as_object(each) for each in found], indent=2, ensure_ascii=False) + "\n"


def as_object(found: Diagnostic) -> dict[str, Any]:
    """A finding as plain data."""
    result: dict[str, Any] = {
        "code": found.code,
        "severity": found.severity.value,
        "message": found.message,
        **place(found.span),
    }
    if found.label:
        result["label"] = found.label
    if found.hint:
        result["hint"] = found.hint
    if found.notes:
        result["notes"] = [
            {"message": note.text, **(place(note.span) if note.span else {})}
            for note in found.notes
        ]
    result["runtime"] = found.runtime
    return result


def place(span: Span) -> dict[str, Any]:
    """File, line, column, end line and end column."""
    line, column = span.file.position(span.start)
    end_line, end_column = span.file.position(max(span.start, span.end))
    return {
        "file": span.file.name,
        "line": line,
        "column": column,
        "endLine": end_line,
        "endColumn": end_column,
    }
