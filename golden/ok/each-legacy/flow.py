"""The flow company.team.each-legacy.

Compiled by flowc 1.0.0 from flow.yaml (sha256 2ed8e6b377b3f636).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import ref
from flowrt.tasks import EachParallel, EachSequential, Return

flow = Flow(id="each-legacy", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(in_turn)
    await run(at_once)


@flow.block(EachSequential("in_turn", value='["a", "b"]'))
async def in_turn(run: Run, value: str) -> None:
    await run(one)


one = flow.task(Return("one", format=ref("taskrun", "value")))


@flow.block(EachParallel("at_once", value=["c", "d"], concurrent=3))
async def at_once(run: Run, value: str) -> None:
    await run.all(two, three)


two = flow.task(Return("two", format=ref("taskrun", "value")))
three = flow.task(Return("three", format=ref("taskrun", "iteration")))


flow.source(
    "flow.yaml",
    {
        "in_turn": "4:5",
        "one": "8:9",
        "one.format": "8:69",
        "at_once": "9:5",
        "two": "14:9",
        "two.format": "14:69",
        "three": "15:9",
        "three.format": "15:71",
    },
)


if __name__ == "__main__":
    main(flow)
