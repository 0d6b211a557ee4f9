"""The flow company.team.switch-defaults.

Compiled by flowc 1.0.0 from flow.yaml (sha256 b8b45f933d6f9372).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Input, Run, main
from flowrt.expressions import expr, lower
from flowrt.tasks import Log, Switch

flow = Flow(id="switch-defaults", namespace="company.team", inputs=[Input("kind", "STRING")])


@flow.tasks
async def tasks(run: Run) -> None:
    await run(route)


@flow.block(
    Switch(
        "route",
        value=expr("{{ inputs.kind | lower }}", lambda v: lower(v["inputs"]["kind"])),
        cases=["csv", "with 'quotes' and \"marks\"", "1"],
    )
)
async def route(run: Run) -> None:
    match run.value:
        case "csv":
            await run(read_csv)
        case "with 'quotes' and \"marks\"":
            await run(odd)
        case "1":
            await run(number)
        case _:
            await run(refuse)


read_csv = flow.task(Log("read_csv", message="comma separated"))
odd = flow.task(Log("odd", message="odd"))
number = flow.task(Log("number", message="one"))
refuse = flow.task(
    Log(
        "refuse",
        level="WARN",
        message=expr(
            "no reader for {{ inputs.kind }}", lambda v: f"no reader for {v['inputs']['kind']}"
        ),
    )
)


flow.source(
    "flow.yaml",
    {
        "route": "7:5",
        "route.value": "9:12",
        "read_csv": "12:11",
        "odd": "14:11",
        "number": "16:11",
        "refuse": "18:9",
        "refuse.message": "18:81",
    },
)


if __name__ == "__main__":
    main(flow)
