"""The windows of triggers that wait for several executions, where the flows that they wait for run in programs of their own."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from flowrt.engine.windows import Window
from flowrt.store.codec import mark, pack, unpack
from flowrt.store.loading import readable, sound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flowrt.engine.windows import Key
    from flowrt.store.database import Database

_TABLE = """
CREATE TABLE IF NOT EXISTS heard (
    namespace TEXT NOT NULL,
    flow TEXT NOT NULL,
    id TEXT NOT NULL,
    began BIGINT NOT NULL,
    ends BIGINT NOT NULL,
    outputs TEXT,
    held TEXT NOT NULL,
    mark BIGINT NOT NULL,
    PRIMARY KEY (namespace, flow, id)
)
"""
"""Made when it is first needed: most stores have no flows that wait for others, and older versions do not look at it."""
_WHERE = "WHERE namespace = ? AND flow = ? AND id = ?"
_PUT = """
INSERT INTO heard (namespace, flow, id, began, ends, outputs, held, mark) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (namespace, flow, id) DO UPDATE SET began = excluded.began, ends = excluded.ends,
outputs = excluded.outputs, held = excluded.held, mark = excluded.mark
"""


_LATEST = 2**63 - 1
"""What the column of a time holds: up to the year 2262."""


class StoreWindows:
    """See `flowrt.engine.windows.Kept`."""

    def __init__(self, database: Database, commit: Callable[[], None]) -> None:
        self._database = database
        self._commit = commit
        self._made = False

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else looks at windows meanwhile. What is started is written together with the windows, or neither is."""
        with self._database.alone():
            if not self._made:
                self._database.write(_TABLE)
            yield
            self._commit()
        self._made = True

    def get(self, key: Key) -> Window | None:
        found = self._database.row(
            f"SELECT namespace, flow, id, began, ends, outputs, held, mark FROM heard {_WHERE}",
            *key,
        )
        if found is None:
            return None
        with readable(self._database.name):
            began, ends, outputs, held = sound(found)[len(key) :]
            window = Window(began, ends, None if outputs is None else unpack(outputs))
            window.held = set(unpack(held))
        return window

    def put(self, key: Key, window: Window) -> None:
        outputs = None if window.outputs is None else pack(window.outputs)
        times = (max(-_LATEST, min(each, _LATEST)) for each in (window.start, window.end))
        values = (*key, *times, outputs, pack(sorted(window.held)))
        self._database.write(_PUT, (*values, mark(values)))

    def drop(self, key: Key) -> None:
        self._database.write(f"DELETE FROM heard {_WHERE}", key)
