"""The flow company.team.template.

Compiled by flowc 1.0.0 from flow.yaml (sha256 2969d5ae04e9e108).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import expr, ref, text
from flowrt.tasks import Log, Return, Template

flow = Flow(id="template", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(template)


@flow.block(Template("template", namespace="company.team", template_id="template"))
async def template(run: Run) -> None:
    await run(shared_first)
    await run(shared_second)


shared_first = flow.task(Return("shared_first", format=ref("task", "id")))
shared_second = flow.task(
    Log(
        "shared_second",
        message=expr(
            "after {{ outputs.shared_first.value }}",
            lambda v: f"after {text(v['outputs']['shared_first']['value'])}",
        ),
    )
)


flow.source(
    "flow.yaml",
    {
        "template": "4:5",
        "shared_first": "template.yaml:5:5",
        "shared_first.format": "template.yaml:5:74",
        "shared_second": "template.yaml:6:5",
        "shared_second.message": "template.yaml:6:71",
    },
)


if __name__ == "__main__":
    main(flow)
