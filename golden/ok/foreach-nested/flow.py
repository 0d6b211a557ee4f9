"""The flow company.team.foreach-nested.

Compiled by flowc 1.0.0 from flow.yaml (sha256 496d70645a1be613).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import Pieces, expr
from flowrt.tasks import ForEach, Log, Return

flow = Flow(id="foreach-nested", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(outer)


@flow.block(ForEach("outer", values=["x", "y"]))
async def outer(run: Run, value: str) -> None:
    await run(inner)


@flow.block(ForEach("inner", values=[1, 2]))
async def inner(run: Run, value: str) -> None:
    await run(cell)


cell = flow.task(
    Return(
        "cell",
        format=expr(
            "{{ parent.taskrun.value }}{{ taskrun.value }}",
            lambda v: Pieces(v["parent"]["taskrun"]["value"], v["taskrun"]["value"]),
        ),
    )
)


@outer.errors
async def outer_errors_(run: Run) -> None:
    await run(outer_errors)


outer_errors = flow.task(Log("outer_errors", message="never"))


flow.source(
    "flow.yaml",
    {
        "outer": "4:5",
        "inner": "8:9",
        "cell": "12:13",
        "cell.format": "12:74",
        "outer_errors": "14:9",
    },
)


if __name__ == "__main__":
    main(flow)
