"""The flow company.team.pause-duration.

Compiled by flowc 1.0.0 from flow.yaml (sha256 ecc10c618d022f8b).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.tasks import Log, Pause

flow = Flow(id="pause-duration", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(wait)
    await run(after)


note = flow.task(Log("note", message="waiting"))
wait = flow.task(Pause("wait", pause_duration="PT1S", behavior="WARN", on_pause=note))
after = flow.task(Log("after", message="after"))


flow.source("flow.yaml", {"wait": "4:5", "note": "9:7", "after": "12:5"})


if __name__ == "__main__":
    main(flow)
