"""The flow company.team.dag-diamond.

Compiled by flowc 1.0.0 from flow.yaml (sha256 cf9a7afd91de6d32).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, after, main
from flowrt.expressions import Pieces, expr
from flowrt.tasks import Dag, Log, Return

flow = Flow(id="dag-diamond", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(graph)


@flow.block(Dag("graph", concurrent=2))
async def graph(run: Run) -> None:
    await run.all(after(join, left, right), after(left, start), after(right, start), start)


join = flow.task(
    Return(
        "join",
        format=expr(
            "{{ outputs.left.value }}{{ outputs.right.value }}",
            lambda v: Pieces(v["outputs"]["left"]["value"], v["outputs"]["right"]["value"]),
        ),
    )
)
left = flow.task(Return("left", format="l"))
right = flow.task(Return("right", format="r"))
start = flow.task(Return("start", format="s"))


@graph.errors
async def graph_errors(run: Run) -> None:
    await run(graph_failed)


graph_failed = flow.task(Log("graph_failed", message="failed"))


flow.source(
    "flow.yaml",
    {
        "graph": "4:5",
        "join": "8:15",
        "join.format": "8:76",
        "left": "10:15",
        "right": "12:15",
        "start": "14:15",
        "graph_failed": "16:9",
    },
)


if __name__ == "__main__":
    main(flow)
