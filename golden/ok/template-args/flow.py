"""The flow company.team.template-args.

Compiled by flowc 1.0.0 from flow.yaml (sha256 e565669d6b1894af).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import expr, ref, text
from flowrt.tasks import Return, Template

flow = Flow(id="template-args", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(stored)


@flow.block(
    Template(
        "stored", namespace="company.team", template_id="greeting", args={"name": ref("flow", "id")}
    )
)
async def stored(run: Run) -> None:
    await run(greet)


greet = flow.task(
    Return(
        "greet",
        format=expr(
            "Hello {{ parent.outputs.args.name }}",
            lambda v: f"Hello {text(v['parent']['outputs']['args']['name'])}",
        ),
    )
)


flow.source(
    "flow.yaml",
    {
        "stored": "4:5",
        "stored.args": "8:11",
        "greet": "greeting.yaml:4:5",
        "greet.format": "greeting.yaml:4:67",
    },
)


if __name__ == "__main__":
    main(flow)
