"""The flow company.team.subflow.

Compiled by flowc 1.0.0 from flow.yaml (sha256 33077170705afeab).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Input, Run
from flowrt.control.subflow import Subflow
from flowrt.expr.filters_text import trim
from flowrt.expr.functions_files import read
from flowrt.expr.printing import text
from flowrt.expr.template import expr
from flowrt.tasks.debug import Return

flow = Flow(id="subflow", namespace="company.team", inputs=[Input("myFile", "FILE")])

subflow = flow.task(
    Subflow(
        "subflow",
        namespace="company.team",
        flow_id="my-subflow",
        inputs={"file": expr("{{ inputs.myFile }}", lambda v: v["inputs"]["myFile"]), "store": 12},
    )
)


@flow.tasks
async def tasks(run: Run) -> None:
    await run(subflow)


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

    lines = flow.task(
        Return(
            "lines",
            format=expr(
                "{{ inputs.store }} {{ read(inputs.file) | trim }}",
                lambda v: f"{v['inputs']['store']} {text(trim(read(v, v['inputs']['file'])))}",
            ),
        )
    )

    @flow.tasks
    async def tasks(run: Run) -> None:
        await run(lines)

    flow.source("my-subflow.yaml", {"lines": "9:5", "lines.format": "11:13"})
    return flow


flow.knows(company_team_my_subflow)
flow.source("flow.yaml", {"subflow": "7:5", "subflow.inputs": "12:7"})


if __name__ == "__main__":
    flow.main()
