"""The flow company.team.hello.

Compiled by flowc 1.0.0 from flow.yaml (sha256 c749798bbd60b2a0).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Input, Run, main
from flowrt.expressions import expr, text
from flowrt.tasks import If, Log

flow = Flow(
    id="hello", namespace="company.team", inputs=[Input("kilograms", "FLOAT", defaults=2.5)]
)


@flow.tasks
async def tasks(run: Run) -> None:
    await run(by_weight)


@flow.block(
    If(
        "by_weight",
        condition=expr("{{ inputs.kilograms > 20 }}", lambda v: v["inputs"]["kilograms"] > 20),
    )
)
async def by_weight(run: Run) -> None:
    if run.condition:
        await run(freight)
    else:
        await run(parcel)


freight = flow.task(
    Log(
        "freight",
        message=expr(
            "{{ inputs.kilograms }} kg by train",
            lambda v: f"{text(v['inputs']['kilograms'])} kg by train",
        ),
    )
)

# small parcels go by bicycle
parcel = flow.task(
    Log(
        "parcel",
        message=expr(
            "{{ inputs.kilograms }} kg by bicycle",
            lambda v: f"{text(v['inputs']['kilograms'])} kg by bicycle",
        ),
    )
)


flow.source(
    "flow.yaml",
    {
        "by_weight": "8:5",
        "by_weight.condition": "10:16",
        "freight": "12:9",
        "freight.message": "14:18",
        "parcel": "17:9",
        "parcel.message": "19:18",
    },
)


if __name__ == "__main__":
    main(flow)
