"""The option that rewrites expected files, and what all tests share."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from importlib.util import find_spec

import pytest

pytest.register_assert_rewrite("clusters")  # tests that two files share say what differs, too


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write what the tests find as what they expect from now on",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--update-golden") and os.environ.get("CI"):
        raise pytest.UsageError("--update-golden is refused in CI: expected files are reviewed")
    if find_spec("hypothesis") is not None:  # environments of engines have none
        from hypothesis import HealthCheck, settings

        # how fast examples are made is no matter of what is tested: the machine may be busy
        slow = [HealthCheck.too_slow]
        settings.register_profile("patient", deadline=None, suppress_health_check=slow)
        settings.load_profile("patient")
    # `nohup make check` has the processes of the tests ignore it, and those that they start
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether expected files are to be rewritten."""
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture(autouse=True)
def nothing_is_left_running() -> Iterator[None]:
    """What fake runs have started ends with their test, and what they hold open."""
    yield
    made = getattr(sys.modules.get("tasks.fake"), "MADE", [])
    while made:
        made.pop().close()
