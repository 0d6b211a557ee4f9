"""Holders on other hosts, whose clocks may differ."""

from __future__ import annotations

from pathlib import Path
from time import time

import pytest

from flowrt.store import holders as module
from flowrt.store.errors import StoreError
from flowrt.store.holders import BEAT, SILENCE, Held, Holders
from flowrt.store.sqlite import SqliteDatabase as Database


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


def test_whoever_was_replaced_writes_no_more(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that was silent for too long, and goes on, finds that another one has its executions."""
    first, second = Holders(database), Holders(database)
    first.claim({1: "a", 2: "b"})
    first.beat()
    now = time() + 2 * BEAT
    monkeypatch.setattr(module, "time", lambda: now)
    first.beat()
    second.take(2)
    now += 2 * BEAT
    for _ in range(2):
        with pytest.raises(StoreError, match="FS109"):
            first.beat()
    second.beat()
    first.release(2)
    first.beat()
    database.close()
