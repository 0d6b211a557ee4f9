"""The flow company.team.foreach-item-batches.

Compiled by flowc 1.0.0 from flow.yaml (sha256 041e1356542321d3).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Input, Run, main
from flowrt.expressions import expr, read, ref, trim
from flowrt.tasks import Batch, ForEachItem, Log, Return, Write

flow = Flow(id="foreach-item-batches", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(write)
    await run(batches)


write = flow.task(Write("write", content="a\nb\nc\n", extension=".txt"))
batches = flow.task(
    ForEachItem(
        "batches",
        items=ref("outputs", "write", "uri"),
        namespace="company.team",
        flow_id="one_batch",
        inputs={"part": ref("taskrun", "items")},
        batch=Batch(rows=2),
    )
)


@batches.errors
async def batches_errors(run: Run) -> None:
    await run(batch_failed)


batch_failed = flow.task(Log("batch_failed", message="a batch failed"))


def company_team_one_batch() -> Flow:
    """The flow company.team.one_batch.

    Compiled by flowc 1.0.0 from one_batch.yaml (sha256 3e149a67d78c806f).
    Edit the YAML and recompile.
    """
    flow = Flow(id="one_batch", namespace="company.team", inputs=[Input("part", "FILE")])

    @flow.tasks
    async def tasks(run: Run) -> None:
        await run(show)

    show = flow.task(
        Return(
            "show",
            format=expr(
                "{{ read(inputs.part) | trim }}", lambda v: trim(read(v, v["inputs"]["part"]))
            ),
        )
    )

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
    main(flow)
