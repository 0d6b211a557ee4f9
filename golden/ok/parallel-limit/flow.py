"""The flow company.team.parallel-limit.

Compiled by flowc 1.0.0 from flow.yaml (sha256 f74b1870bade457a).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import expr, text
from flowrt.tasks import Parallel, Return, Sequential

flow = Flow(id="parallel-limit", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(fan)


@flow.block(Parallel("fan", concurrent=2))
async def fan(run: Run) -> None:
    await run.all(a, b, chain)


a = flow.task(Return("a", format="a"))
b = flow.task(Return("b", format="b"))


@flow.block(Sequential("chain"))
async def chain(run: Run) -> None:
    await run(c)
    await run(d)


c = flow.task(Return("c", format="c"))
d = flow.task(
    Return(
        "d", format=expr("{{ outputs.c.value }}d", lambda v: f"{text(v['outputs']['c']['value'])}d")
    )
)


flow.source(
    "flow.yaml",
    {
        "fan": "4:5",
        "a": "8:9",
        "b": "9:9",
        "chain": "10:9",
        "c": "13:13",
        "d": "14:13",
        "d.format": "14:71",
    },
)


if __name__ == "__main__":
    main(flow)
