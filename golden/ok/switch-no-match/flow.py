"""The flow company.team.switch-no-match.

Compiled by flowc 1.0.0 from flow.yaml (sha256 7a4d4155733b29c2).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.tasks import Log, Switch

flow = Flow(id="switch-no-match", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(route)
    await run(only_defaults)


@flow.block(Switch("route", value="nothing", cases=["something"], allow_failure=True))
async def route(run: Run) -> None:
    match run.value:
        case "something":
            await run(some)
        case _:
            run.no_case()


some = flow.task(Log("some", message="some"))


@flow.block(Switch("only_defaults", value="x"))
async def only_defaults(run: Run) -> None:
    # a Switch without cases fails before it chooses
    await run(fallback)


fallback = flow.task(Log("fallback", message="not reached"))


@flow.errors
async def errors(run: Run) -> None:
    await run(told)


told = flow.task(Log("told", message="failed"))


flow.source(
    "flow.yaml",
    {"route": "4:5", "some": "10:11", "only_defaults": "11:5", "fallback": "15:9", "told": "17:5"},
)


if __name__ == "__main__":
    main(flow)
