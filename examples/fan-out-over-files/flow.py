"""The flow shop.mail.send_letters.

Compiled by flowc 1.0.0 from flow.yaml (sha256 42649aa7d80b0d80).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Input, Run, main
from flowrt.expressions import expr, read, ref, text, trim
from flowrt.tasks import Batch, ForEachItem, Log

flow = Flow(id="send_letters", namespace="shop.mail", inputs=[Input("addresses", "FILE")])


@flow.tasks
async def tasks(run: Run) -> None:
    await run(each_batch)
    await run(sum_)


each_batch = flow.task(
    ForEachItem(
        "each_batch",
        items=ref("inputs", "addresses"),
        namespace="shop.mail",
        flow_id="send_batch",
        inputs={"batch": ref("taskrun", "items")},
        batch=Batch(rows=2),
    )
)
sum_ = flow.task(
    Log(
        "sum",
        message=expr(
            "{{ outputs.each_batch_items.numberOfBatches }} batches",
            lambda v: f"{text(v['outputs']['each_batch_items']['numberOfBatches'])} batches",
        ),
    )
)


def shop_mail_send_batch() -> Flow:
    """The flow shop.mail.send_batch.

    Compiled by flowc 1.0.0 from send_batch.yaml (sha256 e3230e76ede33abb).
    Edit the YAML and recompile.
    """
    flow = Flow(id="send_batch", namespace="shop.mail", inputs=[Input("batch", "FILE")])

    @flow.tasks
    async def tasks(run: Run) -> None:
        await run(send)

    send = flow.task(
        Log(
            "send",
            message=expr(
                "to {{ read(inputs.batch) | trim }}",
                lambda v: f"to {text(trim(read(v, v['inputs']['batch'])))}",
            ),
        )
    )

    flow.source("send_batch.yaml", {"send": "6:5", "send.message": "6:62"})

    return flow


flow.knows(shop_mail_send_batch)
flow.source(
    "flow.yaml",
    {
        "each_batch": "6:5",
        "each_batch.items": "8:12",
        "each_batch.inputs": "12:13",
        "sum": "13:5",
        "sum.message": "13:61",
    },
)


if __name__ == "__main__":
    main(flow)
