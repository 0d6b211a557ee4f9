"""The flow company.team.working-directory.

Compiled by flowc 1.0.0 from flow.yaml (sha256 83541b78488f3bfd).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import expr, read, ref, text, text_block
from flowrt.tasks import Log, ProcessRunner, ShellCommands, ShellScript, WorkingDirectory

flow = Flow(id="working-directory", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(shared)
    await run(show)


@flow.block(
    WorkingDirectory(
        "shared", input_files={"greeting.txt": ref("envs", "greeting")}, output_files=["*.out"]
    )
)
async def shared(run: Run) -> None:
    await run(shout)
    await run(look)


shout = flow.task(
    ShellCommands(
        "shout", task_runner=ProcessRunner(), commands=["tr a-z A-Z < greeting.txt > loud.out"]
    )
)
look = flow.task(
    ShellScript(
        "look",
        task_runner=ProcessRunner(),
        script=text_block("""
            set -e
            words=$(cat loud.out)
            echo '::{"outputs": {"words": "'"$words"'"}}::'
            """),
    )
)
show = flow.task(
    Log(
        "show",
        message=expr(
            "{{ outputs.look.vars.words }} {{ read(outputs.shared.outputFiles['loud.out']) }}",
            lambda v: (
                f"{text(v['outputs']['look']['vars']['words'])} "
                f"{text(read(v, v['outputs']['shared']['outputFiles']['loud.out']))}"
            ),
        ),
    )
)


flow.source(
    "flow.yaml",
    {
        "shared": "4:5",
        "shared.inputFiles": "7:7",
        "shout": "10:9",
        "look": "15:9",
        "show": "22:5",
        "show.message": "22:62",
    },
)


if __name__ == "__main__":
    main(flow)
