"""The flow company.team.for_each_item.

Compiled by flowc 1.0.0 from flow.yaml (sha256 a0470750f1e61c19).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Input, Output, Run
from flowrt.control.for_each_item import Batch, ForEachItem
from flowrt.expr.functions_files import read
from flowrt.expr.template import expr
from flowrt.tasks.debug import Return
from flowrt.tasks.log import Log
from flowrt.tasks.scripts import ShellScript

flow = Flow(id="for_each_item", namespace="company.team")

generate = flow.task(
    ShellScript(
        "generate",
        script='for i in $(seq 1 10); do echo "$i" >> data; done\n',
        output_files=["data"],
    )
)
for_each_item = flow.block(
    ForEachItem(
        "for_each_item",
        items=expr(
            "{{ outputs.generate.outputFiles.data }}",
            lambda v: v["outputs"]["generate"]["outputFiles"]["data"],
        ),
        batch=Batch(rows=4),
        wait=True,
        flow_id="my_subflow",
        namespace="company.team",
        inputs={"value": expr("{{ taskrun.items }}", lambda v: v["taskrun"]["items"])},
    )
)(None)
for_each_outputs = flow.task(
    Log(
        "for_each_outputs",
        message=expr(
            "{{ outputs.for_each_item_merge.subflowOutputs }}",
            lambda v: v["outputs"]["for_each_item_merge"]["subflowOutputs"],
        ),
    )
)


@flow.tasks
async def tasks(run: Run) -> None:
    await run(generate)
    await run(for_each_item)
    await run(for_each_outputs)


def company_team_my_subflow() -> Flow:
    """The flow company.team.my_subflow.

    Compiled by flowc 1.0.0 from my_subflow.yaml (sha256 5a0e2900ed0ad06c).
    Edit the YAML and recompile.
    """
    flow = Flow(
        id="my_subflow",
        namespace="company.team",
        inputs=[Input("value", "FILE")],
        outputs=[
            Output(
                "content",
                "STRING",
                value=expr(
                    "{{ outputs.content.value }}", lambda v: v["outputs"]["content"]["value"]
                ),
            )
        ],
    )

    content = flow.task(
        Return(
            "content",
            format=expr("{{ read(inputs.value) }}", lambda v: read(v, v["inputs"]["value"])),
        )
    )

    @flow.tasks
    async def tasks(run: Run) -> None:
        await run(content)

    flow.source("my_subflow.yaml", {"content": "8:5", "content.format": "10:13"})
    return flow


flow.knows(company_team_my_subflow)
flow.source(
    "flow.yaml",
    {
        "generate": "4:5",
        "for_each_item": "10:5",
        "for_each_item.items": "12:12",
        "for_each_item.inputs": "19:7",
        "for_each_outputs": "20:5",
        "for_each_outputs.message": "23:14",
    },
)


if __name__ == "__main__":
    flow.main()
