#!/usr/bin/env python3
"""Kill a durable execution again and again, and check that nothing is lost and nothing that ended runs twice.

    python tests/store/crash.py [--kills 500] [--seed 1] [--durability normal]

Each time the process group of the running flow gets SIGKILL at a random instant, then the execution is resumed. The tasks
of `crash.yaml` write a ledger outside of the store when they begin and when they end. A kill that finds the execution
over begins a new one. Checked at the end of each execution: the state and outputs of an undisturbed run; each task run that
the store knew as ended when a process died ended once and never began again; no task run began more often than it was
killed at work, plus once.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
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

    def __init__(self, folder: Path, program: Path, durability: str) -> None:
        self.folder = folder
        self.program = program
        self.durability = durability
        self.store = folder / "store"
        self.ledger = folder / "ledger.sh"
        self.ledger.write_text(LEDGER)
        self.ledger.chmod(0o755)
        self.kills = 0
        self.settled: dict[str, int] = {}
        self.problems: list[str] = []

    def command(self) -> list[str]:
        """Begin the execution, or resume the one that is there."""
        words = [sys.executable, str(self.program)]
        id = self.id()
        words += ["resume", id] if id else ["--input", f"ledger={self.ledger}"]
        document = str(self.folder / "out.json")
        more = [
            "--store",
            str(self.store),
            "--execution",
            document,
            "--durability",
            self.durability,
        ]
        return words + more

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Look into the store, as it is after the process died."""
        file = self.store / "executions.db"
        if not file.exists():
            return []
        connection = sqlite3.connect(file)
        try:
            return connection.execute(sql).fetchall()
        except sqlite3.OperationalError:
            return []  # killed before there was a schema
        finally:
            connection.close()

    def id(self) -> str | None:
        rows = self.query("SELECT id FROM execution WHERE starter IS NULL")
        return str(rows[0][0]) if rows else None

    def run(self, after: float | None) -> subprocess.CompletedProcess[str] | None:
        """Run until it is over, or kill its process group after some seconds; None when it was killed."""
        process = subprocess.Popen(
            self.command(),
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            out, err = process.communicate(timeout=after)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            kill_strays(self.ledger)
            self.kills += 1
            self._note_settled()
            return None
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def over(self) -> bool:
        """Whether the kill came after the end was remembered."""
        rows = self.query("SELECT over FROM execution WHERE starter IS NULL")
        return bool(rows and rows[0][0])

    def show(self) -> subprocess.CompletedProcess[str]:
        """Read the document of an execution that is over from the store."""
        words = [sys.executable, str(self.program), "show", self.id() or "", "--json"]
        done = subprocess.run(
            [*words, "--store", str(self.store)], env=ENVIRONMENT, capture_output=True, text=True
        )
        (self.folder / "out.json").write_text(done.stdout)
        return done

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
        document = json.loads((self.folder / "out.json").read_text())
        if comparable(document) != wanted:
            self.problems.append(f"ended otherwise:\n{comparable(document)}\nnot\n{wanted}")
        entries = self._entries()
        for name, entry in TASKS.items():
            begun, ended = entries[f"begin {entry}"], entries[f"end {entry}"]
            if not ended or begun > self.kills + 1:
                self.problems.append(f"{name} began {begun} times and ended {ended} times")
            if name in self.settled and begun != self.settled[name]:
                self.problems.append(f"{name} ran again although it had ended")


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


def comparable(document: dict[str, Any]) -> dict[str, Any]:
    """What must be the same however often it was killed."""
    runs = document["taskRunList"]
    return {
        "state": document["state"]["current"],
        "outputs": document["outputs"],
        "runs": sorted((run["taskId"], run["state"]["current"]) for run in runs),
        "children": [child["state"]["current"] for child in document["children"]],
    }


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


def crash(kills: int, seed: int, durability: str = "normal") -> list[str]:
    """Kill so many times; the problems that were found."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        program = compiled(folder)
        quiet = folder / "quiet"
        quiet.mkdir()
        undisturbed = Crash(quiet, program, durability)
        began = time.monotonic()
        done = undisturbed.run(None)
        took = time.monotonic() - began
        assert done is not None
        if done.returncode != 0:
            return [f"undisturbed: exit code {done.returncode}\n{done.stderr}"]
        wanted = comparable(json.loads((quiet / "out.json").read_text()))
        made, number, problems = 0, 0, []
        while made < kills:
            number += 1
            place = folder / str(number)
            place.mkdir()
            victim = Crash(place, program, durability)
            while True:
                done = victim.run(chance.uniform(0.02, took * 0.6))
                if done is not None:
                    break
                made += 1
                if victim.over():
                    done = victim.show()
                    break
            victim.check(done, wanted)
            problems += [f"execution {number}: {problem}" for problem in victim.problems]
            if problems:
                break
        print(f"{made} kills in {number} executions, {len(problems)} problems")
        return problems


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--durability", choices=("full", "normal"), default="normal")
    arguments = parser.parse_args()
    problems = crash(arguments.kills, arguments.seed, arguments.durability)
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
