"""The flow company.team.disabled-tasks.

Compiled by flowc 1.0.0 from flow.yaml (sha256 2a565a456b3a533b).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.tasks import Log, Parallel, Sequential

flow = Flow(id="disabled-tasks", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    # disabled: false
    await run(group)
    # disabled: whole
    await run(hollow)


@flow.block(Parallel("group"))
async def group(run: Run) -> None:
    # disabled: also_off
    await run.all(kept)


kept = flow.task(Log("kept", message=True))


@flow.block(Sequential("hollow"))
async def hollow(run: Run) -> None:
    # disabled: nothing
    ...


flow.source("flow.yaml", {"group": "5:5", "kept": "8:9", "hollow": "15:5"})


if __name__ == "__main__":
    main(flow)
