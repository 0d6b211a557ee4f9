"""company.team.comments-and-descriptions: Loads the files of the night.

Compiled by flowc 1.0.0 from flow.yaml (sha256 78c28877bc235db9).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import expr
from flowrt.tasks import If, Log

# Loads what came in over night.
# Owner: the data team.
flow = Flow(
    id="comments-and-descriptions",
    namespace="company.team",
    description=(
        'Loads the files of the night.\n\nSecond paragraph, with a backslash \\ and """quotes""".\n'
    ),
)


@flow.tasks
async def tasks(run: Run) -> None:
    await run(fetch)
    await run(decide)


# fetch first
# then decide: type: ignore
# ' noqa: everything
fetch = flow.task(Log("fetch", message="fetch"))
"""Gets the files."""


@flow.block(If("decide", condition=expr("{{ 1 }}", lambda v: 1)))
async def decide(run: Run) -> None:
    """Decides whether there is
    anything to do.
    """
    if run.condition:
        await run(load)


# only when there is something
load = flow.task(Log("load", message="load"))


flow.source(
    "flow.yaml", {"fetch": "11:5", "decide": "17:5", "decide.condition": "22:16", "load": "25:9"}
)


if __name__ == "__main__":
    main(flow)
