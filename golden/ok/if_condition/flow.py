"""The flow company.team.if_condition.

Compiled by flowc 1.0.0 from flow.yaml (sha256 466e33242a70b86f).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Input, Run
from flowrt.control.if_ import If
from flowrt.expr.template import expr
from flowrt.tasks.log import Log

flow = Flow(id="if_condition", namespace="company.team", inputs=[Input("param", "BOOLEAN")])

when_true = flow.task(Log("when_true", message="This is true"))
when_false = flow.task(Log("when_false", message="This is false"))


@flow.block(If("if", condition=expr("{{ inputs.param }}", lambda v: v["inputs"]["param"])))
async def if_(run: Run) -> None:
    if run.condition:
        await run(when_true)
    else:
        await run(when_false)


@flow.tasks
async def tasks(run: Run) -> None:
    await run(if_)


flow.source(
    "flow.yaml", {"if": "7:5", "if.condition": "9:16", "when_true": "11:9", "when_false": "15:9"}
)


if __name__ == "__main__":
    flow.main()
