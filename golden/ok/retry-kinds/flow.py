"""The flow company.team.retry-kinds.

Compiled by flowc 1.0.0 from flow.yaml (sha256 5fa8ff88842e8899).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.tasks import Constant, Exponential, Fail, Random

flow = Flow(
    id="retry-kinds", namespace="company.team", retry=Constant(interval="PT0.1S", max_attempts=2)
)


@flow.tasks
async def tasks(run: Run) -> None:
    await run(growing)
    await run(by_chance)
    await run(of_the_flow)


growing = flow.task(
    Fail(
        "growing",
        retry=Exponential(
            interval="PT0.1S",
            max_interval="PT0.3S",
            delay_factor=1.5,
            max_attempts=2,
            max_duration="PT10S",
        ),
        allow_failure=True,
    )
)
by_chance = flow.task(
    Fail(
        "by_chance",
        retry=Random(min_interval="PT0.1S", max_interval="PT0.2S", max_attempts=2),
        allow_failure=True,
    )
)
of_the_flow = flow.task(Fail("of_the_flow"))


flow.source("flow.yaml", {"growing": "8:5", "by_chance": "12:5", "of_the_flow": "16:5"})


if __name__ == "__main__":
    main(flow)
