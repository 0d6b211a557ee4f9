"""The flow shop.text.word_count.

Compiled by flowc 1.0.0 from flow.yaml (sha256 19ebf09bae9d028c).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Input, Run, main
from flowrt.expressions import expr, read, ref, text, text_block
from flowrt.tasks import Log, ProcessRunner, ShellCommands, ShellScript, WorkingDirectory

flow = Flow(
    id="word_count",
    namespace="shop.text",
    inputs=[Input("text", "STRING", defaults="to be or not to be")],
)


@flow.tasks
async def tasks(run: Run) -> None:
    await run(folder)
    await run(show)


@flow.block(
    WorkingDirectory(
        "folder", input_files={"text.txt": ref("inputs", "text")}, output_files=["counts.txt"]
    )
)
async def folder(run: Run) -> None:
    await run(split)
    await run(count)


split = flow.task(
    ShellCommands(
        "split", task_runner=ProcessRunner(), commands=["tr ' ' '\\n' < text.txt > words.txt"]
    )
)
count = flow.task(
    ShellScript(
        "count",
        task_runner=ProcessRunner(),
        script=text_block("""
            sort words.txt | uniq -c | sort -rn | awk '{print $2 "=" $1}' > counts.txt
            echo '::{"outputs": {"distinct": '$(wc -l < counts.txt)'}}::'
            """),
    )
)
show = flow.task(
    Log(
        "show",
        message=expr(
            (
                "{{ outputs.count.vars.distinct }} words: {{ "
                "read(outputs.folder.outputFiles['counts.txt']) }}"
            ),
            lambda v: (
                f"{text(v['outputs']['count']['vars']['distinct'])} words: "
                f"{text(read(v, v['outputs']['folder']['outputFiles']['counts.txt']))}"
            ),
        ),
    )
)


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
    main(flow)
