"""The flow company.team.plugin-defaults.

Compiled by flowc 1.0.0 from flow.yaml (sha256 9783a57812d22149).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.tasks import Log, Return

flow = Flow(id="plugin-defaults", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(warns)
    await run(own)
    await run(given)


warns = flow.task(Log("warns", level="WARN", message="loud"))
own = flow.task(Log("own", level="DEBUG", message="quiet"))
given = flow.task(Return("given", format="forced"))


flow.source("flow.yaml", {"warns": "10:5", "own": "11:5", "given": "12:5"})


if __name__ == "__main__":
    main(flow)
