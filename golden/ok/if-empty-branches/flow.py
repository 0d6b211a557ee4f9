"""The flow company.team.if-empty-branches.

Compiled by flowc 1.0.0 from flow.yaml (sha256 f2fa21521f791824).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.tasks import If, Log

flow = Flow(id="if-empty-branches", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(no_else)
    await run(all_disabled)


@flow.block(If("no_else", condition="false"))
async def no_else(run: Run) -> None:
    if run.condition:
        await run(a)


a = flow.task(Log("a", message="a"))


@flow.block(If("all_disabled", condition="true"))
async def all_disabled(run: Run) -> None:
    if run.condition:
        # disabled: b
        ...


flow.source("flow.yaml", {"no_else": "4:5", "a": "8:9", "all_disabled": "9:5"})


if __name__ == "__main__":
    main(flow)
