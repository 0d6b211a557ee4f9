"""The flow company.team.allow-failure-block.

Compiled by flowc 1.0.0 from flow.yaml (sha256 6d6fa222315dfcf5).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.tasks import AllowFailure, Fail, Log

flow = Flow(id="allow-failure-block", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(maybe)
    await run(end)


@flow.block(AllowFailure("maybe"))
async def maybe(run: Run) -> None:
    await run(ko)
    await run(skipped)


ko = flow.task(Fail("ko"))
skipped = flow.task(Log("skipped", message="not reached"))


@maybe.errors
async def maybe_errors(run: Run) -> None:
    await run(local)


local = flow.task(Log("local", message="local handler"))
end = flow.task(Log("end", message="goes on"))


flow.source(
    "flow.yaml", {"maybe": "4:5", "ko": "7:9", "skipped": "8:9", "local": "10:9", "end": "11:5"}
)


if __name__ == "__main__":
    main(flow)
