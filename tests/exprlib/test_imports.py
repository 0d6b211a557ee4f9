"""A filter that is simple imports nothing heavy."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "module", ["filters_text", "filters_list", "filters_number", "functions_core"]
)
def test_simple_filters_are_light(module: str) -> None:
    heavy = {"zoneinfo", "decimal", "subprocess", "json", "urllib.request", "flowrt.jq"}
    code = f"import sys, flowrt.expr.{module}; print(*sorted({heavy!r} & set(sys.modules)))"
    paths = [path for path in sys.path if path]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {paths!r}; {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == []
