"""The module that scripts import as `kestra`, held against what the published package (2.0.0) answered."""

from __future__ import annotations

import json
import logging
import re
from datetime import datetime
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

import flowrt.scripting

TESTS = Path(__file__).parents[1]
PATH = Path(flowrt.scripting.__file__).parent / "stand_in" / "kestra.py"
READ = json.loads((TESTS / "recorded" / "kestra-read.json").read_text("utf-8"))
"""Texts of Ion, and what `Kestra.read` of the package makes of them: times and floats as text, or `refused`."""


@pytest.fixture(scope="module")
def kestra() -> Any:
    spec = spec_from_file_location("kestra_stand_in", PATH)
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Kestra


def plain(value: Any) -> Any:
    """A value that JSON can hold."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return f"time {value.isoformat()}"
    return f"float {value!r}" if isinstance(value, float) else value


@pytest.mark.parametrize(("text", "expected"), READ, ids=[text for text, _ in READ])
def test_rows_are_those_of_the_package(
    kestra: Any, text: str, expected: Any, tmp_path: Path
) -> None:
    path = tmp_path / "rows.ion"
    path.write_text(text, "utf-8")
    if expected == "refused":
        with pytest.raises(ValueError):
            kestra.read(str(path))
    else:
        assert plain(kestra.read(str(path))) == expected


def test_records_of_the_logger_have_the_form_of_the_package(
    kestra: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    logger = kestra.logger()
    assert isinstance(logger, logging.Logger)
    logger.info("said %s", 1)
    logger.warning("careful")
    out, err = capsys.readouterr()
    for text, level, message in ((out, "INFO", "said 1"), (err, "WARN", "careful")):
        (entry,) = json.loads(text.strip().strip(":"))["logs"]
        assert entry["level"] == level
        assert re.fullmatch(
            rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{3}}Z - {message}", entry["message"]
        )
