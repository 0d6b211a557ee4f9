"""The flow company.team.node_with_cache.

Compiled by flowc 1.0.0 from flow.yaml (sha256 54c6ebf66cdfcac2).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import text_block
from flowrt.tasks import Cache, NodeScript, WorkingDirectory

flow = Flow(id="node_with_cache", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(working_dir)


@flow.block(WorkingDirectory("working_dir", cache=Cache(patterns=["node_modules/**"], ttl="PT1H")))
async def working_dir(run: Run) -> None:
    await run(script)


script = flow.task(
    NodeScript(
        "script",
        before_commands=["npm install colors"],
        script=text_block("""
            const colors = require("colors");
            console.log(colors.red("Hello"));
            """),
    )
)


flow.source("flow.yaml", {"working_dir": "4:5", "script": "11:9"})


if __name__ == "__main__":
    main(flow)
