#!/usr/bin/env python3
"""Changes the rules of the engine, one at a time, and asks the tests beside them whether they notice.

    python tools/mutants.py [--sample N] [--seed S] [PATH ...]

Works on a copy in `build/mutants`, with cosmic-ray. Says which share of the changes is noticed, and shows the others. By
default a sample of all that can be changed in the rooms of the rules.
"""

from __future__ import annotations

import argparse
import random
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import TestOutcome, WorkItem, WorkResult

ROOT = Path(__file__).resolve().parents[1]
COPY = ROOT / "build" / "mutants"
RULES = ("engine", "control", "model/states.py", "java/time/duration.py")
"""What is changed, below the runtime."""
TESTS = (
    "tests/engine tests/exprlib/test_dates.py tests/store/test_store.py tests/test_golden.py"
    " -k 'not test_module and not without_packages and not intermediate and not stale'"
)
"""What has to notice: the tests beside the rules, and the executions of the golden cases."""
NO_CHANGE = "ReplaceBinaryOperator_BitOr"
"""The operator of unions of types, which do nothing."""
SAME = {
    ("engine/frames.py", "role == MAIN", "Eq_LtE"): "no list comes before the main one",
    ("engine/retries.py", "made >= policy.max_attempts", "GtE_Eq"): "each execution adds one",
    ("java/time/duration.py", "fraction > 0", "Gt_NotEq"): "the rest of a division is not negative",
    (
        "java/time/duration.py",
        "if effective < 0",
        "NumberReplacer",
    ): "only hours and minutes have the sign",
}
"""Changes after which a rule is the same as before: module, what its line has, operator; and why that is so."""
SECONDS = 300
"""How long the tests may take; those that take longer have noticed."""

CONFIG = """\
[cosmic-ray]
module-path = [{paths}]
timeout = {seconds}
excluded-modules = []
test-command = "{python} -m pytest -x -p no:cacheprovider {tests}"

[cosmic-ray.distributor]
name = "local"
"""


def copy() -> None:
    """A fresh copy of what the tests need."""
    shutil.rmtree(COPY, ignore_errors=True)
    unwanted = shutil.ignore_patterns("__pycache__", "corpus")
    for name in ("compiler", "runtime", "tests", "benchmarks", "golden", "examples"):
        shutil.copytree(ROOT / name, COPY / name, ignore=unwanted)
    shutil.copy(ROOT / "pyproject.toml", COPY)


def check() -> None:
    """Raises CalledProcessError when the tests fail before anything is changed: then they would notice everything."""
    words = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    subprocess.run([*words, *shlex.split(TESTS)], cwd=COPY, check=True)


def sampled(paths: list[str], count: int, seed: int) -> Path:
    """A session with a sample of the changes."""
    places = ", ".join(f'"runtime/flowrt/{path}"' for path in paths)
    text = CONFIG.format(paths=places, seconds=SECONDS, python=sys.executable, tests=TESTS)
    (COPY / "mutants.toml").write_text(text, "utf-8")
    run("init", "mutants.toml", "all.sqlite")
    with use_db(COPY / "all.sqlite", WorkDB.Mode.open) as every:
        items = sorted((i for i in every.work_items if not _changes_nothing(i)), key=_place)
    chosen = random.Random(seed).sample(items, min(count, len(items)))
    with use_db(COPY / "sample.sqlite", WorkDB.Mode.create) as session:
        session.add_work_items(chosen)
    print(f"{len(chosen)} of {len(items)} changes", flush=True)
    return COPY / "sample.sqlite"


def _changes_nothing(item: WorkItem) -> bool:
    one = item.mutations[0]
    operator, path = str(one.operator_name), str(one.module_path)
    line = (COPY / path).read_text("utf-8").splitlines()[one.start_pos[0] - 1]
    return NO_CHANGE in operator or any(
        path.endswith(module) and text in line and operator.endswith(kind)
        for module, text, kind in SAME
    )


def _place(item: WorkItem) -> tuple[object, ...]:
    one = item.mutations[0]
    return (str(one.module_path), one.start_pos, one.operator_name, one.occurrence)


def run(*words: str) -> None:
    """A command of cosmic-ray, in the copy. Raises CalledProcessError when it fails."""
    subprocess.run([str(Path(sys.executable).parent / "cosmic-ray"), *words], cwd=COPY, check=True)


def report(session: Path) -> float:
    """Shows what was not noticed; the share of the changes that was, in percent."""
    with use_db(session, WorkDB.Mode.open) as database:
        results: list[tuple[WorkItem, WorkResult]] = list(database.completed_work_items)
    missed = [(item, one) for item, one in results if one.test_outcome == TestOutcome.SURVIVED]
    for item, one in sorted(missed, key=lambda pair: _place(pair[0])):
        print(f"\n{item.mutations[0].module_path}:{item.mutations[0].start_pos[0]}")
        print("\n".join(line for line in (one.diff or "").splitlines() if line[:1] in "+-"))
    return 100 * (1 - len(missed) / max(1, len(results)))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sample", type=int, default=60, help="how many changes; 0 for all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("paths", nargs="*", default=RULES, help="below runtime/flowrt")
    arguments = parser.parse_args()
    copy()
    check()
    session = sampled(list(arguments.paths), arguments.sample or sys.maxsize, arguments.seed)
    run("exec", "mutants.toml", session.name)
    print(f"\n{report(session):.1f} % noticed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
