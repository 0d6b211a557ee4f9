"""The flow company.team.pause-resumed.

Compiled by flowc 1.0.0 from flow.yaml (sha256 6534eb124f68f58c).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Input, Run, main
from flowrt.expressions import expr, text
from flowrt.tasks import Log, Pause

flow = Flow(id="pause-resumed", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(approval)
    await run(answer)


approval = flow.task(
    Pause(
        "approval",
        on_resume=[
            Input("approved", "BOOLEAN", description="Go on?"),
            Input("reason", "STRING", defaults="none given"),
        ],
    )
)
answer = flow.task(
    Log(
        "answer",
        message=expr(
            "{{ outputs.approval.onResume.approved }}: {{ outputs.approval.onResume.reason }}",
            lambda v: (
                f"{text(v['outputs']['approval']['onResume']['approved'])}: "
                f"{text(v['outputs']['approval']['onResume']['reason'])}"
            ),
        ),
    )
)


flow.source("flow.yaml", {"approval": "4:5", "answer": "9:5", "answer.message": "9:64"})


if __name__ == "__main__":
    main(flow)
