"""The flow company.team.working_dir_flow.

Compiled by flowc 1.0.0 from flow.yaml (sha256 acfb002058ea2af6).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import expr, text
from flowrt.tasks import ProcessRunner, ShellCommands, WorkingDirectory

flow = Flow(id="working_dir_flow", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(working_dir)


@flow.block(WorkingDirectory("working_dir"))
async def working_dir(run: Run) -> None:
    await run(first)
    await run(second)


first = flow.task(
    ShellCommands(
        "first",
        task_runner=ProcessRunner(),
        commands=[
            expr(
                'echo "{{ taskrun.id }}" > {{ workingDir }}/stay.txt',
                lambda v: f'echo "{text(v["taskrun"]["id"])}" > {text(v["workingDir"])}/stay.txt',
            )
        ],
    )
)
second = flow.task(
    ShellCommands(
        "second",
        task_runner=ProcessRunner(),
        commands=[
            expr(
                'echo \'::{"outputs": {"stay":"\'$(cat {{ workingDir }}/stay.txt)\'"}}::\'\n',
                lambda v: (
                    f"echo '::{{\"outputs\": {{\"stay\":\"'$(cat {text(v['workingDir'])}"
                    f"/stay.txt)'\"}}}}::'\n"
                ),
            )
        ],
    )
)


flow.source(
    "flow.yaml",
    {
        "working_dir": "4:5",
        "first": "7:9",
        "first.commands": "12:11",
        "second": "13:9",
        "second.commands": "18:11",
    },
)


if __name__ == "__main__":
    main(flow)
