"""The flow shop.reports.monthly_report.

Compiled by flowc 1.0.0 from flow.yaml (sha256 44b49a1c5c7cf8c6).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Input, Output, Run, main
from flowrt.expressions import expr, ref, replace, text
from flowrt.tasks import Log, Return, Subflow

flow = Flow(
    id="monthly_report",
    namespace="shop.reports",
    inputs=[Input("month", "STRING", defaults="2024-02")],
    outputs=[Output("orders", "INT", value=ref("outputs", "count", "outputs", "orders"))],
)


@flow.tasks
async def tasks(run: Run) -> None:
    await run(count)
    await run(tell)


count = flow.task(
    Subflow(
        "count",
        namespace="shop.reports",
        flow_id="count_orders",
        inputs={"month": ref("inputs", "month")},
    )
)
tell = flow.task(
    Log(
        "tell",
        message=expr(
            "{{ outputs.count.outputs.orders }} orders in {{ inputs.month }}",
            lambda v: (
                f"{text(v['outputs']['count']['outputs']['orders'])} orders in "
                f"{v['inputs']['month']}"
            ),
        ),
    )
)


def shop_reports_count_orders() -> Flow:
    """The flow shop.reports.count_orders.

    Compiled by flowc 1.0.0 from count_orders.yaml (sha256 e8cb9b2ebf6848a6).
    Edit the YAML and recompile.
    """
    flow = Flow(
        id="count_orders",
        namespace="shop.reports",
        inputs=[Input("month", "STRING")],
        outputs=[Output("orders", "INT", value=ref("outputs", "query", "value"))],
    )

    @flow.tasks
    async def tasks(run: Run) -> None:
        await run(query)

    query = flow.task(
        Return(
            "query",
            format=expr(
                "{{ inputs.month | replace({'-': ''}) }}",
                lambda v: replace(v["inputs"]["month"], {"-": ""}),
            ),
        )
    )

    flow.source("count_orders.yaml", {"query": "6:5", "query.format": "6:67"})

    return flow


flow.knows(shop_reports_count_orders)
flow.source(
    "flow.yaml", {"count": "6:5", "count.inputs": "10:13", "tell": "11:5", "tell.message": "11:62"}
)


if __name__ == "__main__":
    main(flow)
