"""The flow company.team.sequential-nested.

Compiled by flowc 1.0.0 from flow.yaml (sha256 b6de82308ca1cbe2).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import expr, text, upper
from flowrt.tasks import Log, Return, Sequential

flow = Flow(id="sequential-nested", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(outer)


@flow.block(Sequential("outer"))
async def outer(run: Run) -> None:
    await run(inner)
    await run(third)


@flow.block(Sequential("inner"))
async def inner(run: Run) -> None:
    await run(first)
    await run(second)


first = flow.task(Return("first", format="one"))
second = flow.task(
    Return(
        "second",
        format=expr(
            "{{ outputs.first.value }} two", lambda v: f"{text(v['outputs']['first']['value'])} two"
        ),
    )
)
third = flow.task(
    Log(
        "third",
        message=expr(
            "{{ outputs.second.value | upper }}", lambda v: upper(v["outputs"]["second"]["value"])
        ),
    )
)


flow.source(
    "flow.yaml",
    {
        "outer": "4:5",
        "inner": "7:9",
        "first": "10:13",
        "second": "11:13",
        "second.format": "11:76",
        "third": "12:9",
        "third.message": "14:18",
    },
)


if __name__ == "__main__":
    main(flow)
