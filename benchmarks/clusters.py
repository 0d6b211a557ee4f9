#!/usr/bin/env python3
"""What it costs to have tasks done elsewhere: 200 sleeps of half a second on four processes of a cluster.

    .venv-dask/bin/python benchmarks/clusters.py dask
    .venv-ray/bin/python benchmarks/clusters.py ray

Prints the time from the first state of the execution to the last as a ratio of the ideal, and that of the whole process;
with `--ratio` the first alone.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).resolve().parent.parent

FLOW = """
from flowrt import Flow, Run, main
from flowrt.tasks import ForEach, Sleep

flow = Flow("sleeps", "benchmarks")
sleep = flow.task(Sleep("sleep", duration="PT{seconds}S"))


@flow.block(ForEach("each", values=[str(number) for number in range({leaves})], concurrency_limit=0))
async def each(run: Run, value: str) -> None:
    await run(sleep)


@flow.tasks
async def body(run: Run) -> None:
    await run(each)


if __name__ == "__main__":
    main(flow)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("cluster", choices=("dask", "ray"))
    parser.add_argument("--leaves", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=0.5)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--ratio", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder, "flow.py"), Path(folder, "out.json")
        path.write_text(FLOW.format(leaves=given.leaves, seconds=given.seconds))
        words = ["--executor", f"{given.cluster}={given.processes}", "--execution", str(out)]
        began = perf_counter()
        subprocess.run(
            [sys.executable, str(path), *words],
            env={**os.environ, "PYTHONPATH": str(ROOT / "runtime")},
            check=True,
            capture_output=True,
        )
        whole = perf_counter() - began
        document = json.loads(out.read_text())
    state = document["state"]["histories"]
    dates = [datetime.fromisoformat(each["date"]) for each in state]
    took = (dates[-1] - dates[0]).total_seconds()
    ideal = given.leaves * given.seconds / given.processes
    if given.ratio:
        print(took / ideal)
        return
    print(f"{given.leaves} x {given.seconds} s on {given.cluster}={given.processes}: {took:.1f} s")
    print(f"  {took / ideal:.2f} x the ideal; the process with its cluster {whole / ideal:.2f} x")


if __name__ == "__main__":
    main()
