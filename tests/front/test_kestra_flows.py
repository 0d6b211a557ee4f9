"""Kestra's own valid and invalid flows: what its validator takes and refuses, flowc takes and refuses.

The flows lie beside the repository (`../shared`); without them the tests are skipped.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from flowc.driver import Sources, analyse
from flowc.source import SourceFile

FLOWS = Path(__file__).parents[2].parent / "shared" / "conformance" / "flows"
TAKEN = {
    "invalid-parallel-negative-concurrency": "1.3 takes it as no limit, later versions refuse it",
    "invalid-plugin-default-null-property": "saving drops what is null first; FC216 warns",
    "invalid-schedule-missing-input": "the validator of 1.3.34 takes it; FC218 warns",
    "invalid-schedule-missing-input-2": "the validator of 1.3.34 takes it; FC218 warns",
}
"""Refused by another version of the engine than the one that flowc follows."""

OTHER_WORDS = {"invalid-input-file-default-and-array-of-array"}
"""Refused with a message that 1.3.34 words in another way."""


def _cases(kind: str) -> list[Path]:
    return sorted(FLOWS.glob(f"{kind}/*.yaml")) or [FLOWS / kind / "absent.yaml"]


def _read(path: Path) -> tuple[Any, dict[str, Any]]:
    if not path.is_file():
        pytest.skip(f"{path.parent} is not there")
    expected = path.with_suffix(".expected.json")
    result = analyse(Sources(SourceFile(path.name, path.read_text("utf-8"))))
    return result, json.loads(expected.read_text("utf-8")) if expected.exists() else {}


@pytest.mark.parametrize("path", _cases("valid"), ids=lambda path: path.stem)
def test_valid(path: Path) -> None:
    result, _ = _read(path)
    refused = [each for each in result.diagnostics if each.is_error and not each.runtime]
    assert all(each.code.startswith("FC5") for each in refused), [e.message for e in refused]


@pytest.mark.parametrize("path", _cases("invalid"), ids=lambda path: path.stem)
def test_invalid(path: Path) -> None:
    result, expected = _read(path)
    refused = any(each.is_error and not each.runtime for each in result.diagnostics)
    assert refused is (path.stem not in TAKEN)
    if path.stem in (*TAKEN, *OTHER_WORDS):
        assert result.diagnostics
        return
    said = "\n".join(
        text
        for each in result.diagnostics
        for text in (each.message, *(note.text for note in each.notes))
    )
    for message in expected.get("messages", ()):
        if isinstance(message, str):
            assert message in said
