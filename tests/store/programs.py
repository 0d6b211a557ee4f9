"""Programs of compiled flows, run as processes of their own."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flowrt.model.clock import SystemClock
from flowrt.store.errors import StoreError
from flowrt.store.opening import open_database
from flowrt.verbs.options import RunOptions
from flowrt.verbs.resume import resume

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{ROOT / 'compiler'}{os.pathsep}{ROOT / 'runtime'}"}


class LaterClock(SystemClock):
    """The time of the machine, and some more seconds."""

    def __init__(self, seconds: int) -> None:
        self._more = seconds * 10**9

    def now(self) -> int:  # type: ignore[override]
        return time.time_ns() + self._more

    def wait(self, wait: Callable[[float | None], None], until: int | None, busy: int) -> None:
        super().wait(wait, None if until is None else until - self._more, busy)


DATABASES: list[Callable[[], str]] = []
"""What makes an empty store, when stores are no folders."""


class Program:
    """A flow compiled into a folder, with a store beside it."""

    def __init__(self, folder: Path, source: str, more: list[str] | None = None) -> None:
        self.folder = folder
        self.more = more or []
        self.file = folder / "flow.py"
        self.store = DATABASES[-1]() if DATABASES else str(folder / "store")
        self.compile(source)

    def compile(self, source: str) -> None:
        """Compile the flow (anew)."""
        yaml = self.file.with_suffix(".yaml")
        yaml.write_text(source)
        words = [sys.executable, "-m", "flowc", "compile", str(yaml), "-o", str(self.file)]
        subprocess.run([*words, *self.more], check=True, env=ENVIRONMENT, capture_output=True)

    def words(self, *words: str) -> list[str]:
        return [sys.executable, str(self.file), *words, "--store", self.store]

    def run(self, *words: str, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        more = {"env": ENVIRONMENT, "cwd": self.folder, **more}
        return subprocess.run(
            self.words(*words), capture_output=True, text=True, timeout=60, **more
        )

    def resume_later(self, id: str, seconds: int) -> str:
        """Resume an execution here, when so much time has passed; answers its state."""
        flow = runpy.run_path(str(self.file))["flow"]
        done = resume(flow, id, RunOptions(store=self.store, clock=LaterClock(seconds)))
        return done.outcome.state

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Run a command in the background."""
        return subprocess.Popen(
            self.words(*words),
            env=ENVIRONMENT,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def stored(self) -> bytes:
        """All that the store holds."""
        found = [
            file.read_bytes()
            for folder in (self.folder / "store", self.folder / ".flowrt")
            for file in sorted(folder.rglob("*"))
            if file.is_file()
        ]
        if "://" in self.store:
            import psycopg

            tables = ("execution", "run", "choice", "log", "program")
            with psycopg.connect(self.store) as connection:
                for table in tables:
                    rows = connection.execute(f"SELECT * FROM flowrt.{table}").fetchall()  # type: ignore[call-overload]
                    found.append(repr(rows).encode())
        return b"".join(found)

    def list(self) -> list[dict[str, Any]]:
        """All executions, the latest first."""
        found: list[dict[str, Any]] = json.loads(self.run("list", "--json").stdout or "[]")
        return found

    def show(self, id: str) -> dict[str, Any]:
        """The document of an execution."""
        found: dict[str, Any] = json.loads(self.run("show", id, "--json").stdout)
        return found

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Look into the store, whoever works with it."""
        try:
            database = open_database(self.store, create=False)
        except StoreError:
            return []  # there is none yet
        try:
            return database.rows(sql)
        finally:
            database.close()

    def wait_for(self, state: str, task: str | None = None) -> dict[str, Any]:
        """The latest execution, once it (or a task of it) is in a state."""
        latest = "SELECT no, id, state FROM execution ORDER BY no DESC LIMIT 1"

        def found() -> str | None:
            for no, id, current in self.query(latest):
                runs = self.runs(f"WHERE execution = {no}")
                if (task, state) in runs or (task is None and current == state):
                    return str(id)
            return None

        return self.show(self._until(found, f"never {state}"))

    def wait_for_execution(self, id: str, state: str) -> None:
        """Wait until an execution is in a state."""
        states = f"SELECT state FROM execution WHERE id = '{id}'"
        self._until(lambda: self.query(states) == [(state,)], f"{id} was never {state}")

    def wait_for_run(self, task: str, state: str) -> None:
        """Wait until a task run is in a state."""
        self._until(lambda: (task, state) in self.runs(), f"{task} was never {state}")

    def wait_for_wishes(self, count: int) -> None:
        """Wait until so much is asked of an execution."""

        def asked() -> bool:
            wishes = [wish for (wish,) in self.query("SELECT wish FROM execution") if wish]
            return sum(len(each.split("\n")) for each in wishes) >= count

        self._until(asked, "it was never asked")

    def wait_for_other(self, flow: str, other: str, state: str) -> None:
        """Wait until an execution of another flow, which one of `flow` has started, is in a state."""

        def there() -> bool:
            found = self.query("SELECT flow, state FROM execution")
            return (other, state) in found and flow in {name for name, _ in found}

        self._until(there, f"{other} was never {state}")

    def runs(self, where: str = "") -> set[tuple[str, str]]:
        """Tasks and states of the task runs in the store."""
        found = self.query(f"SELECT task, history FROM run {where}")
        return {(name, history.split(" ")[-2]) for name, history in found}

    def _until(self, happened: Callable[[], Any], never: str) -> Any:
        """What has happened, as soon as something has."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if found := happened():
                return found
            time.sleep(0.02)
        raise AssertionError(f"{never}: {self.list()}")


def states(document: dict[str, Any]) -> list[str]:
    """The states an execution went through."""
    return [each["state"] for each in document["state"]["histories"]]


def runs(document: dict[str, Any]) -> list[tuple[str, str]]:
    """Tasks and states of the task runs."""
    return [(each["taskId"], each["state"]["current"]) for each in document.get("taskRunList", [])]
