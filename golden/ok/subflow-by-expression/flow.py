"""The flow company.team.subflow-by-expression.

Compiled by flowc 1.0.0 from flow.yaml (sha256 febaa3eeb0249fe3).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Input, Run, main
from flowrt.expressions import expr, ref
from flowrt.tasks import Fail, Log, Subflow

flow = Flow(
    id="subflow-by-expression",
    namespace="company.team",
    inputs=[Input("which", "STRING", defaults="one")],
)


@flow.tasks
async def tasks(run: Run) -> None:
    await run(call)


call = flow.task(
    Subflow(
        "call",
        namespace=ref("flow", "namespace"),
        flow_id=expr("sub_{{ inputs.which }}", lambda v: f"sub_{v['inputs']['which']}"),
        transmit_failed=False,
    )
)


def company_team_sub_one() -> Flow:
    """The flow company.team.sub_one.

    Compiled by flowc 1.0.0 from one.yaml (sha256 e366ca8fa246e841).
    Edit the YAML and recompile.
    """
    flow = Flow(id="sub_one", namespace="company.team")

    @flow.tasks
    async def tasks(run: Run) -> None:
        await run(a)

    a = flow.task(Log("a", message="one"))

    flow.source("one.yaml", {"a": "4:5"})

    return flow


def company_team_sub_two() -> Flow:
    """The flow company.team.sub_two.

    Compiled by flowc 1.0.0 from two.yaml (sha256 8c25bb3b5e72ae05).
    Edit the YAML and recompile.
    """
    flow = Flow(id="sub_two", namespace="company.team")

    @flow.tasks
    async def tasks(run: Run) -> None:
        await run(a)

    a = flow.task(Fail("a"))

    flow.source("two.yaml", {"a": "4:5"})

    return flow


flow.knows(company_team_sub_one, company_team_sub_two)
flow.source("flow.yaml", {"call": "6:5", "call.namespace": "8:16", "call.flowId": "9:13"})


if __name__ == "__main__":
    main(flow)
