"""The flow shop.text.word_count.

Compiled by flowc 1.0.0 from flow.yaml (sha256 19ebf09bae9d028c).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Input, Run
from flowrt.control.working_directory import WorkingDirectory
from flowrt.expr.functions_files import read
from flowrt.expr.printing import text
from flowrt.expr.template import expr
from flowrt.scripting.runners import ProcessRunner
from flowrt.tasks.log import Log
from flowrt.tasks.scripts import ShellCommands, ShellScript

flow = Flow(
    id="word_count",
    namespace="shop.text",
    inputs=[Input("text", "STRING", defaults="to be or not to be")],
)

split = flow.task(
    ShellCommands(
        "split", task_runner=ProcessRunner(), commands=["tr ' ' '\\n' < text.txt > words.txt"]
    )
)
count = flow.task(
    ShellScript(
        "count",
        task_runner=ProcessRunner(),
        script=(
            "sort words.txt | uniq -c | sort -rn | awk '{print $2 \"=\" $1}' > counts.txt\n"
            "echo '::{\"outputs\": {\"distinct\": '$(wc -l < counts.txt)'}}::'\n"
        ),
    )
)


@flow.block(
    WorkingDirectory(
        "folder",
        input_files={"text.txt": expr("{{ inputs.text }}", lambda v: v["inputs"]["text"])},
        output_files=["counts.txt"],
    )
)
async def folder(run: Run) -> None:
    await run(split)
    await run(count)


show = flow.task(
    Log(
        "show",
        message=expr(
            "{{ outputs.count.vars.distinct }} words: {{ read(outputs.folder.outputFiles['counts.txt']) }}",
            lambda v: (
                f"{text(v['outputs']['count']['vars']['distinct'])} words: "
                f"{text(read(v, v['outputs']['folder']['outputFiles']['counts.txt']))}"
            ),
        ),
    )
)


@flow.tasks
async def tasks(run: Run) -> None:
    await run(folder)
    await run(show)


flow.source(
    "flow.yaml",
    {
        "folder": "6:5",
        "folder.inputFiles": "9:7",
        "split": "12:9",
        "count": "16:9",
        "show": "22:5",
        "show.message": "22:62",
    },
)


if __name__ == "__main__":
    flow.main()
