"""The flow company.team.switch.

Compiled by flowc 1.0.0 from flow.yaml (sha256 56cec077f97beaf1).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Input, Run, main
from flowrt.expressions import ref
from flowrt.tasks import Log, Switch

flow = Flow(id="switch", namespace="company.team", inputs=[Input("param", "BOOLEAN")])


@flow.tasks
async def tasks(run: Run) -> None:
    await run(decision)


@flow.block(Switch("decision", value=ref("inputs", "param"), cases=["true", "false"]))
async def decision(run: Run) -> None:
    match run.value:
        case "true":
            await run(is_true)
        case "false":
            await run(is_false)
        case _:
            run.no_case()


is_true = flow.task(Log("is_true", message="This is true"))
is_false = flow.task(Log("is_false", message="This is false"))


flow.source(
    "flow.yaml",
    {"decision": "7:5", "decision.value": "9:12", "is_true": "12:11", "is_false": "16:11"},
)


if __name__ == "__main__":
    main(flow)
