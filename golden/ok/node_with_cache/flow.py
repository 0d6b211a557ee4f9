"""The flow company.team.node_with_cache.

Compiled by flowc 1.0.0 from flow.yaml (sha256 54c6ebf66cdfcac2).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run
from flowrt.control.working_directory import Cache, WorkingDirectory
from flowrt.tasks.scripts import NodeScript

flow = Flow(id="node_with_cache", namespace="company.team")

script = flow.task(
    NodeScript(
        "script",
        before_commands=["npm install colors"],
        script='const colors = require("colors");\nconsole.log(colors.red("Hello"));\n',
    )
)


@flow.block(WorkingDirectory("working_dir", cache=Cache(patterns=["node_modules/**"], ttl="PT1H")))
async def working_dir(run: Run) -> None:
    await run(script)


@flow.tasks
async def tasks(run: Run) -> None:
    await run(working_dir)


flow.source("flow.yaml", {"working_dir": "4:5", "script": "11:9"})


if __name__ == "__main__":
    flow.main()
