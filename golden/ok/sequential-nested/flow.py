"""The flow company.team.sequential-nested.

Compiled by flowc 1.0.0 from flow.yaml (sha256 b6de82308ca1cbe2).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run
from flowrt.control.sequential import Sequential
from flowrt.expr.filters_text import upper
from flowrt.expr.printing import text
from flowrt.expr.template import expr
from flowrt.tasks.debug import Return
from flowrt.tasks.log import Log

flow = Flow(id="sequential-nested", namespace="company.team")

first = flow.task(Return("first", format="one"))
second = flow.task(
    Return(
        "second",
        format=expr(
            "{{ outputs.first.value }} two", lambda v: f"{text(v['outputs']['first']['value'])} two"
        ),
    )
)


@flow.block(Sequential("inner"))
async def inner(run: Run) -> None:
    await run(first)
    await run(second)


third = flow.task(
    Log(
        "third",
        message=expr(
            "{{ outputs.second.value | upper }}", lambda v: upper(v["outputs"]["second"]["value"])
        ),
    )
)


@flow.block(Sequential("outer"))
async def outer(run: Run) -> None:
    await run(inner)
    await run(third)


@flow.tasks
async def tasks(run: Run) -> None:
    await run(outer)


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
    flow.main()
