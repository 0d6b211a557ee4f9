"""What tests of plugins share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from plugins.service import Service, serving


@pytest.fixture
def service() -> Iterator[Service]:
    """A web service that answers as the test says."""
    with serving() as found:
        yield found
