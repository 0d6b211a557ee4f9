"""The flow company.team.retry-constant.

Compiled by flowc 1.0.0 from flow.yaml (sha256 4a35b42a1f4f1cd3).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import expr, lt
from flowrt.tasks import Constant, Fail

flow = Flow(id="retry-constant", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(flaky)


flaky = flow.task(
    Fail(
        "flaky",
        condition=expr(
            "{{ taskrun.attemptsCount < 2 }}", lambda v: lt(v["taskrun"]["attemptsCount"], 2)
        ),
        retry=Constant(interval="PT0.1S", max_attempts=3, warning_on_retry=True),
    )
)


flow.source("flow.yaml", {"flaky": "4:5", "flaky.condition": "6:16"})


if __name__ == "__main__":
    main(flow)
