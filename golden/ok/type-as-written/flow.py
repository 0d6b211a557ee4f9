"""The flow company.team.type-as-written.

Compiled by flowc 1.0.0 from flow.yaml (sha256 655fa7a2ae27ca58).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import expr, is_null, ref, text
from flowrt.tasks import CheckFrequency, LoopUntil, Return

# `task.type` is the type as the flow has it, old names too
flow = Flow(id="type-as-written", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(old)
    await run(current)
    await run(again)


old = flow.task(
    Return("old", format=ref("task", "type"), written_type="io.kestra.core.tasks.debugs.Return")
)
current = flow.task(Return("current", format=ref("task", "type")))


@flow.block(
    LoopUntil(
        "again",
        condition=expr(
            "{{ outputs.inner.value is not null }}",
            lambda v: not is_null(v["outputs"]["inner"]["value"]),
        ),
        check_frequency=CheckFrequency(interval="PT0.1S"),
        written_type="io.kestra.plugin.core.flow.WaitFor",
    )
)
async def again(run: Run) -> None:
    await run(inner)


inner = flow.task(
    Return(
        "inner",
        format=expr(
            "{{ task.type }} of {{ task.id }}",
            lambda v: f"{text(v['task']['type'])} of {text(v['task']['id'])}",
        ),
        written_type="io.kestra.core.tasks.debugs.Return",
    )
)


flow.source(
    "flow.yaml",
    {
        "old": "6:5",
        "old.format": "8:13",
        "current": "10:5",
        "current.format": "12:13",
        "again": "14:5",
        "again.condition": "16:16",
        "inner": "20:9",
        "inner.format": "22:17",
    },
)


if __name__ == "__main__":
    main(flow)
