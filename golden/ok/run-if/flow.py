"""The flow company.team.run-if.

Compiled by flowc 1.0.0 from flow.yaml (sha256 1bda847513ae8403).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import contains, expr, ref
from flowrt.tasks import Log, Sequential

flow = Flow(id="run-if", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(yes_)
    await run(no_)
    await run(block)
    await run(broken)


yes_ = flow.task(
    Log(
        "yes_",
        message="runs",
        run_if=expr("{{ ['a', 'b'] contains 'a' }}", lambda v: contains(["a", "b"], "a")),
    )
)
no_ = flow.task(Log("no_", message="does not", run_if=expr("{{ 0 }}", lambda v: 0)))


@flow.block(Sequential("block", run_if="false"))
async def block(run: Run) -> None:
    await run(child)


child = flow.task(Log("child", message="does not"))
broken = flow.task(Log("broken", message="does not", run_if=ref("nothing", "here")))


flow.source(
    "flow.yaml",
    {
        "yes_": "4:5",
        "yes_.runIf": "4:75",
        "no_": "5:5",
        "no_.runIf": "5:78",
        "block": "6:5",
        "child": "10:9",
        "broken": "11:5",
        "broken.runIf": "11:81",
    },
)


if __name__ == "__main__":
    main(flow)
