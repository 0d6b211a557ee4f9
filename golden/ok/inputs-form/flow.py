"""The flow company.team.inputs-form.

Compiled by flowc 1.0.0 from flow.yaml (sha256 3caaf0eae7369e55).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Input, Run, main
from flowrt.expressions import expr, text
from flowrt.tasks import Log

flow = Flow(
    id="inputs-form",
    namespace="company.team",
    inputs=[
        Input(
            "address",
            "FORM",
            display_name="Where to",
            inputs=[Input("city", "STRING"), Input("zip", "INT")],
        )
    ],
)


@flow.tasks
async def tasks(run: Run) -> None:
    await run(show)


show = flow.task(
    Log(
        "show",
        message=expr(
            "{{ inputs.address.zip }} {{ inputs.address.city }}",
            lambda v: (
                f"{text(v['inputs']['address']['zip'])} {text(v['inputs']['address']['city'])}"
            ),
        ),
    )
)


flow.source("flow.yaml", {"show": "11:5", "show.message": "11:62"})


if __name__ == "__main__":
    main(flow)
