"""The flow company.team.labels.

Compiled by flowc 1.0.0 from flow.yaml (sha256 ff34e1409e7eda7c).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import expr, ref, text
from flowrt.tasks import Labels, Log

flow = Flow(id="labels", namespace="company.team", labels={"team": "data", "cost-center": "42"})


@flow.tasks
async def tasks(run: Run) -> None:
    await run(show)
    await run(change)


show = flow.task(
    Log(
        "show",
        message=expr(
            "{{ labels.team }} {{ labels['cost-center'] }}",
            lambda v: f"{text(v['labels']['team'])} {text(v['labels']['cost-center'])}",
        ),
    )
)
change = flow.task(Labels("change", labels={"stage": ref("flow", "id")}))


flow.source(
    "flow.yaml", {"show": "7:5", "show.message": "7:62", "change": "8:5", "change.labels": "10:13"}
)


if __name__ == "__main__":
    main(flow)
