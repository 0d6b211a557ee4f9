"""The flow shop.sync.flaky_step.

Compiled by flowc 1.0.0 from flow.yaml (sha256 9e4455ce545fb277).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import expr, lt
from flowrt.tasks import Exponential, Fail, Log

flow = Flow(id="flaky_step", namespace="shop.sync")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(call_partner)
    await run(done)


# the partner's system needs a moment in the morning
call_partner = flow.task(
    Fail(
        "call_partner",
        condition=expr(
            "{{ taskrun.attemptsCount < 2 }}", lambda v: lt(v["taskrun"]["attemptsCount"], 2)
        ),
        error_message="the partner does not answer",
        retry=Exponential(
            interval="PT0.1S", max_interval="PT1S", max_attempts=5, warning_on_retry=True
        ),
    )
)

done = flow.task(Log("done", message="the partner has answered"))


flow.source("flow.yaml", {"call_partner": "5:5", "call_partner.condition": "7:16", "done": "15:5"})


if __name__ == "__main__":
    main(flow)
