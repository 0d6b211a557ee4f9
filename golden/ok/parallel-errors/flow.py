"""The flow company.team.parallel-errors.

Compiled by flowc 1.0.0 from flow.yaml (sha256 a7605505525a1780).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import expr, text
from flowrt.tasks import Fail, Log, Parallel, Return

flow = Flow(id="parallel-errors", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(fan)
    await run(never)


@flow.block(Parallel("fan"))
async def fan(run: Run) -> None:
    await run.all(good, bad)


good = flow.task(Return("good", format="good"))
bad = flow.task(Fail("bad", error_message="no luck"))


@fan.errors
async def fan_errors(run: Run) -> None:
    await run(tell)


tell = flow.task(
    Log(
        "tell",
        level="ERROR",
        message=expr(
            "{{ task.id }} after a failure", lambda v: f"{text(v['task']['id'])} after a failure"
        ),
    )
)


@fan.finally_
async def fan_finally(run: Run) -> None:
    await run(sweep)


sweep = flow.task(Log("sweep", message="swept"))
never = flow.task(Log("never", message="not reached"))


flow.source(
    "flow.yaml",
    {
        "fan": "4:5",
        "good": "7:9",
        "bad": "8:9",
        "tell": "10:9",
        "tell.message": "10:80",
        "sweep": "12:9",
        "never": "13:5",
    },
)


if __name__ == "__main__":
    main(flow)
