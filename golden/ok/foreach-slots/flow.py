"""The flow company.team.foreach-slots.

Compiled by flowc 1.0.0 from flow.yaml (sha256 c097e826fa6c7081).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Input, Run, main
from flowrt.expressions import expr, ref, text
from flowrt.tasks import ForEach, Log, Parallel, Return

flow = Flow(
    id="foreach-slots",
    namespace="company.team",
    inputs=[Input("items", "JSON", defaults='["a", "b", "c"]')],
)


@flow.tasks
async def tasks(run: Run) -> None:
    await run(each)


@flow.block(ForEach("each", values=ref("inputs", "items"), concurrency_limit=2))
async def each(run: Run, value: str) -> None:
    await run(both)


@flow.block(Parallel("both"))
async def both(run: Run) -> None:
    await run.all(log, keep)


log = flow.task(
    Log(
        "log",
        message=expr(
            "Processing {{ parent.taskrun.value }}",
            lambda v: f"Processing {text(v['parent']['taskrun']['value'])}",
        ),
    )
)
keep = flow.task(Return("keep", format=ref("parent", "taskrun", "value")))


flow.source(
    "flow.yaml",
    {
        "each": "6:5",
        "each.values": "8:13",
        "both": "11:9",
        "log": "14:13",
        "log.message": "14:69",
        "keep": "15:13",
        "keep.format": "15:74",
    },
)


if __name__ == "__main__":
    main(flow)
