"""Holders on other hosts, whose clocks may differ."""

from __future__ import annotations

from pathlib import Path
from time import time

import pytest

from flowrt.store import holders as module
from flowrt.store.database import Database
from flowrt.store.holders import SILENCE, Held, Holders


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "store")


def held_elsewhere(database: Database, seen: float) -> None:
    database.write(
        "INSERT INTO holder (execution, pid, host, born, token, seen) VALUES (1, 1, 'far', 'b', 't', ?)",
        (seen,),
    )


def test_a_holder_from_the_future_that_gives_no_sign_is_replaced(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    held_elsewhere(database, time() + 10**9)
    monkeypatch.setattr(module, "sleep", lambda seconds: None)
    Holders(database).claim({1: "E"})
    database.close()


def test_a_holder_whose_clock_is_ahead_and_that_lives_is_not(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = time() + 2 * SILENCE
    held_elsewhere(database, ahead)
    beat = "UPDATE holder SET seen = ?"
    monkeypatch.setattr(module, "sleep", lambda seconds: database.write(beat, (ahead + seconds,)))
    with pytest.raises(Held, match="process 1 on far"):
        Holders(database).claim({1: "E"})
    database.close()
