"""The flow company.team.after-execution.

Compiled by flowc 1.0.0 from flow.yaml (sha256 93fb79aef7417acf).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import expr, text
from flowrt.tasks import Fail, Log

flow = Flow(id="after-execution", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(work)


work = flow.task(Fail("work", error_message="out of luck"))


@flow.after_execution
async def after_execution(run: Run) -> None:
    await run(on_success)
    await run(on_failure)


on_success = flow.task(
    Log(
        "on_success",
        message="fine",
        run_if=expr(
            "{{ execution.state == 'SUCCESS' }}", lambda v: v["execution"]["state"] == "SUCCESS"
        ),
    )
)
on_failure = flow.task(
    Log(
        "on_failure",
        message=expr("{{ flow.id }} failed", lambda v: f"{text(v['flow']['id'])} failed"),
        run_if=expr(
            "{{ execution.state == 'FAILED' }}", lambda v: v["execution"]["state"] == "FAILED"
        ),
    )
)


flow.source(
    "flow.yaml",
    {
        "work": "4:5",
        "on_success": "6:5",
        "on_success.runIf": "6:66",
        "on_failure": "7:5",
        "on_failure.message": "7:112",
        "on_failure.runIf": "7:66",
    },
)


if __name__ == "__main__":
    main(flow)
