"""The flow company.team.if-else-chain.

Compiled by flowc 1.0.0 from flow.yaml (sha256 e58bbbbfb6d8a4a6).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Input, Run, main
from flowrt.expressions import expr
from flowrt.tasks import If, Log

flow = Flow(id="if-else-chain", namespace="company.team", inputs=[Input("size", "INT", defaults=7)])


@flow.tasks
async def tasks(run: Run) -> None:
    await run(check)


@flow.block(
    If("check", condition=expr("{{ inputs.size > 10 }}", lambda v: v["inputs"]["size"] > 10))
)
async def check(run: Run) -> None:
    if run.condition:
        await run(big)
    else:
        await run(check_small)


big = flow.task(Log("big", message="big"))


@flow.block(
    If("check_small", condition=expr("{{ inputs.size > 5 }}", lambda v: v["inputs"]["size"] > 5))
)
async def check_small(run: Run) -> None:
    if run.condition:
        await run(middle)
    else:
        await run(small)


middle = flow.task(
    Log(
        "middle",
        message=expr("middle: {{ inputs.size }}", lambda v: f"middle: {v['inputs']['size']}"),
    )
)
small = flow.task(Log("small", message="small"))


flow.source(
    "flow.yaml",
    {
        "check": "6:5",
        "check.condition": "8:16",
        "big": "10:9",
        "check_small": "12:9",
        "check_small.condition": "14:20",
        "middle": "16:13",
        "middle.message": "16:72",
        "small": "18:13",
    },
)


if __name__ == "__main__":
    main(flow)
