#!/usr/bin/env python3
"""Changes the rules of the engine, one at a time, and asks the tests beside them whether they notice.

    python tools/mutants.py [--sample N] [--seed S] [--fresh] [PATH ...]

Works on a copy in `build/mutants`. Coverage says first which test reaches which line and how long it takes; then each change
(`mutations`) meets the tests that reach it (`mutation_trials`), quick ones first, until one fails or takes far too long. What
no test reaches is not noticed. Says which share of the changes is noticed, and shows the others. Results are kept: a run that
is cut short goes on where it was, as long as module and tests are the same.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import pickle
import random
import shutil
import sys
from collections import Counter
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import pytest
from mutation_trials import OPTIONS, Measuring, Reach, Server, Trial, ask_anew
from mutations import Change, changes, same

ROOT = Path(__file__).resolve().parents[1]
COPY = ROOT / "build" / "mutants"
RUNTIME = COPY / "runtime" / "flowrt"
KEPT = ROOT / "build" / "mutants.jsonl"
REACH = ROOT / "build" / "mutants-reach"
RULES = ("engine", "control", "model/states.py", "java/time/duration.py")
"""What is changed, below the runtime."""
TESTS = (
    "tests/engine",
    "tests/conduct",
    "tests/worker/test_carry.py",
    "tests/inputs",
    "tests/exprlib/test_dates.py",
    "tests/tasks/test_core.py",
    "tests/tasks/test_files_and_keys.py",
)
"""What has to notice: the tests beside the rules. Those of golden cases and stores run programs in processes of their own,
which a function that is changed in this one does not reach, so they are not asked."""
ELSEWHERE = (
    "[postgresql]",
    "test_a_timeout_ends_a_function",
    "test_each_attempt_has_the_whole_timeout",
    "test_a_signal_ends_a_function_and_a_coroutine",
    "seeds/parallel_tasks_example",
)
"""Tests that are not asked either: they need a server, look at threads, which coverage keeps busy for a minute, or sleep."""
ENOUGH = 200.0
"""So many seconds of tests for each change, which is time for all that reach it: after them it is not noticed."""
HEAVY = ("black", "click", "libcst", "pydantic", "yaml")
"""Packages that the tests import anyway: here once."""


def copy() -> None:
    """A fresh copy of what the tests need: this takes long, and people go on working."""
    shutil.rmtree(COPY, ignore_errors=True)
    unwanted = shutil.ignore_patterns("__pycache__")
    for name in ("compiler", "runtime", "tests", "benchmarks", "golden", "examples"):
        shutil.copytree(ROOT / name, COPY / name, ignore=unwanted)
    shutil.copy(ROOT / "pyproject.toml", COPY)


def digest(*files: Path) -> str:
    found = hashlib.sha256()
    for path in sorted(files):
        found.update(path.read_bytes())
    return found.hexdigest()[:12]


def test_files() -> list[Path]:
    """The files with tests that are asked."""
    places = [COPY / place for place in TESTS]
    return sorted(
        file
        for place in places
        for file in (place.glob("test_*.py") if place.is_dir() else [place])
    )


def wanted(test: str) -> bool:
    return not any(part in test for part in ELSEWHERE)


def measured() -> Reach:
    """Which tests reach what: each file of tests is run once, and again when it or what it runs is another one."""
    files = test_files()
    rest = digest(*(path for path in COPY.rglob("*.py") if not path.name.startswith("test_")))
    kept = {
        file.relative_to(COPY).as_posix(): REACH / f"{file.stem}-{rest}-{digest(file)}.pickle"
        for file in files
    }
    REACH.mkdir(exist_ok=True)
    for old in set(REACH.iterdir()) - set(kept.values()):
        old.unlink()
    if new := [name for name, place in kept.items() if not place.exists()]:
        child = os.fork()
        if child == 0:
            found = Measuring(RUNTIME, RULES, wanted).measure(new)
            for name in new:
                kept[name].write_bytes(pickle.dumps(found.only(name)))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status:
            sys.exit("the tests fail before anything is changed")
    reach = Reach()
    for place in kept.values():
        reach.add(pickle.loads(place.read_bytes()))
    return reach


def order(tests: Iterable[str], reach: Reach) -> list[str]:
    """Quick ones first; but the more cases of a test there were already, the less the next one says."""
    before: Counter[str] = Counter()
    weights = {}
    for test in sorted(tests, key=reach.seconds.__getitem__):
        name = test.partition("[")[0]
        weights[test] = reach.seconds[test] * (1 + before[name])
        before[name] += 1
    return sorted(weights, key=weights.__getitem__)


def cut(tests: list[str], reach: Reach) -> list[str]:
    """As many of them as there is time for."""
    left = ENOUGH
    found = []
    for test in tests:
        left -= reach.seconds[test]
        if left < 0:
            break
        found.append(test)
    return found


class Results:
    """What is known of changes, in a file that grows.

    A test that has noticed does so again; a new one, or more time, might notice more.
    """

    def __init__(self, tests: str) -> None:
        self._tests = tests

    def known(self) -> dict[str, str]:
        """Who has noticed, by change; "" for nobody."""
        if not KEPT.exists():
            return {}
        rows = map(json.loads, KEPT.read_text("utf-8").splitlines())
        return {
            row["change"]: row["by"] for row in rows if row["by"] or row["tests"] == self._tests
        }

    def add(self, change: Change, by: str) -> None:
        row = {"change": change.name, "by": by, "tests": self._tests}
        with KEPT.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        os.write(PROGRESS, b"." if by else b"S")


def ask(chosen: list[Change], reach: Reach, results: Results) -> None:
    """Asks the tests about all changes of which nothing is known yet."""
    known = results.known()
    left = [change for change in chosen if change.name not in known]
    quick = []
    for change in left:
        tests = reach.of(change)
        if not tests:
            results.add(change, "")
        elif change.in_function() and tests != {""}:
            quick.append(Trial(change, cut(order(tests - {""}, reach), reach)))
    child = os.fork()
    if child == 0:

        def noted(trial: Trial, by: str) -> None:
            if by or "" not in reach.of(trial.change):
                results.add(trial.change, by)

        pytest.main([*OPTIONS, *TESTS], plugins=[Server(quick, reach, noted)])
        os._exit(0)
    os.waitpid(child, 0)
    for package in HEAVY:
        __import__(package)
    known = results.known()
    for change in left:
        if change.name not in known:
            near = order(reach.of_module(change.module) - {""}, reach)
            every = list(dict.fromkeys([*near, *order(reach.seconds, reach)]))
            results.add(change, ask_anew(Trial(change, cut(every, reach)), reach))


def report(chosen: list[Change], results: Results) -> None:
    """Shows what was not noticed, and the share of the changes that was, of each module and of all."""
    known = results.known()
    every, missed = Counter[str](), Counter[str]()
    for change in sorted(chosen, key=lambda one: (one.module, one.start)):
        every[change.module] += 1
        if not known[change.name]:
            missed[change.module] += 1
            print(f"\n{change.module}:{change.start[0]} {change.operator}\n{change.difference()}")
    print()
    for module in every:
        print(f"{every[module] - missed[module]:5} of {every[module]:5} {module}")
    share = 100 * (1 - missed.total() / max(1, every.total()))
    print(f"{share:.1f} % of {every.total()} changes noticed")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sample", type=int, default=150, help="how many changes; 0 for all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fresh", action="store_true", help="forget what earlier runs found")
    parser.add_argument("paths", nargs="*", default=RULES, help="below runtime/flowrt")
    arguments = parser.parse_args()
    if arguments.fresh:
        KEPT.unlink(missing_ok=True)
    copy()
    os.chdir(COPY)
    reach = measured()
    every = list(changes(RUNTIME, arguments.paths))
    random.Random(arguments.seed).shuffle(every)
    others = (change for change in every if not same(change))
    chosen = list(islice(others, arguments.sample or None))
    print(f"{len(chosen)} of {len(every)} changes", flush=True)
    results = Results(f"{digest(*test_files())} {ENOUGH:g}")
    ask(chosen, reach, results)
    report(chosen, results)
    return 0


PROGRESS = os.dup(1)
"""Where dots go, also where pytest keeps what is printed."""


if __name__ == "__main__":
    sys.exit(main())
