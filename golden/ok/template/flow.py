"""The flow company.team.template.

Compiled by flowc 1.0.0 from flow.yaml (sha256 09aaf494bda1756a).
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
from flowrt.tasks.log import Log

flow = Flow(id="template", namespace="company.team")

shared_first = flow.task(
    Return("shared_first", format=expr("{{ task.id }}", lambda v: v["task"]["id"]))
)
shared_second = flow.task(
    Log(
        "shared_second",
        message=expr(
            "after {{ outputs.shared_first.value }}",
            lambda v: f"after {text(v['outputs']['shared_first']['value'])}",
        ),
    )
)


@flow.block(Template("template", namespace="company.team", template_id="template"))
async def template(run: Run) -> None:
    await run(shared_first)
    await run(shared_second)


@flow.tasks
async def tasks(run: Run) -> None:
    await run(template)


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
    flow.main()
