#!/usr/bin/env python3
"""What it costs to look at a store: `list` of 1,000 and of 10,000 executions.

    python benchmarks/listing.py

Prints seconds and peak memory of the program, for text and for JSON.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "runtime"))

from store import chain  # noqa: E402

from flowrt import main as program  # noqa: E402
from flowrt.engine.creation import create_execution  # noqa: E402
from flowrt.verbs.options import RunOptions  # noqa: E402
from flowrt.verbs.start import open_host  # noqa: E402

TASKS = 10


def fill(folder: str, executions: int) -> None:
    """Run a chain of tasks so many times."""
    flow = chain(TASKS)
    host = open_host(flow, RunOptions(store=folder))
    for _ in range(executions):
        execution = create_execution(host, flow, {})
        host.start(execution)
        host.run()
        del host.executors[execution.id]
    host.close()


def main() -> None:
    if len(sys.argv) > 1:
        program(chain(TASKS))
    for executions in (1_000, 10_000):
        with tempfile.TemporaryDirectory() as folder:
            fill(folder, executions)
            for form in ([], ["--json"]):
                words = [sys.executable, __file__, "list", "--store", folder, *form]
                began = perf_counter()
                with subprocess.Popen(words, stdout=subprocess.DEVNULL) as process:
                    _, _, usage = os.wait4(process.pid, 0)
                took = perf_counter() - began
                kind = " ".join(["list", *form])
                print(
                    f"{executions} executions, {kind}: {took:.2f} s, {usage.ru_maxrss // 1024} MB"
                )


if __name__ == "__main__":
    main()
