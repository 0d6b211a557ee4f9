"""The flow company.team.checks.

Compiled by flowc 1.0.0 from flow.yaml (sha256 7f68ca3f7b1bbd92).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Check, Flow, Input, Run, main
from flowrt.expressions import expr, ref
from flowrt.tasks import Log

flow = Flow(
    id="checks",
    namespace="company.team",
    inputs=[Input("n", "INT", defaults=5)],
    checks=[
        Check(
            condition=expr("{{ inputs.n < 10 }}", lambda v: v["inputs"]["n"] < 10),
            message="n is too large",
            behavior="BLOCK_EXECUTION",
            style="ERROR",
        ),
        Check(
            condition=expr("{{ inputs.n != 7 }}", lambda v: v["inputs"]["n"] != 7),
            message="not seven",
            behavior="FAIL_EXECUTION",
        ),
    ],
)


@flow.tasks
async def tasks(run: Run) -> None:
    await run(show)


show = flow.task(Log("show", message=ref("inputs", "n")))


flow.source("flow.yaml", {"show": "9:5", "show.message": "9:62"})


if __name__ == "__main__":
    main(flow)
