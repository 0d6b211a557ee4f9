"""The flow company.team.sla-levels.

Compiled by flowc 1.0.0 from flow.yaml (sha256 ba13ddc706e06d3c).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Assertion, Flow, MaxDuration, Run, main
from flowrt.expressions import expr
from flowrt.tasks import Log

flow = Flow(
    id="sla-levels",
    namespace="company.team",
    sla=[
        MaxDuration(id="soon", duration="PT30S", behavior="CANCEL", labels={"sla": "late"}),
        Assertion(
            id="sane",
            condition=expr("{{ flow.id != 'x' }}", lambda v: v["flow"]["id"] != "x"),
            behavior="FAIL",
        ),
    ],
)


@flow.tasks
async def tasks(run: Run) -> None:
    await run(work)


work = flow.task(Log("work", message="in time"))


flow.source("flow.yaml", {"work": "7:5"})


if __name__ == "__main__":
    main(flow)
