"""The flow company.team.listeners.

Compiled by flowc 1.0.0 from flow.yaml (sha256 e4f3b9e6e7e5d571).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.tasks import Log

flow = Flow(id="listeners", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(work)


work = flow.task(Log("work", message="work"))


@flow.listener(
    [{"type": "io.kestra.core.models.conditions.types.ExecutionStatusCondition", "in": ["SUCCESS"]}]
)
async def listener_(run: Run) -> None:
    await run(heard)


heard = flow.task(Log("heard", message="heard"))


flow.source("flow.yaml", {"work": "4:5", "heard": "9:9"})


if __name__ == "__main__":
    main(flow)
