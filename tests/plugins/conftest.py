"""What tests of plugins share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from plugins.service import Service, serving


@pytest.fixture
def service() -> Iterator[Service]:
    """A web service that answers as the test says."""
    with serving() as found:
        yield found


@pytest.fixture(autouse=True)
def no_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine of the tests has no identity of Azure; one test gives it one."""
    for name in os.environ:
        if name.startswith(("AZURE_", "IDENTITY_")):
            monkeypatch.delenv(name)
    monkeypatch.setattr("flowrt.plugins.entra_machine.MACHINE_ADDRESS", "http://127.0.0.1:1/")
