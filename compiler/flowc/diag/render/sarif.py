"""SARIF 2.1.0, the format that code scanning services read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from flowc.diag.codes import CODES
from flowc.diag.model import Diagnostic
from flowc.source import Span


def render(found: Sequence[Diagnostic]) -> str:
    """One run with the rules that occur and the results."""
    rules = sorted({each.code for each in found})
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "flowc", "rules": [_rule(code) for code in rules]}},
                "columnKind": "unicodeCodePoints",
                "results": [_result(each, rules.index(each.code)) for each in found],
            }
        ],
    }
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _rule(code: str) -> dict[str, Any]:
    known = CODES[code]
    return {
        "id": code,
        "shortDescription": {"text": known.title},
        "fullDescription": {"text": known.explanation},
        "defaultConfiguration": {
            "level": "note" if known.note else "warning" if known.warning else "error"
        },
    }


def _result(found: Diagnostic, rule: int) -> dict[str, Any]:
    text = found.message if found.hint is None else f"{found.message}\n{found.hint}"
    result: dict[str, Any] = {
        "ruleId": found.code,
        "ruleIndex": rule,
        "level": found.severity.value,
        "message": {"text": text},
        "locations": [_location(found.span)],
    }
    related = [
        {**_location(note.span), "message": {"text": note.text}}
        for note in found.notes
        if note.span
    ]
    if related:
        result["relatedLocations"] = related
    return result


def _location(span: Span) -> dict[str, Any]:
    line, column = span.file.position(span.start)
    end_line, end_column = span.file.position(max(span.start, span.end))
    name = Path(span.file.name)
    uri = name.as_uri() if name.is_absolute() else quote(name.as_posix())
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": uri},
            "region": {
                "startLine": line,
                "startColumn": column,
                "endLine": end_line,
                "endColumn": end_column,
            },
        }
    }
