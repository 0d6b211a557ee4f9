"""The flow company.team.failure-flags.

Compiled by flowc 1.0.0 from flow.yaml (sha256 6c670e3b56e5e4e6).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import expr, text
from flowrt.tasks import Fail, Sequential

flow = Flow(id="failure-flags", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(soft)
    await run(softer)
    await run(group)


soft = flow.task(Fail("soft", allow_failure=True))
softer = flow.task(Fail("softer", allow_failure=True, allow_warning=True))


@flow.block(Sequential("group", allow_failure=True))
async def group(run: Run) -> None:
    await run(inside)


inside = flow.task(
    Fail(
        "inside",
        error_message=expr("{{ task.id }} fails", lambda v: f"{text(v['task']['id'])} fails"),
    )
)


flow.source(
    "flow.yaml",
    {
        "soft": "4:5",
        "softer": "5:5",
        "group": "6:5",
        "inside": "10:9",
        "inside.errorMessage": "10:80",
    },
)


if __name__ == "__main__":
    main(flow)
