"""The flow company.team.loop_until.

Compiled by flowc 1.0.0 from flow.yaml (sha256 0df51dcbfe9a8339).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import eq, expr
from flowrt.tasks import CheckFrequency, HttpRequest, LoopUntil

flow = Flow(id="loop_until", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(loop)


@flow.block(
    LoopUntil(
        "loop",
        condition=expr(
            "{{ outputs.ping.code == 200 }}", lambda v: eq(v["outputs"]["ping"]["code"], 200)
        ),
        check_frequency=CheckFrequency(interval="PT30S", max_iterations=50),
    )
)
async def loop(run: Run) -> None:
    await run(ping)


ping = flow.task(HttpRequest("ping", method="GET", uri="https://kestra.io/api/mock"))


flow.source("flow.yaml", {"loop": "4:5", "loop.condition": "6:16", "ping": "11:9"})


if __name__ == "__main__":
    main(flow)
