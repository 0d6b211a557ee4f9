"""The flow company.team.template-args.

Compiled by flowc 1.0.0 from flow.yaml (sha256 62272003cdc40987).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run
from flowrt.control.template import Template
from flowrt.expr.printing import text
from flowrt.expr.template import expr
from flowrt.tasks.debug import Return

flow = Flow(id="template-args", namespace="company.team")

greet = flow.task(
    Return(
        "greet",
        format=expr(
            "Hello {{ parent.outputs.args.name }}",
            lambda v: f"Hello {text(v['parent']['outputs']['args']['name'])}",
        ),
    )
)


@flow.block(
    Template(
        "stored",
        namespace="company.team",
        template_id="greeting",
        args={"name": expr("{{ flow.id }}", lambda v: v["flow"]["id"])},
    )
)
async def stored(run: Run) -> None:
    await run(greet)


@flow.tasks
async def tasks(run: Run) -> None:
    await run(stored)


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
    flow.main()
