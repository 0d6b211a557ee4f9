"""The flow company.team.for_each_item.

Compiled by flowc 1.0.0 from flow.yaml (sha256 a0470750f1e61c19).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Input, Output, Run, main
from flowrt.expressions import expr, read, ref
from flowrt.tasks import Batch, ForEachItem, Log, Return, ShellScript

flow = Flow(id="for_each_item", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(generate)
    await run(for_each_item)
    await run(for_each_outputs)


generate = flow.task(
    ShellScript(
        "generate",
        script='for i in $(seq 1 10); do echo "$i" >> data; done\n',
        output_files=["data"],
    )
)
for_each_item = flow.task(
    ForEachItem(
        "for_each_item",
        items=ref("outputs", "generate", "outputFiles", "data"),
        namespace="company.team",
        flow_id="my_subflow",
        inputs={"value": ref("taskrun", "items")},
        wait=True,
        batch=Batch(rows=4),
    )
)
for_each_outputs = flow.task(
    Log(
        "for_each_outputs",
        # the page names the task's outputs `forEachItem_merge`, after another task id
        message=ref("outputs", "for_each_item_merge", "subflowOutputs"),
    )
)


def company_team_my_subflow() -> Flow:
    """The flow company.team.my_subflow.

    Compiled by flowc 1.0.0 from my_subflow.yaml (sha256 5a0e2900ed0ad06c).
    Edit the YAML and recompile.
    """
    flow = Flow(
        id="my_subflow",
        namespace="company.team",
        inputs=[Input("value", "FILE")],
        outputs=[Output("content", "STRING", value=ref("outputs", "content", "value"))],
    )

    @flow.tasks
    async def tasks(run: Run) -> None:
        await run(content)

    content = flow.task(
        Return(
            "content",
            format=expr("{{ read(inputs.value) }}", lambda v: read(v, v["inputs"]["value"])),
        )
    )

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
    main(flow)
