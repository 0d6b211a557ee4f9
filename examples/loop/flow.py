"""The flow shop.reports.load_regions.

Compiled by flowc 1.0.0 from flow.yaml (sha256 9bd889b099401441).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Input, Output, Run, main
from flowrt.expressions import expr, keys, member, ref, text, upper
from flowrt.tasks import ForEach, Log, Return

flow = Flow(
    id="load_regions",
    namespace="shop.reports",
    inputs=[Input("regions", "ARRAY", item_type="STRING", defaults=["eu", "us", "asia"])],
    outputs=[
        Output(
            "regions",
            "JSON",
            value=expr("{{ outputs.load | keys }}", lambda v: keys(v["outputs"]["load"])),
        )
    ],
)


@flow.tasks
async def tasks(run: Run) -> None:
    await run(each_region)


@flow.block(ForEach("each_region", values=ref("inputs", "regions"), concurrency_limit=2))
async def each_region(run: Run, value: str) -> None:
    await run(load)
    await run(note)


load = flow.task(
    Return(
        "load", format=expr("{{ taskrun.value | upper }}", lambda v: upper(v["taskrun"]["value"]))
    )
)
note = flow.task(
    Log(
        "note",
        message=expr(
            "loaded {{ outputs.load[taskrun.value].value }}",
            lambda v: (
                f"loaded {text(member(v['outputs']['load'], v['taskrun']['value'])['value'])}"
            ),
        ),
    )
)


flow.source(
    "flow.yaml",
    {
        "each_region": "6:5",
        "each_region.values": "8:13",
        "load": "11:9",
        "load.format": "11:70",
        "note": "12:9",
        "note.message": "12:66",
    },
)


if __name__ == "__main__":
    main(flow)
