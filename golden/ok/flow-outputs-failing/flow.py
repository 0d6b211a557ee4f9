"""The flow company.team.flow-outputs-failing.

Compiled by flowc 1.0.0 from flow.yaml (sha256 c8aeb6e7fd2b75d5).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Output, Run, main
from flowrt.tasks import Log

flow = Flow(
    id="flow-outputs-failing",
    namespace="company.team",
    outputs=[Output("number", "INT", value="abc")],
)


@flow.tasks
async def tasks(run: Run) -> None:
    await run(fine)


fine = flow.task(Log("fine", message="fine"))


flow.source("flow.yaml", {"fine": "4:5"})


if __name__ == "__main__":
    main(flow)
