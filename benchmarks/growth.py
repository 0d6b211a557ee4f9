"""How the cost of a task grows with the number of tasks: `python benchmarks/growth.py [--only PART]`.

Each flow runs in this process at three sizes. What counts is the time of a task at the largest size against that at
the smallest: a runtime whose cost is linear has a ratio near 1.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from time import process_time, time_ns
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "runtime")]

from flowrt import Flow, Input, Run  # noqa: E402
from flowrt.engine.document import execution_document  # noqa: E402
from flowrt.expressions import expr, ref  # noqa: E402
from flowrt.model.blocks import after  # noqa: E402
from flowrt.model.task import Constant  # noqa: E402
from flowrt.tasks import Dag, Fail, If, Labels, Log, Return, SetVariables, Subflow  # noqa: E402
from flowrt.verbs.options import RunOptions  # noqa: E402
from flowrt.verbs.start import execute  # noqa: E402

SIZES = (400, 1600, 6400)
BAR = 1.5


class Leaping:
    """A clock for which waiting takes no time."""

    def __init__(self) -> None:
        self._leapt = 0

    def now(self) -> int:
        return time_ns() + self._leapt

    async def sleep(self, seconds: float) -> None:
        self._leapt += round(seconds * 1e9)

    def wait(self, wait: Callable[[float | None], None], until: int | None, busy: int) -> None:
        if busy or until is None:
            wait(None)
        else:
            self._leapt += max(0, until - self.now())


class Growth(NamedTuple):
    """What a flow costs a task, in microseconds, at each size."""

    what: str
    each: list[float]

    @property
    def ratio(self) -> float:
        return self.each[-1] / self.each[0]


def one_by_one(flow: Flow, tasks: Iterable[Any]) -> Flow:
    """The flow with these tasks as its list."""
    made = [flow.task(task) for task in tasks]

    @flow.tasks
    async def body(run: Run) -> None:
        for task in made:
            await run(task)

    return flow


def new(**options: Any) -> Flow:
    return Flow(id="growth", namespace="company.team", **options)


def chain(count: int) -> Flow:
    return one_by_one(new(), (Log(f"task_{n}", message="m") for n in range(count)))


def dag_chain(count: int) -> Flow:
    flow = new()
    tasks = [flow.task(Log(f"task_{n}", message="m")) for n in range(count)]

    @flow.block(Dag("graph"))
    async def graph(run: Run) -> None:
        rest = (after(task, before) for before, task in pairwise(tasks))
        await run.all(tasks[0], *rest)

    @flow.tasks
    async def body(run: Run) -> None:
        await run(graph)

    return flow


def variables(count: int) -> Flow:
    tasks = (SetVariables(f"task_{n}", variables={f"key_{n}": n}) for n in range(count))
    return one_by_one(new(), tasks)


def labels(count: int) -> Flow:
    return one_by_one(new(), (Labels(f"task_{n}", labels={f"key_{n}": "v"}) for n in range(count)))


def states(count: int) -> Flow:
    def message(n: int) -> Any:
        return ref("tasks", f"task_{n - 1}", "state") if n else "none"

    return one_by_one(new(), (Log(f"task_{n}", message=message(n)) for n in range(count)))


def outputs(count: int) -> Flow:
    def text(n: int) -> Any:
        return ref("outputs", f"task_{n - 1}", "value") if n else "none"

    return one_by_one(new(), (Return(f"task_{n}", format=text(n)) for n in range(count)))


def handlers(name: str) -> Callable[[int], Flow]:
    """The tasks stand in the list of handlers of this name."""

    def build(count: int) -> Flow:
        flow = one_by_one(new(), [Fail("fails")])
        made = [flow.task(Log(f"task_{n}", message="m")) for n in range(count)]

        async def body(run: Run) -> None:
            for task in made:
                await run(task)

        getattr(flow, name)(body)
        return flow

    return build


def tried_again(count: int) -> Flow:
    retry = Constant(interval="PT1S", max_attempts=count, behavior="CREATE_NEW_EXECUTION")
    return one_by_one(new(retry=retry), [Fail("fails")])


def nested(count: int) -> Flow:
    flow = new(inputs=[Input("depth", "INT", defaults=count)])
    call = flow.task(
        Subflow(
            "call",
            namespace="company.team",
            flow_id="growth",
            inputs={"depth": expr("{{ inputs.depth - 1 }}", lambda v: v["inputs"]["depth"] - 1)},
        )
    )

    @flow.block(
        If("again", condition=expr("{{ inputs.depth > 0 }}", lambda v: v["inputs"]["depth"] > 0))
    )
    async def again(run: Run) -> None:
        if run.condition:
            await run(call)

    @flow.tasks
    async def body(run: Run) -> None:
        await run(again)

    return flow


FLOWS: dict[str, tuple[str, Callable[[int], Flow]]] = {
    "chain": ("tasks in a chain", chain),
    "dag": ("tasks of a Dag, each after the one before", dag_chain),
    "variables": ("`SetVariables`, a new variable each", variables),
    "labels": ("`Labels`, a new label each", labels),
    "states": ("`{{ tasks.x.state }}` of the task before", states),
    "outputs": ("`{{ outputs.x.value }}` of the task before", outputs),
    "errors": ("tasks in `errors`", handlers("errors")),
    "finally": ("tasks in `finally`", handlers("finally_")),
    "after": ("tasks in `afterExecution`", handlers("after_execution")),
    "retry": ("executions by `CREATE_NEW_EXECUTION`, with the document", tried_again),
    "nested": ("subflows, one in the other, with the document", nested),
}


def took(flow: Flow) -> float:
    """The seconds of a processor that a run of the flow and its document take."""
    options = RunOptions(sink=lambda record: None, keep_logs=True, clock=Leaping())
    gc.collect()
    start = process_time()
    json.dumps(execution_document(execute(flow, options)))
    return process_time() - start


def measured(name: str, rounds: int, sizes: tuple[int, ...] = SIZES) -> Growth:
    what, build = FLOWS[name]
    took(build(20))
    each = [min(took(build(size)) for _ in range(rounds)) / size * 1e6 for size in sizes]
    return Growth(what, each)


def main() -> int:
    import os

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", default="", help=", ".join(FLOWS))
    parser.add_argument("--sizes", default="")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    os.environ["FLOWRT_MAX_DEPTH"] = str(2 * SIZES[-1])
    sizes = tuple(map(int, arguments.sizes.split(","))) if arguments.sizes else SIZES
    kept = True
    for name in arguments.only.split(",") if arguments.only else FLOWS:
        found = measured(name, arguments.rounds, sizes)
        times = ", ".join(f"{time:.0f}" for time in found.each)
        kept = kept and found.ratio <= BAR
        print(f"{name:10} {found.what:60} {times} us  {found.ratio:.2f}x", flush=True)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
