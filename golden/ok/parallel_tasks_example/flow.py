"""The flow company.team.parallel_tasks_example.

Compiled by flowc 1.0.0 from flow.yaml (sha256 0495e7f715f42624).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import expr, text
from flowrt.tasks import ForEach, Log, Parallel, ShellCommands

flow = Flow(id="parallel_tasks_example", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(for_each)


@flow.block(ForEach("for_each", values=[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], concurrency_limit=2))
async def for_each(run: Run, value: str) -> None:
    await run(parallel)


@flow.block(Parallel("parallel"))
async def parallel(run: Run) -> None:
    await run.all(log, shell)


log = flow.task(
    Log(
        "log",
        message=expr(
            "Processing {{ parent.taskrun.value }}",
            lambda v: f"Processing {text(v['parent']['taskrun']['value'])}",
        ),
    )
)
shell = flow.task(
    ShellCommands(
        "shell",
        commands=[
            expr(
                "sleep {{ parent.taskrun.value }}",
                lambda v: f"sleep {text(v['parent']['taskrun']['value'])}",
            )
        ],
    )
)


flow.source(
    "flow.yaml",
    {
        "for_each": "4:5",
        "parallel": "9:9",
        "log": "12:13",
        "log.message": "14:22",
        "shell": "15:13",
        "shell.commands": "18:15",
    },
)


if __name__ == "__main__":
    main(flow)
