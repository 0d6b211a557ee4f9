"""The flow company.team.foreach-disabled-child.

Compiled by flowc 1.0.0 from flow.yaml (sha256 a7fa63ad87fca13f).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import ref
from flowrt.tasks import ForEach, Return

flow = Flow(id="foreach-disabled-child", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(each)


@flow.block(
    ForEach(
        "each",
        values=["a", "b"],
        # concurrencyLimit 5 acts as 1, because a child is disabled
        concurrency_limit=1,
    )
)
async def each(run: Run, value: str) -> None:
    await run(kept)
    # disabled: false


kept = flow.task(Return("kept", format=ref("taskrun", "value")))


flow.source("flow.yaml", {"each": "4:5", "kept": "9:9", "kept.format": "9:70"})


if __name__ == "__main__":
    main(flow)
