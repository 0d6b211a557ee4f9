"""shop.orders.ship_order: Chooses how an order is shipped, and whom to tell.

Compiled by flowc 1.0.0 from flow.yaml (sha256 556f1dcfea41edef).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Input, Run, main
from flowrt.expressions import expr, ref, text
from flowrt.tasks import If, Log, Switch

flow = Flow(
    id="ship_order",
    namespace="shop.orders",
    description="Chooses how an order is shipped, and whom to tell.",
    inputs=[
        Input("kilograms", "FLOAT", defaults=2.5, description="What the parcel weighs."),
        Input("region", "SELECT", values=["eu", "us", "other"], defaults="eu"),
    ],
)


@flow.tasks
async def tasks(run: Run) -> None:
    await run(by_weight)
    await run(tell)


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
            "freight for {{ inputs.kilograms }} kg",
            lambda v: f"freight for {text(v['inputs']['kilograms'])} kg",
        ),
    )
)
parcel = flow.task(
    Log(
        "parcel",
        message=expr(
            "parcel of {{ inputs.kilograms }} kg",
            lambda v: f"parcel of {text(v['inputs']['kilograms'])} kg",
        ),
    )
)


@flow.block(Switch("tell", value=ref("inputs", "region"), cases=["eu", "us"]))
async def tell(run: Run) -> None:
    match run.value:
        case "eu":
            await run(berlin)
        case "us":
            await run(boston)
        case _:
            await run(nobody)


berlin = flow.task(Log("berlin", message="Berlin is told"))
boston = flow.task(Log("boston", message="Boston is told"))
nobody = flow.task(
    Log(
        "nobody",
        level="WARN",
        message=expr(
            "nobody looks after {{ inputs.region }}",
            lambda v: f"nobody looks after {text(v['inputs']['region'])}",
        ),
    )
)


flow.source(
    "flow.yaml",
    {
        "by_weight": "8:5",
        "by_weight.condition": "10:16",
        "freight": "12:9",
        "freight.message": "12:69",
        "parcel": "14:9",
        "parcel.message": "14:68",
        "tell": "15:5",
        "tell.value": "17:12",
        "berlin": "20:11",
        "boston": "22:11",
        "nobody": "24:9",
        "nobody.message": "24:81",
    },
)


if __name__ == "__main__":
    main(flow)
