"""The flow company.team.fail_on_condition.

Compiled by flowc 1.0.0 from flow.yaml (sha256 bd6b970b5fcbf50b).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Input, Run, main
from flowrt.expressions import expr
from flowrt.tasks import Fail, Log

flow = Flow(
    id="fail_on_condition",
    namespace="company.team",
    inputs=[Input("param", "STRING", required=True)],
)


@flow.tasks
async def tasks(run: Run) -> None:
    await run(before)
    await run(fail)
    await run(after)


before = flow.task(Log("before", message="I'm before the fail on condition"))
fail = flow.task(
    Fail(
        "fail",
        condition=expr("{{ inputs.param == 'fail' }}", lambda v: v["inputs"]["param"] == "fail"),
    )
)
after = flow.task(Log("after", message="I'm after the fail on condition"))


flow.source(
    "flow.yaml", {"before": "8:5", "fail": "11:5", "fail.condition": "13:16", "after": "14:5"}
)


if __name__ == "__main__":
    main(flow)
