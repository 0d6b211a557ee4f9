"""The flow company.team.nightly_orders.

Compiled by flowc 1.0.0 from flow.yaml (sha256 6a3d381856f792f8).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Input, Run, Trigger, main
from flowrt.expressions import expr, text
from flowrt.tasks import Assert, Log

flow = Flow(
    id="nightly_orders",
    namespace="company.team",
    labels={"team": "orders"},
    inputs=[Input("orders", "INT", defaults=0)],
)


@flow.tasks
async def tasks(run: Run) -> None:
    await run(load)
    await run(verify)


load = flow.task(
    Log(
        "load",
        message=expr(
            "Loading {{ inputs.orders }} orders",
            lambda v: f"Loading {v['inputs']['orders']} orders",
        ),
    )
)
verify = flow.task(
    Assert(
        "verify",
        conditions=[expr("{{ inputs.orders > 0 }}", lambda v: v["inputs"]["orders"] > 0)],
        error_message="nobody has ordered anything",
    )
)


def system_alert() -> Flow:
    """The flow system.alert.

    Compiled by flowc 1.0.0 from alert.yaml (sha256 545fb2bd30546b87).
    Edit the YAML and recompile.
    """
    # One flow for all: it begins whenever an execution of the team fails, or ends with a warning.
    flow = Flow(
        id="alert",
        namespace="system",
        triggers=[
            Trigger(
                "on_failure",
                "io.kestra.plugin.core.trigger.Flow",
                states=["FAILED", "WARNING"],
                conditions=[
                    {
                        "type": "io.kestra.plugin.core.condition.ExecutionNamespace",
                        "namespace": "company",
                        "comparison": "PREFIX",
                    }
                ],
            )
        ],
    )

    @flow.tasks
    async def tasks(run: Run) -> None:
        await run(tell)

    tell = flow.task(
        Log(
            "tell",
            level="WARN",
            message=expr(
                (
                    "{{ trigger.flowId }} of the team {{ trigger.executionLabels.team }} is {{ "
                    "trigger.state }}"
                ),
                lambda v: (
                    f"{text(v['trigger']['flowId'])} of the team "
                    f"{text(v['trigger']['executionLabels']['team'])} is "
                    f"{text(v['trigger']['state'])}"
                ),
            ),
        )
    )

    flow.source("alert.yaml", {"tell": "5:5", "tell.message": "8:14"})

    return flow


flow.heard_by(system_alert)
flow.source(
    "flow.yaml",
    {"load": "10:5", "load.message": "12:14", "verify": "13:5", "verify.conditions": "16:7"},
)


if __name__ == "__main__":
    main(flow)
