"""The flow company.team.timeout.

Compiled by flowc 1.0.0 from flow.yaml (sha256 354decda8dec6a77).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import expr, text
from flowrt.tasks import Log, Sleep

flow = Flow(id="timeout", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(slow)
    await run(quick)


slow = flow.task(Sleep("slow", duration="PT5S", timeout="PT0.2S", allow_failure=True))
quick = flow.task(
    Log("quick", message="in time", timeout=expr("PT{{ 5 + 5 }}S", lambda v: f"PT{text(10)}S"))
)


flow.source("flow.yaml", {"slow": "4:5", "quick": "5:5", "quick.timeout": "5:81"})


if __name__ == "__main__":
    main(flow)
