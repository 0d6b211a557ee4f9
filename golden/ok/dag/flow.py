"""The flow company.team.dag.

Compiled by flowc 1.0.0 from flow.yaml (sha256 a7ad1f705ea7c605).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, after, main
from flowrt.tasks import Dag, Log

flow = Flow(id="dag", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(dag)


@flow.block(Dag("dag"))
async def dag(run: Run) -> None:
    """my task"""
    await run.all(
        task1,
        after(task2, task1),
        after(task3, task1),
        after(task4, task2),
        after(task5, task4, task3),
    )


task1 = flow.task(Log("task1", message="I'm the task 1"))
task2 = flow.task(Log("task2", message="I'm the task 2"))
task3 = flow.task(Log("task3", message="I'm the task 3"))
task4 = flow.task(Log("task4", message="I'm the task 4"))
task5 = flow.task(Log("task5", message="I'm the task 5"))


flow.source(
    "flow.yaml",
    {
        "dag": "4:5",
        "task1": "9:11",
        "task2": "13:11",
        "task3": "19:11",
        "task4": "25:11",
        "task5": "31:11",
    },
)


if __name__ == "__main__":
    main(flow)
