"""The flow company.team.state_demo.

Compiled by flowc 1.0.0 from flow.yaml (sha256 9f3b09e30fc7af1a).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import expr, text
from flowrt.tasks import Fail, Log

flow = Flow(id="state_demo", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(run_)
    await run(fail)


run_ = flow.task(
    Log(
        "run",
        # Will show RUNNING
        message=expr(
            "Execution {{ execution.state }}",
            lambda v: f"Execution {text(v['execution']['state'])}",
        ),
    )
)
fail = flow.task(Fail("fail"))


@flow.finally_
async def finally_(run: Run) -> None:
    await run(finally__)


finally__ = flow.task(
    Log(
        "finally",
        # Will show RUNNING
        message=expr(
            "Execution {{ execution.state }}",
            lambda v: f"Execution {text(v['execution']['state'])}",
        ),
    )
)


@flow.after_execution
async def after_execution(run: Run) -> None:
    await run(afterExecution)


afterExecution = flow.task(
    Log(
        "afterExecution",
        # Will show FAILED
        message=expr(
            "Execution {{ execution.state }}",
            lambda v: f"Execution {text(v['execution']['state'])}",
        ),
    )
)


flow.source(
    "flow.yaml",
    {
        "run": "4:5",
        "run.message": "6:14",
        "fail": "7:5",
        "finally": "10:5",
        "finally.message": "12:14",
        "afterExecution": "14:5",
        "afterExecution.message": "16:14",
    },
)


if __name__ == "__main__":
    main(flow)
