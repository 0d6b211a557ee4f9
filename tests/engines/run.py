#!/usr/bin/env python3
"""All that is tested on engines: `make test-engines`.

For each engine an environment of its own is made once (`.venv-<engine>`), then its tests run there, then the recorded cases
of the corpus, which are judged at the end. Two engines are at work at a time, since they wait for most of theirs; each
shows what it printed when it has ended. An engine that cannot be installed is skipped, and said so by name. Names of
engines choose these alone; `--write` writes docs/targets-matrix.md.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import STDOUT
from time import monotonic
from typing import NamedTuple, TextIO

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


LONGEST = 1200
"""Seconds that the tests, or the cases, of an engine may take; they take a third of it."""
AT_A_TIME = 2
"""Engines that are at work; more would make each other wait."""
RESULTS = ROOT / "build" / "engines"


MARKS = str.maketrans("", "", "=<>[]")


class Engine(NamedTuple):
    """An engine: its name, what pip installs, what its processes find in their environment."""

    name: str
    packages: tuple[str, ...]
    environment: dict[str, str]
    more: tuple[str, ...] = ()
    """Tests of the runtime that need a package which fits into this environment alone."""


ENGINES = (
    # Prefect 3.8.8 does not start with the newest FastAPI, which it allows
    Engine(
        "prefect",
        ("prefect==3.8.8", "fastapi<0.150", "prefect-dask>=0.3", "prefect-ray>=0.6"),
        {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "PREFECT_LOGGING_LEVEL": "CRITICAL"},
    ),
    Engine("airflow", ("apache-airflow==3.3.2",), {}),
    Engine(
        "dask",
        ("distributed==2026.8.0", "s3fs>=2026.9", "moto[server]>=5"),
        {},
        ("tests/services/test_tree.py",),
    ),
    Engine("ray", ("ray==2.60.0",), {}),
)


def python_of(engine: Engine) -> Path | None:
    """The Python of the environment of an engine, made if need be; None when it cannot be installed."""
    folder = ROOT / f".venv-{engine.name}"
    ready = folder / f".ready-{'-'.join(engine.packages).translate(MARKS)}"
    python = folder / "bin" / "python"
    if ready.exists():
        return python
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(
        folder, with_pip=False
    )  # the pip of this environment is enough: some Pythons bring none
    wanted = [*engine.packages, "black>=26.1,<27", "click", "cronsim", "cryptography"]
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install"]
    pip += ["--quiet", "--disable-pip-version-check"]
    if subprocess.run([*pip, *wanted, "pydantic", "pytest", "pyyaml"]).returncode:
        shutil.rmtree(folder, ignore_errors=True)
        return None
    ready.touch()
    return python


class Outcome(NamedTuple):
    """What became of an engine: what is said of it, whether all is well, where its results are if it has some."""

    said: str
    passed: bool
    results: Path | None = None


def outcome(engine: Engine) -> Outcome:
    """Make the environment of an engine, and run its tests and cases there."""
    python = python_of(engine)
    if python is None:
        said = f"SKIPPED {engine.name}: pip cannot install {' '.join(engine.packages)}"
        return Outcome(said, True)
    results = RESULTS / f"{engine.name}.json"
    results.unlink(missing_ok=True)
    begun = monotonic()
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log:
        passed = test(engine, python, results, log)
        log.seek(0)
        said = f"{log.read()}{engine.name}: {monotonic() - begun:.0f} seconds"
    return Outcome(said, passed, results if results.exists() else None)


def test(engine: Engine, python: Path, results: Path, log: TextIO) -> bool:
    """Run the tests and the recorded cases of an engine; whether the tests have passed."""
    with tempfile.TemporaryDirectory() as home:
        environment = {
            **os.environ,
            **engine.environment,
            f"{engine.name.upper()}_HOME": home,
            "PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in ("runtime", "compiler")),
        }
        options = ["-q", "-p", "no:cacheprovider", "-W", "ignore", "--durations=8"]
        tests = [str(python), "-m", "pytest", *options, str(HERE / f"test_{engine.name}.py")]
        tests += [str(ROOT / path) for path in engine.more]
        passed = ended_well(tests, environment, log)
        recorded = HERE / f"on_{engine.name}.py"
        if not recorded.exists():  # where tasks run changes nothing that is recorded
            return passed
        return ended_well([str(python), str(recorded), str(results)], environment, log) and passed


def ended_well(command: list[str], environment: dict[str, str], log: TextIO) -> bool:
    """Whether a command has ended with success; one that hangs is ended, and said so."""
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, timeout=LONGEST, stdout=log, stderr=STDOUT
        )
    except subprocess.TimeoutExpired:
        log.seek(0, os.SEEK_END)
        log.write(f"FAILED {' '.join(command[1:])}: no end after {LONGEST} seconds\n")
        return False
    return done.returncode == 0


def main(words: list[str]) -> int:
    RESULTS.mkdir(parents=True, exist_ok=True)
    failed = False
    judged = []
    chosen = [engine for engine in ENGINES if engine.name in words] or ENGINES
    with ThreadPoolExecutor(AT_A_TIME) as lanes:
        for engine, work in [(each, lanes.submit(outcome, each)) for each in chosen]:
            done = work.result()
            print(done.said, flush=True)
            failed |= not done.passed
            if done.results is not None:
                judged.append(f"{engine.name}={done.results}")
    if judged:
        judge = [sys.executable, str(HERE / "judge.py"), *words, *judged]
        failed |= subprocess.run(judge).returncode != 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
