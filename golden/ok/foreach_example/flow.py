"""The flow company.team.foreach_example.

Compiled by flowc 1.0.0 from flow.yaml (sha256 1dc6ed22790d4158).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import expr, text
from flowrt.tasks import ForEach, If, Return

flow = Flow(id="foreach_example", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(for_each)


@flow.block(ForEach("for_each", values=["value 1", "value 2", "value 3"]))
async def for_each(run: Run, value: str) -> None:
    await run(before_if)
    await run(if_)


before_if = flow.task(
    Return(
        "before_if",
        format=expr(
            "Before if {{ taskrun.value }}", lambda v: f"Before if {text(v['taskrun']['value'])}"
        ),
    )
)


@flow.block(
    If(
        "if",
        condition=expr(
            '{{ taskrun.value == "value 2" }}', lambda v: v["taskrun"]["value"] == "value 2"
        ),
    )
)
async def if_(run: Run) -> None:
    if run.condition:
        await run(after_if)


after_if = flow.task(
    Return(
        "after_if",
        format=expr(
            "After if {{ parent.taskrun.value }}",
            lambda v: f"After if {text(v['parent']['taskrun']['value'])}",
        ),
    )
)


flow.source(
    "flow.yaml",
    {
        "for_each": "4:5",
        "before_if": "8:9",
        "before_if.format": "10:17",
        "if": "11:9",
        "if.condition": "13:20",
        "after_if": "15:13",
        "after_if.format": "17:21",
    },
)


if __name__ == "__main__":
    main(flow)
