"""The flow company.team.parallel.

Compiled by flowc 1.0.0 from flow.yaml (sha256 2f908046ca8426d0).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import expr, text
from flowrt.tasks import Parallel, Return

flow = Flow(id="parallel", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(parallel)
    await run(last)


@flow.block(Parallel("parallel"))
async def parallel(run: Run) -> None:
    await run.all(t_1st, t_2nd)


t_1st = flow.task(
    Return(
        "1st",
        format=expr(
            "{{ task.id }} > {{ taskrun.startDate }}",
            lambda v: f"{text(v['task']['id'])} > {text(v['taskrun']['startDate'])}",
        ),
    )
)
t_2nd = flow.task(
    Return(
        "2nd",
        format=expr(
            "{{ task.id }} > {{ taskrun.id }}",
            lambda v: f"{text(v['task']['id'])} > {text(v['taskrun']['id'])}",
        ),
    )
)
last = flow.task(
    Return(
        "last",
        format=expr(
            "{{ task.id }} > {{ taskrun.startDate }}",
            lambda v: f"{text(v['task']['id'])} > {text(v['taskrun']['startDate'])}",
        ),
    )
)


flow.source(
    "flow.yaml",
    {
        "parallel": "4:5",
        "1st": "7:9",
        "1st.format": "9:17",
        "2nd": "10:9",
        "2nd.format": "12:17",
        "last": "13:5",
        "last.format": "15:13",
    },
)


if __name__ == "__main__":
    main(flow)
