"""The flow shop.deploy.release.

Compiled by flowc 1.0.0 from flow.yaml (sha256 cef72aa2e804d190).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Input, Run, main
from flowrt.expressions import expr, ref, text
from flowrt.tasks import If, Log, Pause

flow = Flow(id="release", namespace="shop.deploy")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(approve)
    await run(decide)


approve = flow.task(
    Pause(
        "approve",
        on_resume=[
            Input("approved", "BOOLEAN", description="Release it?"),
            Input("comment", "STRING", defaults="no comment"),
        ],
    )
)


@flow.block(If("decide", condition=ref("outputs", "approve", "onResume", "approved")))
async def decide(run: Run) -> None:
    if run.condition:
        await run(deploy)
    else:
        await run(cancel)


deploy = flow.task(
    Log(
        "deploy",
        message=expr(
            "released: {{ outputs.approve.onResume.comment }}",
            lambda v: f"released: {text(v['outputs']['approve']['onResume']['comment'])}",
        ),
    )
)
cancel = flow.task(Log("cancel", level="WARN", message="not released"))


flow.source(
    "flow.yaml",
    {
        "approve": "4:5",
        "decide": "9:5",
        "decide.condition": "11:16",
        "deploy": "13:9",
        "deploy.message": "13:68",
        "cancel": "15:9",
    },
)


if __name__ == "__main__":
    main(flow)
