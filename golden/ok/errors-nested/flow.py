"""The flow company.team.errors-nested.

Compiled by flowc 1.0.0 from flow.yaml (sha256 4e30025d88f7b30b).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run
from flowrt.control.sequential import Sequential
from flowrt.expr.attributes import member
from flowrt.expr.functions_run import error_logs
from flowrt.expr.template import expr
from flowrt.tasks.execution import Fail
from flowrt.tasks.log import Log

flow = Flow(id="errors-nested", namespace="company.team")

boom = flow.task(Fail("boom"))
never = flow.task(Log("never", message="x"))


@flow.block(Sequential("inner"))
async def inner(run: Run) -> None:
    await run(boom)
    await run(never)


innerErr = flow.task(
    Log(
        "innerErr",
        message=expr(
            "{{ errorLogs()[0]['message'] }}", lambda v: member(error_logs(v), 0)["message"]
        ),
    )
)


@inner.errors
async def inner_errors(run: Run) -> None:
    await run(innerErr)


innerFin = flow.task(Log("innerFin", message="inner"))


@inner.finally_
async def inner_finally(run: Run) -> None:
    await run(innerFin)


@flow.block(Sequential("outer"))
async def outer(run: Run) -> None:
    await run(inner)


@flow.tasks
async def tasks(run: Run) -> None:
    await run(outer)


globalErr = flow.task(Log("globalErr", message="global"))


@flow.errors
async def errors(run: Run) -> None:
    await run(globalErr)


globalFin = flow.task(
    Log("globalFin", message=expr("{{ execution.state }}", lambda v: v["execution"]["state"]))
)


@flow.finally_
async def finally_(run: Run) -> None:
    await run(globalFin)


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
    flow.main()
