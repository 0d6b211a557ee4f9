"""The flow company.team.pause-children.

Compiled by flowc 1.0.0 from flow.yaml (sha256 2c6e4f552f31a04f).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.tasks import Log, Pause

flow = Flow(id="pause-children", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(validation)


@flow.block(Pause("validation"))
async def validation(run: Run) -> None:
    await run(ok)


ok = flow.task(Log("ok", message="started after manual validation"))


@validation.finally_
async def validation_finally(run: Run) -> None:
    await run(closed)


closed = flow.task(Log("closed", message="closed"))


flow.source("flow.yaml", {"validation": "4:5", "ok": "7:9", "closed": "9:9"})


if __name__ == "__main__":
    main(flow)
