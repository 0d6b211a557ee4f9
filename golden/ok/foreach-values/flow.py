"""The flow company.team.foreach-values.

Compiled by flowc 1.0.0 from flow.yaml (sha256 f8f21580754dc34b).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import expr, ref, text
from flowrt.tasks import ForEach, If, Log, Return

flow = Flow(id="foreach-values", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(each)
    await run(after)


@flow.block(ForEach("each", values=["eu", 2, {"region": "us"}]))
async def each(run: Run, value: str) -> None:
    await run(show)
    await run(two)


show = flow.task(
    Return(
        "show",
        format=expr(
            "{{ taskrun.iteration }}: {{ taskrun.value }}",
            lambda v: f"{text(v['taskrun']['iteration'])}: {text(v['taskrun']['value'])}",
        ),
    )
)


@flow.block(
    If("two", condition=expr("{{ taskrun.value == '2' }}", lambda v: v["taskrun"]["value"] == "2"))
)
async def two(run: Run) -> None:
    if run.condition:
        await run(found)


found = flow.task(Log("found", message=ref("parent", "taskrun", "value")))
after = flow.task(
    Log(
        "after",
        message=expr(
            "{{ outputs.show['eu'].value }}", lambda v: v["outputs"]["show"]["eu"]["value"]
        ),
    )
)


flow.source(
    "flow.yaml",
    {
        "each": "4:5",
        "show": "8:9",
        "show.format": "8:70",
        "two": "9:9",
        "two.condition": "11:20",
        "found": "13:13",
        "found.message": "13:71",
        "after": "14:5",
        "after.message": "14:63",
    },
)


if __name__ == "__main__":
    main(flow)
