"""The flow company.team.template-missing.

Compiled by flowc 1.0.0 from flow.yaml (sha256 aac0923a8d3ea3b2).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.tasks import Log, Template

# A template that nobody has stored: the task fails when it is reached, as in Kestra.
flow = Flow(id="template-missing", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(before)
    await run(stored)


before = flow.task(Log("before", message="first"))
stored = flow.task(
    Template("stored", namespace="company.team", template_id="nowhere", missing=True)
)


@flow.errors
async def errors(run: Run) -> None:
    await run(seen)


seen = flow.task(Log("seen", message="handled"))


flow.source("flow.yaml", {"before": "5:5", "stored": "6:5", "seen": "8:5"})


if __name__ == "__main__":
    main(flow)
