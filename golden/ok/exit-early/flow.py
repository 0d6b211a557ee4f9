"""The flow company.team.exit-early.

Compiled by flowc 1.0.0 from flow.yaml (sha256 be3b0f519737aa15).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import expr
from flowrt.tasks import Exit, Log

flow = Flow(id="exit-early", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(before)
    await run(stop)
    await run(never)


before = flow.task(Log("before", message="before"))
stop = flow.task(Exit("stop", state="WARNING", run_if=expr("{{ 1 == 1 }}", lambda v: 1 == 1)))
never = flow.task(Log("never", message="not reached"))


flow.source("flow.yaml", {"before": "4:5", "stop": "5:5", "stop.runIf": "8:12", "never": "9:5"})


if __name__ == "__main__":
    main(flow)
