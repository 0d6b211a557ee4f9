"""The flow company.team.assertions.

Compiled by flowc 1.0.0 from flow.yaml (sha256 7e3cb034eb3e67ef).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import expr
from flowrt.tasks import Assert

flow = Flow(id="assertions", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(holds)
    await run(broken)


holds = flow.task(
    Assert(
        "holds",
        conditions=[
            expr("{{ 1 + 1 == 2 }}", lambda v: 2 == 2),
            expr("{{ flow.id != 'b' }}", lambda v: v["flow"]["id"] != "b"),
        ],
    )
)
broken = flow.task(
    Assert(
        "broken",
        error_message="checked and found wanting",
        conditions=[expr("{{ flow.id == 'b' }}", lambda v: v["flow"]["id"] == "b")],
    )
)


flow.source(
    "flow.yaml",
    {"holds": "4:5", "holds.conditions": "6:17", "broken": "7:5", "broken.conditions": "11:7"},
)


if __name__ == "__main__":
    main(flow)
