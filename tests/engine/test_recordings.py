"""The recorded executions of the corpus, one by one, in this process: what the engine did, step by step."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "conformance")]

from run_recorded import (  # noqa: E402
    Difference,
    cases_of,
    http_server,
    kind_of,
    known_differences,
    may_be_left_out,
    run_case,
)

CASES = cases_of(TESTS / "conformance" / "corpus")
KNOWN = known_differences()
NONE = Difference(frozenset(), "")


def name_of(case: Path) -> str:
    return f"{case.parent.name}/{case.name}"


@pytest.fixture(scope="module", autouse=True)
def server() -> Iterator[None]:
    """What the flows of the recordings talk to."""
    with http_server():
        yield


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_an_execution_is_that_of_the_engine(case: Path) -> None:
    name, outcome, problems = run_case(str(case))
    if outcome == "left out":
        assert may_be_left_out(problems[0])
        pytest.skip(problems[0])
    assert (outcome == "equal") is (name not in KNOWN), problems
    assert {kind_of(each) for each in problems} <= KNOWN.get(name, NONE).kinds, problems


def test_there_are_recordings() -> None:
    assert len(CASES) >= 85
