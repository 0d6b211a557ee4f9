"""The flow company.team.working-directory.

Compiled by flowc 1.0.0 from flow.yaml (sha256 83541b78488f3bfd).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run
from flowrt.control.working_directory import WorkingDirectory
from flowrt.expr.functions_files import read
from flowrt.expr.printing import text
from flowrt.expr.template import expr
from flowrt.scripting.runners import ProcessRunner
from flowrt.tasks.log import Log
from flowrt.tasks.scripts import ShellCommands, ShellScript

flow = Flow(id="working-directory", namespace="company.team")

shout = flow.task(
    ShellCommands(
        "shout", task_runner=ProcessRunner(), commands=["tr a-z A-Z < greeting.txt > loud.out"]
    )
)
look = flow.task(
    ShellScript(
        "look",
        task_runner=ProcessRunner(),
        script=(
            "set -e\n"
            "words=$(cat loud.out)\n"
            'echo \'::{"outputs": {"words": "\'"$words"\'"}}::\'\n'
        ),
    )
)


@flow.block(
    WorkingDirectory(
        "shared",
        input_files={"greeting.txt": expr("{{ envs.greeting }}", lambda v: v["envs"]["greeting"])},
        output_files=["*.out"],
    )
)
async def shared(run: Run) -> None:
    await run(shout)
    await run(look)


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


@flow.tasks
async def tasks(run: Run) -> None:
    await run(shared)
    await run(show)


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
    flow.main()
