"""The flow company.team.errors-nested.

Compiled by flowc 1.0.0 from flow.yaml (sha256 4e30025d88f7b30b).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import error_logs, expr, member, ref
from flowrt.tasks import Fail, Log, Sequential

flow = Flow(id="errors-nested", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(outer)


@flow.block(Sequential("outer"))
async def outer(run: Run) -> None:
    await run(inner)


@flow.block(Sequential("inner"))
async def inner(run: Run) -> None:
    await run(boom)
    await run(never)


boom = flow.task(Fail("boom"))
never = flow.task(Log("never", message="x"))


@inner.errors
async def inner_errors(run: Run) -> None:
    await run(innerErr)


innerErr = flow.task(
    Log(
        "innerErr",
        message=expr(
            "{{ errorLogs()[0]['message'] }}", lambda v: member(error_logs(v), 0)["message"]
        ),
    )
)


@inner.finally_
async def inner_finally(run: Run) -> None:
    await run(innerFin)


innerFin = flow.task(Log("innerFin", message="inner"))


@flow.errors
async def errors(run: Run) -> None:
    await run(globalErr)


globalErr = flow.task(Log("globalErr", message="global"))


@flow.finally_
async def finally_(run: Run) -> None:
    await run(globalFin)


globalFin = flow.task(Log("globalFin", message=ref("execution", "state")))


flow.source(
    "flow.yaml",
    {
        "outer": "4:5",
        "inner": "7:9",
        "boom": "10:13",
        "never": "11:13",
        "innerErr": "13:13",
        "innerErr.message": "13:74",
        "innerFin": "15:13",
        "globalErr": "17:5",
        "globalFin": "19:5",
        "globalFin.message": "19:67",
    },
)


if __name__ == "__main__":
    main(flow)
