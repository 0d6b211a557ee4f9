"""The flow company.team.after-execution-disabled.

Compiled by flowc 1.0.0 from flow.yaml (sha256 3ef3c598f9052dc2).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import ref
from flowrt.tasks import Log

flow = Flow(id="after-execution-disabled", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(work)


work = flow.task(Log("work", message="work"))


@flow.after_execution
async def after_execution(run: Run) -> None:
    await run(seen)
    # disabled: unseen


seen = flow.task(Log("seen", message=ref("execution", "state")))


flow.source("flow.yaml", {"work": "4:5", "seen": "6:5", "seen.message": "6:62"})


if __name__ == "__main__":
    main(flow)
