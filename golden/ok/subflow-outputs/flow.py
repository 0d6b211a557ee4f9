"""The flow company.team.subflow-outputs.

Compiled by flowc 1.0.0 from flow.yaml (sha256 f660b83677890187).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Input, Output, Run, main
from flowrt.expressions import expr, ref, text
from flowrt.tasks import Log, Return, Subflow

flow = Flow(id="subflow-outputs", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(call)
    await run(result)


call = flow.task(
    Subflow(
        "call",
        namespace="company.team",
        flow_id="double",
        inputs={"n": 21},
        labels={"origin": ref("flow", "id")},
    )
)
result = flow.task(
    Log(
        "result",
        message=expr(
            "{{ outputs.call.outputs.twice }} {{ outputs.call.state }}",
            lambda v: (
                f"{text(v['outputs']['call']['outputs']['twice'])} "
                f"{text(v['outputs']['call']['state'])}"
            ),
        ),
    )
)


def company_team_double() -> Flow:
    """company.team.double: Doubles a number.

    Compiled by flowc 1.0.0 from double.yaml (sha256 ae9d388e693620cf).
    Edit the YAML and recompile.
    """
    flow = Flow(
        id="double",
        namespace="company.team",
        description='Doubles a number.\nWith "quotes" in the second line.\n',
        inputs=[Input("n", "INT")],
        outputs=[Output("twice", "INT", value=ref("outputs", "sum", "value"))],
    )

    @flow.tasks
    async def tasks(run: Run) -> None:
        await run(sum_)

    sum_ = flow.task(
        Return("sum", format=expr("{{ inputs.n * 2 }}", lambda v: v["inputs"]["n"] * 2))
    )

    flow.source("double.yaml", {"sum": "9:5", "sum.format": "9:65"})

    return flow


flow.knows(company_team_double)
flow.source(
    "flow.yaml", {"call": "4:5", "call.labels": "9:13", "result": "10:5", "result.message": "10:64"}
)


if __name__ == "__main__":
    main(flow)
