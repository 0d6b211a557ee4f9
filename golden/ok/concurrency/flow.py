"""The flow company.team.concurrency.

Compiled by flowc 1.0.0 from flow.yaml (sha256 5a913e73f67da4cd).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Concurrency, Flow, Run, main
from flowrt.tasks import Log

flow = Flow(
    id="concurrency", namespace="company.team", concurrency=Concurrency(limit=2, behavior="FAIL")
)


@flow.tasks
async def tasks(run: Run) -> None:
    await run(show)


show = flow.task(Log("show", message="one of two"))


flow.source("flow.yaml", {"show": "7:5"})


if __name__ == "__main__":
    main(flow)
