"""The flow company.team.each-legacy.

Compiled by flowc 1.0.0 from flow.yaml (sha256 2ed8e6b377b3f636).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run
from flowrt.control.each import EachParallel, EachSequential
from flowrt.expr.template import expr
from flowrt.tasks.debug import Return

flow = Flow(id="each-legacy", namespace="company.team")

one = flow.task(Return("one", format=expr("{{ taskrun.value }}", lambda v: v["taskrun"]["value"])))


@flow.block(EachSequential("in_turn", value='["a", "b"]'))
async def in_turn(run: Run) -> None:  # once per value
    await run(one)


two = flow.task(Return("two", format=expr("{{ taskrun.value }}", lambda v: v["taskrun"]["value"])))
three = flow.task(
    Return("three", format=expr("{{ taskrun.iteration }}", lambda v: v["taskrun"]["iteration"]))
)


@flow.block(EachParallel("at_once", value=["c", "d"], concurrent=3))
async def at_once(run: Run) -> None:  # once per value
    await run.all(two, three)


@flow.tasks
async def tasks(run: Run) -> None:
    await run(in_turn)
    await run(at_once)


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
    flow.main()
