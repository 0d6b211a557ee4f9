"""The flow company.team.flow-outputs.

Compiled by flowc 1.0.0 from flow.yaml (sha256 6a5e38e6f2be4609).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Output, Run, main
from flowrt.expressions import expr, ref
from flowrt.tasks import Return

flow = Flow(
    id="flow-outputs",
    namespace="company.team",
    outputs=[
        Output(
            "total",
            "INT",
            value=ref("outputs", "sum", "value"),
            display_name="The total",
            description="All of it.",
        ),
        Output("missing", "STRING", value=ref("outputs", "nothing", "here"), required=False),
        Output("items", "JSON", value='["a", {"b": 1}]'),
    ],
)


@flow.tasks
async def tasks(run: Run) -> None:
    await run(sum_)


sum_ = flow.task(Return("sum", format=expr("{{ 40 + 2 }}", lambda v: 42)))


flow.source("flow.yaml", {"sum": "4:5", "sum.format": "4:65"})


if __name__ == "__main__":
    main(flow)
