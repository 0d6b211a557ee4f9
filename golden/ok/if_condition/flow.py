"""The flow company.team.if_condition.

Compiled by flowc 1.0.0 from flow.yaml (sha256 466e33242a70b86f).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Input, Run, main
from flowrt.expressions import ref
from flowrt.tasks import If, Log

flow = Flow(id="if_condition", namespace="company.team", inputs=[Input("param", "BOOLEAN")])


@flow.tasks
async def tasks(run: Run) -> None:
    await run(if_)


@flow.block(If("if", condition=ref("inputs", "param")))
async def if_(run: Run) -> None:
    if run.condition:
        await run(when_true)
    else:
        await run(when_false)


when_true = flow.task(Log("when_true", message="This is true"))
when_false = flow.task(Log("when_false", message="This is false"))


flow.source(
    "flow.yaml", {"if": "7:5", "if.condition": "9:16", "when_true": "11:9", "when_false": "15:9"}
)


if __name__ == "__main__":
    main(flow)
