"""The flow company.team.foreach-item-batches.

Compiled by flowc 1.0.0 from flow.yaml (sha256 041e1356542321d3).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Input, Run
from flowrt.control.for_each_item import Batch, ForEachItem
from flowrt.expr.filters_text import trim
from flowrt.expr.functions_files import read
from flowrt.expr.template import expr
from flowrt.tasks.debug import Return
from flowrt.tasks.log import Log
from flowrt.tasks.storage import Write

flow = Flow(id="foreach-item-batches", namespace="company.team")

write = flow.task(Write("write", content="a\nb\nc\n", extension=".txt"))
batches = flow.block(
    ForEachItem(
        "batches",
        items=expr("{{ outputs.write.uri }}", lambda v: v["outputs"]["write"]["uri"]),
        batch=Batch(rows=2),
        namespace="company.team",
        flow_id="one_batch",
        inputs={"part": expr("{{ taskrun.items }}", lambda v: v["taskrun"]["items"])},
    )
)(None)
batch_failed = flow.task(Log("batch_failed", message="a batch failed"))


@batches.errors
async def batches_errors(run: Run) -> None:
    await run(batch_failed)


@flow.tasks
async def tasks(run: Run) -> None:
    await run(write)
    await run(batches)


def company_team_one_batch() -> Flow:
    """The flow company.team.one_batch.

    Compiled by flowc 1.0.0 from one_batch.yaml (sha256 3e149a67d78c806f).
    Edit the YAML and recompile.
    """
    flow = Flow(id="one_batch", namespace="company.team", inputs=[Input("part", "FILE")])

    show = flow.task(
        Return(
            "show",
            format=expr(
                "{{ read(inputs.part) | trim }}", lambda v: trim(read(v, v["inputs"]["part"]))
            ),
        )
    )

    @flow.tasks
    async def tasks(run: Run) -> None:
        await run(show)

    flow.source("one_batch.yaml", {"show": "6:5", "show.format": "6:66"})
    return flow


flow.knows(company_team_one_batch)
flow.source(
    "flow.yaml",
    {
        "write": "4:5",
        "batches": "8:5",
        "batches.items": "10:12",
        "batches.inputs": "15:7",
        "batch_failed": "17:9",
    },
)


if __name__ == "__main__":
    flow.main()
