"""The flow company.team.each.

Compiled by flowc 1.0.0 from flow.yaml (sha256 8705026d148a6232).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import expr, text
from flowrt.tasks import AllowFailure, Fail, Return

flow = Flow(id="each", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(allow_failure)
    await run(end)


@flow.block(AllowFailure("allow_failure"))
async def allow_failure(run: Run) -> None:
    await run(ko)
    await run(next_)


ko = flow.task(Fail("ko"))
next_ = flow.task(
    Return(
        "next",
        format=expr(
            "{{ task.id }} > {{ taskrun.startDate }}",
            lambda v: f"{text(v['task']['id'])} > {text(v['taskrun']['startDate'])}",
        ),
    )
)
end = flow.task(
    Return(
        "end",
        format=expr(
            "{{ task.id }} > {{ taskrun.startDate }}",
            lambda v: f"{text(v['task']['id'])} > {text(v['taskrun']['startDate'])}",
        ),
    )
)


flow.source(
    "flow.yaml",
    {
        "allow_failure": "4:5",
        "ko": "7:9",
        "next": "9:9",
        "next.format": "11:17",
        "end": "12:5",
        "end.format": "14:13",
    },
)


if __name__ == "__main__":
    main(flow)
