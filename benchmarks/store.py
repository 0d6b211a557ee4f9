#!/usr/bin/env python3
"""What a store costs: a chain of Log tasks with and without one, and the memory of many task runs.

    python benchmarks/store.py [--tasks 1000] [--runs 100000] [--rounds 5]

Prints the time of the chain without a store and with one for each durability, as ratios of one run of this program, and the
peak memory of a loop over a tenth and over all of the runs.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "runtime"))

from flowrt import Flow, Run  # noqa: E402
from flowrt.control.each import ForEach  # noqa: E402
from flowrt.tasks.log import Log  # noqa: E402
from flowrt.verbs.options import RunOptions  # noqa: E402
from flowrt.verbs.start import execute  # noqa: E402


def chain(tasks: int) -> Flow:
    """A flow of so many Log tasks, one after the other."""
    flow = Flow("chain", "benchmarks")
    logs = [flow.task(Log(f"t{number}", message="hello")) for number in range(tasks)]

    @flow.tasks
    async def body(run: Run) -> None:
        for log in logs:
            await run(log)

    return flow


def loop(rounds: int) -> Flow:
    """A flow that runs one Log task so many times."""
    flow = Flow("loop", "benchmarks")
    log = flow.task(Log("log", message="hello"))

    @flow.block(ForEach("each", values=[str(number) for number in range(rounds)]))
    async def each(run: Run) -> None:
        await run(log)

    @flow.tasks
    async def body(run: Run) -> None:
        await run(each)

    return flow


def seconds(flow: Flow, rounds: int, durability: str | None) -> float:
    """The fastest of several runs."""
    best = float("inf")
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            options = RunOptions()
            if durability is not None:
                options = RunOptions(store=folder, durability=durability)
            began = perf_counter()
            execution = execute(flow, options)
            best = min(best, perf_counter() - began)
            assert execution.state == "SUCCESS"
    return best


def peak(runs: int, store: bool) -> int:
    """The peak memory, in KiB, of a process of its own that runs the loop."""
    words = [sys.executable, __file__, "--child", str(runs), *(["--store"] if store else [])]
    return int(subprocess.run(words, check=True, capture_output=True, text=True).stdout)


def child(runs: int, store: bool) -> None:
    """Run the loop and print the peak memory of this process."""
    with tempfile.TemporaryDirectory() as folder:
        execution = execute(loop(runs), RunOptions(store=folder if store else None))
    assert execution.state == "SUCCESS"
    with open("/proc/self/status", encoding="ascii") as file:
        print(next(line.split()[1] for line in file if line.startswith("VmHWM")))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--store", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child is not None:
        child(arguments.child, arguments.store)
        return
    flow = chain(arguments.tasks)
    base = seconds(flow, arguments.rounds, None)
    print(f"chain of {arguments.tasks} Log tasks: {base * 1000:.0f} ms")
    for durability in ("normal", "full"):
        took = seconds(flow, arguments.rounds, durability)
        print(
            f"  with a store, durability {durability}: {took * 1000:.0f} ms = {took / base:.2f} x"
        )
    few, many = arguments.runs // 10, arguments.runs
    for store in (False, True):
        a, b = peak(few, store), peak(many, store)
        kind = "with" if store else "without"
        print(f"{kind} a store: {few} runs {a // 1024} MiB, {many} runs {b // 1024} MiB")


if __name__ == "__main__":
    main()
