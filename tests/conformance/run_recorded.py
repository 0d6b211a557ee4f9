#!/usr/bin/env python3
"""Run recorded executions of the real Kestra through flowc, and compare.

    python tests/conformance/run_recorded.py FOLDER [--list] [--only TEXT] [--jobs N] [-v]

FOLDER holds case folders (`main.yaml`, `case.yaml`, `expected.json`), at any depth. Each flow is compiled, run with the
inputs, files, entries and environment of its case, and its execution document compared in the comparable form of
`compare.py`. The last line is `N of M equal`; exits 1 when a case differs in what `differences.yaml` does not
name, or does not differ any more, or is left out for no good reason.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
from multiprocessing import get_context
from pathlib import Path
from shutil import which
from signal import SIGTERM
from typing import Any, NamedTuple, TextIO

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT / "compiler"), str(ROOT / "runtime"), str(HERE), str(HERE.parent)]

import yaml  # noqa: E402

ENVIRONMENT = {
    "ENV_PROBE_HTTP": "http://127.0.0.1:18080",
    "ENV_PROBE_NAME": "alpha",
    "TERM": "xterm",
}
UNSET = ("CI", "COLORTERM", "FORCE_COLOR", "NO_COLOR")
"""What was not there when the recordings were made, and what programs of flows decide by whether they print colours."""
SERVER = ("127.0.0.1", 18080)
USERS = Path(tempfile.gettempdir()) / "flowc-recordings.users"
GLOBALS = {"probe": "global value"}
URL = "http://127.0.0.1:18888/"
PROGRAMS = {"io.kestra.plugin.scripts.node.": "node", "io.kestra.plugin.scripts.python.": "python3"}
"""What the machine needs for the tasks of a package."""
MAY_BE_LEFT_OUT = ("needs ", "FC5")
"""How the reasons begin for which a case may be left out: something is not there, or a task type is none of flowc's."""
LIMIT = 40
"""Seconds for one case."""


class Overdue(BaseException):
    """A case takes too long. Not an Exception: the engine turns those into failed task runs."""


def cases_of(folder: Path) -> list[Path]:
    """The case folders below a folder."""
    if (folder / "expected.json").exists():
        return [folder]
    return sorted(path.parent for path in folder.glob("**/expected.json"))


def spec_of(case: Path) -> dict[str, Any]:
    """What `case.yaml` says."""
    file = case / "case.yaml"
    found = yaml.safe_load(file.read_text("utf-8")) if file.exists() else {}
    return found or {}


class Difference(NamedTuple):
    """Why a case differs, and in what it may; in anything else it may not."""

    kinds: frozenset[str]
    reason: str


def known_differences() -> dict[str, Difference]:
    """The cases that differ, by name: `differences.yaml` beside this file."""
    rows = yaml.safe_load((HERE / "differences.yaml").read_text("utf-8"))
    return {
        name: Difference(frozenset(row["kinds"]), row["reason"])
        for row in rows
        for name in row["cases"]
    }


def may_be_left_out(reason: str) -> bool:
    """Whether a case is left out for a reason that counts."""
    return reason.startswith(MAY_BE_LEFT_OUT)


def kind_of(problem: str) -> str:
    """The kind of a difference, which stands in front of it."""
    text = re.sub(r"^(?:run \d+: )", "", problem)
    return text.partition(":")[0]


@contextmanager
def http_server() -> Iterator[None]:
    """The server that flows of the recordings talk to, for as long as anybody needs it.

    Its port stands in the recordings, so all test runs of a machine share one: who comes first starts it, who goes last
    ends it. One lock is held by all who use it, another by who starts or ends it.
    """
    with USERS.open("a+") as users:
        with _alone():
            flock(users, LOCK_SH)
            if not _answers():
                _start(users)
        try:
            yield
        finally:
            with _alone():
                try:
                    flock(users, LOCK_EX | LOCK_NB)
                except BlockingIOError:
                    return  # others need it still
                users.seek(0)
                started = users.read()
                users.truncate(0)
                if started:  # otherwise somebody started it by hand
                    os.kill(int(started), SIGTERM)


@contextmanager
def _alone() -> Iterator[None]:
    with USERS.with_suffix(".turn").open("a") as turn:
        flock(turn, LOCK_EX)
        yield


def _start(users: TextIO) -> None:
    """Not by `subprocess`, which wants to see the end of it: that may be the affair of another test run.

    For the same reason it holds nothing of this one, not even its output.
    """
    words = [sys.executable, str(HERE / "http_server.py")]
    silent = [(os.POSIX_SPAWN_OPEN, each, os.devnull, os.O_WRONLY, 0) for each in (1, 2)]
    server = os.posix_spawn(sys.executable, words, os.environ, setpgroup=0, file_actions=silent)
    while not _answers():
        if os.waitpid(server, os.WNOHANG)[0]:
            raise RuntimeError("the server of the recordings does not start")
        time.sleep(0.05)
    users.truncate(0)
    users.write(str(server))
    users.flush()


def _answers() -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(SERVER) == 0


def run_case(path: str) -> tuple[str, str, list[str]]:
    """Run one case; the name, one of `equal`, `differs`, `left out`, and what differs."""
    import signal

    case = Path(path)
    name = f"{case.parent.name}/{case.name}"

    def too_long(*_: Any) -> None:
        raise Overdue(f"not over after {LIMIT} seconds")

    handler = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(LIMIT)
    before = dict(os.environ)
    try:
        return (name, *_run(case, name))
    except Overdue as error:
        return name, "differs", [str(error)]
    except Exception as error:
        from traceback import format_exc

        return name, "differs", [f"crash: {error!r}", format_exc()]
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, handler)
        os.environ.clear()
        os.environ.update(before)


def _run(case: Path, name: str) -> tuple[str, list[str]]:
    from harness import Harness, Refused

    spec = spec_of(case)
    expected = json.loads((case / "expected.json").read_text("utf-8"))
    flow = (case / (spec.get("flow") or "main.yaml")).read_text("utf-8", errors="replace")
    for package, program in PROGRAMS.items():
        if package in flow and which(program) is None:
            return "left out", [f"needs {program}, which this machine has not"]
    for variable in UNSET:
        os.environ.pop(variable, None)
    os.environ.update({**ENVIRONMENT, **{k: str(v) for k, v in (spec.get("env") or {}).items()}})
    with tempfile.TemporaryDirectory() as store:
        harness = Harness(case, spec, Path(store), globals=GLOBALS, url=URL)
        try:
            harness.compile()
        except Refused as error:
            if "refused" in expected:
                return "equal", []
            if error.unsupported:
                return "left out", [str(error)]
            return "differs", [f"refused: {error}"]
        if "refused" in expected:
            return "differs", [f"not refused: {expected['refused']}"]
        wanted = spec.get("runs") or [spec]
        problems: list[str] = []
        for number, (given, want) in enumerate(zip(wanted, expected["runs"], strict=True)):
            if want.get("unknown"):
                continue  # nobody has seen what the engine does
            for problem in harness.compare(given, want):
                problems.append(f"run {number}: {problem}" if len(wanted) > 1 else problem)
        return ("differs" if problems else "equal"), problems


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path, nargs="+")
    parser.add_argument("--list", action="store_true", help="name every case that differs")
    parser.add_argument("--only", default="", help="cases whose name contains this text")
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("-v", "--verbose", action="store_true", help="show what differs")
    arguments = parser.parse_args()
    cases = [case for folder in arguments.folder for case in cases_of(folder.resolve())]
    cases = [case for case in cases if arguments.only in f"{case.parent.name}/{case.name}"]
    known = known_differences()
    equal = total = surprises = left_out = 0
    with http_server(), get_context("fork").Pool(arguments.jobs, maxtasksperchild=20) as pool:
        for name, outcome, problems in pool.imap_unordered(run_case, map(str, cases)):
            if outcome == "left out":
                left_out += 1
                surprises += not may_be_left_out(problems[0])
                if arguments.list or arguments.verbose:
                    print(f"left out  {name}: {problems[0]}")
                continue
            total += 1
            if outcome == "equal":
                equal += 1
                if name in known:
                    surprises += 1
                    print(f"equal     {name}, though it is named as a difference: take its row out")
                continue
            row = known.get(name)
            more = {kind_of(each) for each in problems} - (row.kinds if row else set())
            surprises += bool(more)
            if arguments.list or arguments.verbose or (row and more):
                note = "" if row is None else f" (known: {row.reason})"
                if row and more:
                    note = f" in more than is known: {', '.join(sorted(more))}"
                print(f"differs   {name}{note}")
                for problem in problems if arguments.verbose else []:
                    print("    " + problem.replace("\n", "\n    "))
    if left_out:
        print(f"{left_out} left out: they need what is not there")
    print(f"{equal} of {total} equal")
    return 1 if surprises else 0


if __name__ == "__main__":
    sys.exit(main())
