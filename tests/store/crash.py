#!/usr/bin/env python3
"""Kill a durable execution again and again, and check that nothing is lost and nothing that ended runs twice.

    python tests/store/crash.py [--kills 1000] [--seed 1] [--durability normal]

The commits of an undisturbed run are counted. Half of the kills, or as many as there are boundaries, come right before and
right after a commit, evenly over the run; the others at random instants. Each time the whole process group gets SIGKILL,
then the execution is resumed, and one that a kill finds over gives way to a new one. The tasks of `crash.yaml` write a
ledger outside of the store when they begin and when they end.

Checked at the end of each execution: state, outputs, logs, key-value entries and stored bytes are those of the undisturbed
run; each task run that the store knew as ended when a process died ended once and never began again; no task run began more
often than it was killed at work, plus once.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "runtime"))

from flowrt.store.errors import StoreError  # noqa: E402
from flowrt.store.opening import open_database  # noqa: E402

DYING = [str(HERE / "dying.py")]
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{ROOT / 'compiler'}{os.pathsep}{ROOT / 'runtime'}"}
LEDGER = """#!/bin/sh
echo "begin $1" >> "$0.txt"
sleep 0.02
echo "end $1" >> "$0.txt"
"""
TASKS = {
    "first": "first",
    "work[a]": "work-a",
    "work[b]": "work-b",
    "work[c]": "work-c",
    "rare": "rare",
    "inside": "inside",
    "put": "put",
    "take": "take",
    "caught": "caught",
    "last": "last",
}
"""The task runs that write one entry each, and the entry."""


class Crash:
    """One execution that is killed until it is over."""

    def __init__(self, folder: Path, program: Path, durability: str, store: str | None) -> None:
        self.folder = folder
        self.program = program
        self.durability = durability
        self.store = store or str(folder / "store")
        self.files = folder / "store" if store is None else folder / ".flowrt"
        self.ledger = folder / "ledger.sh"
        self.ledger.write_text(LEDGER)
        self.ledger.chmod(0o755)
        self.kills = 0
        self.settled: dict[str, int] = {}
        self.problems: list[str] = []

    def command(self, point: str) -> list[str]:
        """Begin the execution, or resume the one that is there; `point` is where it dies (`dying.py`)."""
        words = [sys.executable, *DYING, point, str(self.folder / "commits"), str(self.program)]
        id = self.id()
        words += ["resume", id] if id else ["--input", f"ledger={self.ledger}"]
        return [
            *words,
            *("--store", self.store, "--durability", self.durability),
            *("--execution", str(self.folder / "out.json")),
        ]

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Look into the store, as it is after the process died."""
        try:
            database = open_database(self.store, create=False)
        except StoreError:
            return []  # killed before there was one
        try:
            return database.rows(sql)
        except StoreError:
            return []
        finally:
            database.close()

    def id(self) -> str | None:
        rows = self.query("SELECT id FROM execution WHERE starter IS NULL")
        return str(rows[0][0]) if rows else None

    def run(
        self, after: float | None = None, point: str = "never"
    ) -> subprocess.CompletedProcess[str] | None:
        """Run until it is over, or dies at a commit or after some seconds; None when it was killed."""
        process = subprocess.Popen(
            self.command(point),
            env=ENVIRONMENT,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            out, err = process.communicate(timeout=after)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()  # it may have ended by itself a moment before
        if process.returncode != -signal.SIGKILL:
            return subprocess.CompletedProcess(process.args, process.returncode, out, err)
        kill_strays(self.ledger)
        self.kills += 1
        self._note_settled()
        return None

    def over(self) -> bool:
        """Whether the kill came after the end was remembered."""
        rows = self.query("SELECT over FROM execution WHERE starter IS NULL")
        return bool(rows and rows[0][0])

    def show(self) -> subprocess.CompletedProcess[str]:
        """Read the document of an execution that is over from the store."""
        words = [sys.executable, str(self.program), "show", self.id() or "", "--json"]
        done = subprocess.run(
            [*words, "--store", self.store],
            env=ENVIRONMENT,
            cwd=self.folder,
            capture_output=True,
            text=True,
        )
        (self.folder / "out.json").write_text(done.stdout)
        return done

    def outcome(self) -> dict[str, Any]:
        """What must be the same however often it was killed."""
        document = json.loads((self.folder / "out.json").read_text())
        runs = document["taskRunList"]
        return {
            "state": document["state"]["current"],
            "outputs": document["outputs"],
            "runs": sorted((run["taskId"], run["state"]["current"]) for run in runs),
            "children": [child["state"]["current"] for child in document["children"]],
            "logs": {
                (each.get("taskId"), each["level"], self._plain(each["message"]))
                for part in (document, *document["children"])
                for each in part["logs"]
                if each.get("taskId") != "flaky"  # which fails no more when it was killed at work
            },
            "entries": {file.name: file.read_bytes() for file in self.files.glob("kv/**/*.ion")},
            "stored": {
                file.read_bytes() for file in self.files.glob("storage/**/*") if file.is_file()
            },
        }

    def _plain(self, message: str) -> str:
        """A message without what differs each time: folders, ids, process ids."""
        return re.sub(r'execution="\w+"|\d+', "#", message.replace(str(self.folder), ""))

    def _entries(self) -> Counter[str]:
        file = Path(f"{self.ledger}.txt")
        return Counter(file.read_text().splitlines()) if file.exists() else Counter()

    def _note_settled(self) -> None:
        """How often each task that the store knows as ended had begun: that must never grow again."""
        entries = self._entries()
        for task, value, history in self.query("SELECT task, value, history FROM run"):
            name = task if value is None else f"{task}[{json.loads(value)}]"
            if name in TASKS and history.split(" ")[-2] == "SUCCESS":
                self.settled.setdefault(name, entries[f"begin {TASKS[name]}"])

    def check(self, done: subprocess.CompletedProcess[str], wanted: dict[str, Any]) -> None:
        """Compare the end with that of an undisturbed run."""
        if done.returncode != 0:
            self.problems.append(f"exit code {done.returncode}:\n{done.stderr[-3000:]}")
            return
        found = self.outcome()
        self.problems += [
            f"{what} otherwise:\n{_difference(found[what], wanted[what])}"
            for what in wanted
            if found[what] != wanted[what]
        ]
        entries = self._entries()
        for name, entry in TASKS.items():
            begun, ended = entries[f"begin {entry}"], entries[f"end {entry}"]
            if not ended or begun > self.kills + 1:
                self.problems.append(f"{name} began {begun} times and ended {ended} times")
            if name in self.settled and begun != self.settled[name]:
                self.problems.append(f"{name} ran again although it had ended")


def _difference(found: Any, wanted: Any) -> str:
    if isinstance(wanted, set):
        return f"{wanted - found} is missing, {found - wanted} is too much"
    return f"{found}\nnot\n{wanted}"


def kill_strays(ledger: Path) -> None:
    """Tasks have process groups of their own: end those that the kill has left."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes()
                if str(ledger).encode() in line and int(entry.name) != os.getpid():
                    os.kill(int(entry.name), signal.SIGKILL)
            except (OSError, ProcessLookupError):
                continue


def compiled(folder: Path) -> Path:
    """The program of `crash.yaml`."""
    program = folder / "crash.py"
    command = [sys.executable, "-m", "flowc", "compile", str(HERE / "crash.yaml")]
    subprocess.run(
        [*command, "--flows", str(HERE), "-o", str(program)],
        check=True,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
    )
    return program


def points(commits: int, most: int) -> list[str]:
    """Where to kill: before and after every commit, or as many of these places, evenly."""
    every = [f"{side}:{number}" for number in range(1, commits + 1) for side in ("before", "after")]
    step = max(1.0, len(every) / max(most, 1))
    return [every[int(at * step)] for at in range(int(len(every) / step))] if most else []


def crash(
    kills: int,
    seed: int,
    durability: str = "normal",
    new_store: Callable[[], str] | None = None,
) -> list[str]:
    """Kill so many times; the problems that were found. `new_store` makes stores that are no folders."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        program = compiled(folder)

        def execution(number: int) -> Crash:
            place = folder / str(number)
            place.mkdir()
            return Crash(place, program, durability, new_store() if new_store else None)

        undisturbed = execution(0)
        began = time.monotonic()
        done = undisturbed.run()
        took = time.monotonic() - began
        assert done is not None
        if done.returncode != 0:
            return [f"undisturbed: exit code {done.returncode}\n{done.stderr}"]
        wanted = undisturbed.outcome()
        commits = int((undisturbed.folder / "commits").read_text())
        places = points(commits, kills // 2)
        chance.shuffle(places)
        made = number = 0
        while made < kills:
            number += 1
            victim = execution(number)
            if places:
                point = places.pop()
                done = victim.run(point=point)
                if done is None:
                    made += 1
                    done = victim.show() if victim.over() else victim.run()
            else:
                point = "random instants"
                done = None
                while done is None:
                    done = victim.run(chance.uniform(0.02, took * 0.6))
                    made += done is None
                    if done is None and victim.over():
                        done = victim.show()
            assert done is not None
            victim.check(done, wanted)
            if victim.problems:
                return [f"killed {point}: {problem}" for problem in victim.problems]
        print(f"{made} kills in {number} executions of {commits} commits, no problems")
        return []


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--durability", choices=("full", "normal"), default="normal")
    arguments = parser.parse_args()
    problems = crash(arguments.kills, arguments.seed, arguments.durability)
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
