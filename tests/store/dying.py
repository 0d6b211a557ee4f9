"""Runs a program that is killed at one of its commits, with all that it has started.

    python dying.py POINT COUNTS flow.py ...

POINT is `before:N` or `after:N`: the Nth commit; or `never`: then the number of commits is written to the file COUNTS.
"""

from __future__ import annotations

import atexit
import os
import runpy
import signal
import sys
from pathlib import Path
from typing import Any

from flowrt.store.sqlite import SqliteDatabase

point, counts, program, *words = sys.argv[1:]
made = 0


def die_at(database: type[Any]) -> None:
    """Let the commits of a kind of store be counted."""
    commit = database.__exit__

    def counted(self: Any, kind: Any, error: Any, trace: Any) -> None:
        global made
        if kind is None:
            made += 1
            if point == f"before:{made}":
                os.killpg(0, signal.SIGKILL)
        commit(self, kind, error, trace)
        if point == f"after:{made}" and kind is None:
            os.killpg(0, signal.SIGKILL)

    database.__exit__ = counted


die_at(SqliteDatabase)
if any("://" in word for word in words):
    from flowrt.store.postgresql import PostgresDatabase

    die_at(PostgresDatabase)
if point == "never":
    atexit.register(lambda: Path(counts).write_text(str(made)))
sys.path.insert(0, os.path.dirname(program))
sys.argv = [program, *words]
runpy.run_path(program, run_name="__main__")
