"""The flow company.team.foreach-slots.

Compiled by flowc 1.0.0 from flow.yaml (sha256 c097e826fa6c7081).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Input, Run
from flowrt.control.each import ForEach
from flowrt.control.parallel import Parallel
from flowrt.expr.printing import text
from flowrt.expr.template import expr
from flowrt.tasks.debug import Return
from flowrt.tasks.log import Log

flow = Flow(
    id="foreach-slots",
    namespace="company.team",
    inputs=[Input("items", "JSON", defaults='["a", "b", "c"]')],
)

log = flow.task(
    Log(
        "log",
        message=expr(
            "Processing {{ parent.taskrun.value }}",
            lambda v: f"Processing {text(v['parent']['taskrun']['value'])}",
        ),
    )
)
keep = flow.task(
    Return(
        "keep", format=expr("{{ parent.taskrun.value }}", lambda v: v["parent"]["taskrun"]["value"])
    )
)


@flow.block(Parallel("both"))
async def both(run: Run) -> None:
    await run.all(log, keep)


@flow.block(
    ForEach(
        "each",
        values=expr("{{ inputs.items }}", lambda v: v["inputs"]["items"]),
        concurrency_limit=2,
    )
)
async def each(run: Run) -> None:  # once per value
    await run(both)


@flow.tasks
async def tasks(run: Run) -> None:
    await run(each)


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
    flow.main()
