"""The flow company.team.subflow-recursive.

Compiled by flowc 1.0.0 from flow.yaml (sha256 4762cbe9788af5ab).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Input, Run, main
from flowrt.expressions import expr, ref
from flowrt.tasks import If, Subflow

flow = Flow(
    id="subflow-recursive", namespace="company.team", inputs=[Input("depth", "INT", defaults=2)]
)


@flow.tasks
async def tasks(run: Run) -> None:
    await run(again)


@flow.block(
    If("again", condition=expr("{{ inputs.depth > 0 }}", lambda v: v["inputs"]["depth"] > 0))
)
async def again(run: Run) -> None:
    if run.condition:
        await run(call)


call = flow.task(
    Subflow(
        "call",
        namespace="company.team",
        flow_id="between",
        inputs={"depth": expr("{{ inputs.depth - 1 }}", lambda v: v["inputs"]["depth"] - 1)},
    )
)


def company_team_between() -> Flow:
    """The flow company.team.between.

    Compiled by flowc 1.0.0 from between.yaml (sha256 4936aa25ff108cfc).
    Edit the YAML and recompile.
    """
    flow = Flow(id="between", namespace="company.team", inputs=[Input("depth", "INT")])

    @flow.tasks
    async def tasks(run: Run) -> None:
        await run(back)

    back = flow.task(
        Subflow(
            "back",
            namespace="company.team",
            flow_id="subflow-recursive",
            inputs={"depth": ref("inputs", "depth")},
        )
    )

    flow.knows(company_team_subflow_recursive)
    flow.source("between.yaml", {"back": "6:5", "back.inputs": "10:13"})

    return flow


def company_team_subflow_recursive() -> Flow:
    return flow


flow.knows(company_team_between)
flow.source(
    "flow.yaml", {"again": "6:5", "again.condition": "8:16", "call": "10:9", "call.inputs": "14:17"}
)


if __name__ == "__main__":
    main(flow)
