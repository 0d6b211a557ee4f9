"""The flow company.team.subflow.

Compiled by flowc 1.0.0 from flow.yaml (sha256 33077170705afeab).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Input, Run, main
from flowrt.expressions import expr, read, ref, text, trim
from flowrt.tasks import Return, Subflow

flow = Flow(id="subflow", namespace="company.team", inputs=[Input("myFile", "FILE")])


@flow.tasks
async def tasks(run: Run) -> None:
    await run(subflow)


subflow = flow.task(
    Subflow(
        "subflow",
        namespace="company.team",
        flow_id="my-subflow",
        inputs={"file": ref("inputs", "myFile"), "store": 12},
    )
)


def company_team_my_subflow() -> Flow:
    """The flow company.team.my-subflow.

    Compiled by flowc 1.0.0 from my-subflow.yaml (sha256 9f84b6d63f271bcf).
    Edit the YAML and recompile.
    """
    flow = Flow(
        id="my-subflow",
        namespace="company.team",
        inputs=[Input("file", "FILE"), Input("store", "INT")],
    )

    @flow.tasks
    async def tasks(run: Run) -> None:
        await run(lines)

    lines = flow.task(
        Return(
            "lines",
            format=expr(
                "{{ inputs.store }} {{ read(inputs.file) | trim }}",
                lambda v: f"{v['inputs']['store']} {text(trim(read(v, v['inputs']['file'])))}",
            ),
        )
    )

    flow.source("my-subflow.yaml", {"lines": "9:5", "lines.format": "11:13"})

    return flow


flow.knows(company_team_my_subflow)
flow.source("flow.yaml", {"subflow": "7:5", "subflow.inputs": "12:7"})


if __name__ == "__main__":
    main(flow)
